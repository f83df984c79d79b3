"""Which packages a notebook imports, as far as a glance shows: the warm template imports them once for all."""

import re

STATEMENT = re.compile(r"(?:^|\n|\\n|\")\s*(?:import|from)\s+([A-Za-z_]\w*)")
AND_MORE = re.compile(r"(?:^|\n|\\n|\")\s*import\s+([\w., ]+)")


def imported_in(text: str) -> set[str]:
    """The top-level modules that code, or a notebook's JSON text, imports. Too many do no harm."""
    several = [name.split(".")[0].strip() for line in AND_MORE.findall(text) for name in line.split(",")]
    return {*STATEMENT.findall(text), *(name.split(" ")[0] for name in several if name)}
