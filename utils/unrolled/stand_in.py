"""What a cell shows that waits for an answer: a line that says for which, and the output of the course's answers."""

import contextlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

FIGURES = "figures.json"
AGAIN = "Then run this cell again."
ABOVE = "a cell above it"
COURSES = "Until then, here is what the course's own answers give:"


def demos(folder: Path) -> dict[str, Any]:
    """Return what the check table in `folder` has on cells that may wait; {} where there is no table.

    "graded" lists the lesson's graded names, "cells" has the cells by the digest of their text.
    """
    from unrolled.check.table import NoTable, find_table

    try:
        table = find_table(folder)
    except (NoTable, OSError):
        return {}
    return table.get("demos", {})


def graded_names(folder: Path) -> list[str]:
    """Return the graded names of the lesson in `folder`."""
    return demos(folder).get("graded", [])


class StandIn:
    """What rewritten cells call: to show a value, to say that they wait, to explain an exception.

    Args:
        shell: the notebook's.
        folder: the lesson's.
        passed: the objects that passed their check, by graded name.
    """

    def __init__(self, shell: Any, folder: Path, passed: Mapping[str, Any]) -> None:
        self.shell, self.folder, self.passed = shell, folder, passed
        self.waited: dict[str, None] = {}  # the answers without which a cell could not run to its end

    def show(self, value: Any) -> None:
        """Show the value of a cell's last line, as IPython does."""
        sys.displayhook(value)

    @contextlib.contextmanager
    def silently(self) -> Iterator[None]:
        """Hide the output of the code in the context, and ignore its exceptions: it only prepares later cells."""
        from IPython.utils.capture import capture_output

        with capture_output(), contextlib.suppress(Exception):
            yield

    def show_instead(self, figure: str, lacking: list[str]) -> None:
        """Say which answers a cell waits for, and show what it gives with the course's own."""
        self.waited.update(dict.fromkeys(lacking))
        them = "it" if len(lacking) == 1 else "them"
        self._say(f"This cell waits for {_listed(lacking)}. Write {them} first. {AGAIN}", figure)

    def failed(self, error: Exception, figure: str, needed: list[str]) -> None:
        """Explain an exception in a cell that uses answers. Where all of these have passed their checks, or are
        borrowed, no answer caused it, and it is raised again."""
        from IPython.display import clear_output

        names = self.shell.user_ns
        wrong = [name for name in needed if not self._is_right(name)]
        within = _answer_in(error, graded_names(self.folder))
        if within and within not in needed and not self._is_right(within):
            wrong.append(within)
        lost = error.name if isinstance(error, NameError) and not within else None
        if isinstance(error, NotImplementedError) and within:
            clear_output()  # sliders that would move nothing
            self.show_instead(figure, [within])
        elif lost and lost not in names:
            clear_output()
            line = f"This cell needs {lost}, which a cell above it makes. Run the cells above (Run, Run All Above)."
            self._say(f"{line} {AGAIN}", figure)
        elif wrong:
            clear_output()
            self.waited.update(dict.fromkeys(wrong))
            name = within if within in wrong else wrong[0] if len(wrong) == 1 else f"one of {_listed(wrong)}"
            told = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            line = f"This cell uses {name}, which is not right yet ({told}). Run its check and mend it. {AGAIN}"
            self._say(line, figure)
        elif self.waited:
            clear_output()
            line = f"This cell needs what {ABOVE} makes, which waited for {_listed([*self.waited])}."
            self._say(f"{line} Once that is there, run the cells above (Run, Run All Above). {AGAIN}", figure)
        else:
            raise error.with_traceback(error.__traceback__.tb_next if error.__traceback__ else None)

    def _is_right(self, name: str) -> bool:
        """Say whether an answer has passed its check, or is the course's own."""
        answer = self.shell.user_ns.get(name)
        return self.passed.get(name) is answer or bool(getattr(answer, "__borrowed__", False))

    def _say(self, line: str, figure: str) -> None:
        from IPython.display import display

        outputs = kept_outputs(self.folder, figure)
        line = f"{line} {COURSES}" if outputs else line
        style = "border-left: 4px solid #e69f00; padding: .3em .8em"
        display({"text/html": f'<p style="{style}">{escape(line)}</p>', "text/plain": line}, raw=True)
        for output in outputs:
            if output["output_type"] == "stream":
                print("".join(output["text"]), end="")
            else:
                display({"text/plain": "a figure", **output["data"]}, raw=True)


def _listed(names: Sequence[str]) -> str:
    """List names as a; a and b; a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _answer_in(error: BaseException, graded: Iterable[str]) -> str:
    """Return the innermost graded name in whose function or class an exception was raised; "" for none."""
    found, trace = "", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_qualname.rpartition("<locals>.")[0].split(".")[0]
        name = name or trace.tb_frame.f_code.co_qualname.split(".")[0]
        found = name if name in graded else found
        trace = trace.tb_next
    return found


def kept_outputs(folder: Path, figure: str) -> list[dict[str, Any]]:
    """Return the outputs of a cell with the course's own answers; [] where they were not kept."""
    try:
        return json.loads((folder / FIGURES).read_text(encoding="utf-8"))["cells"][figure]
    except (OSError, ValueError, KeyError, TypeError):
        return []
