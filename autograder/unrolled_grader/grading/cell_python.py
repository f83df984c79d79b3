"""Reads a cell as Python: what IPython adds to the language is taken out."""

import ast
import re

# lines that are IPython's and not Python
# lines that are IPython's and not Python
CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*\n?")
PYTHON_CELLS = {"time", "timeit", "capture", "prun"}  # cell magics that run what follows, here
MAGIC = re.compile(r"^([ \t]*)[%!][^\n]*$", re.MULTILINE)
ASSIGNED_MAGIC = re.compile(r"^([ \t]*[A-Za-z_][\w, \t]*=[ \t]*)[%!][^\n]*$", re.MULTILINE)
HELP = re.compile(r"^[ \t]*(?:\?{1,2}[\w.*%]+|[\w.*%]+\?{1,2})[ \t]*(?:;[ \t]*)?$", re.MULTILINE)
AUTOCALL = re.compile(r"^[/,;][ \t]*([A-Za-z_][\w.]*)[^\n]*$", re.MULTILINE)


def parsed(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(_python(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # a cell that is no Python defined nothing that can be read


def _python(source: str) -> str:
    """Return a cell without what is IPython's. Where a magic gives a value to a name, `get_ipython` stands for what is
    out of sight."""
    whole = CELL_MAGIC.match(source)
    if whole is not None:
        source = "\n" + source[whole.end() :] if whole[1] in PYTHON_CELLS else ""
    if not any(sign in source for sign in "%!?/,;"):
        return source
    try:
        ast.parse(source)
        return source  # a % may begin a line of Python
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        source = ASSIGNED_MAGIC.sub(r"\1get_ipython()", source)
        source = MAGIC.sub(lambda line: f"{line[1]}pass", source)
        return AUTOCALL.sub(r'\1("")', HELP.sub("", source))
