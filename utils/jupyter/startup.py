"""Run by every kernel that `make lab` starts, before its first cell: after a restart nothing is defined, though the old
numbers still stand beside the cells. A name that is not there is told in a line, until the lesson's first cell has run.
"""

import sys
from types import TracebackType
from typing import Any

from IPython import get_ipython

NOTHING_YET = (
    "{error}. Nothing has been run in this kernel yet. Run the lesson's first code cell, or all cells above this one "
    "(Run, Run All Above Selected Cell)."
)


def told(shell: Any, kind: type, error: BaseException, trace: TracebackType, tb_offset: Any = None) -> None:
    """Show a NameError: in a line while nothing of the course is imported, as ever afterwards."""
    if "unrolled" in sys.modules:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    else:
        shell._showtraceback(kind, error, [NOTHING_YET.format(error=error)])


if get_ipython() is not None:
    get_ipython().set_custom_exc((NameError,), told)
