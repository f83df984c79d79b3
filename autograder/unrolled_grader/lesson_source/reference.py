"""The reference answers of a lesson: what its given and answer cells define, run in this process."""

import functools
import os
import re
from pathlib import Path
from typing import Any

from unrolled_grader.errors import ExerciseError
from unrolled_grader.lesson_source.source import read_lesson_source

MARKERS = re.compile(r"^\s*### (BEGIN|END) (SOLUTION|HIDDEN TESTS)\s*$\n?", re.MULTILINE)


@functools.lru_cache(maxsize=32)
def reference_namespace(folder: Path) -> dict[str, Any]:
    """Return what the lesson's given and answer cells define, solutions in place. Run once a process."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    path = folder / f"{folder.name}.py"
    namespace: dict[str, Any] = {"__name__": f"unrolled_reference_{folder.name}"}
    for cell in read_lesson_source(path):
        if cell.kind == "code" and cell.role in ("given", "answer"):
            # padded, so that a traceback names the line of the lesson's own file
            source = "\n" * cell.line + MARKERS.sub("\n", cell.source)
            try:
                exec(compile(source, str(path), "exec"), namespace)
            except Exception as error:
                where = f"{path.name}, cell {cell.id or 'at line ' + str(cell.line)}"
                raise ExerciseError(f"{where}: {type(error).__name__}: {error}") from error
    return namespace
