"""A student's own modules beside the notebook: usable when graded, unless they hide a module that others need.

A file called `numpy.py` or `copy.py` would be imported in the place of the real one, in the student's own JupyterLab
as well; there it breaks things in ways that nobody understands.
"""

import functools
import sys
from collections.abc import Collection, Mapping
from importlib import metadata
from importlib.machinery import all_suffixes
from pathlib import PurePosixPath

from unrolled_grader.grade.notes import Note

COURSE = {"unrolled", "unrolled_grader"}


def without_shadows(files: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[Note]]:
    """The files (relative path: content) without those that hide an installed module, and a remark on each."""
    hidden = {name: module for name in files if (module := _module(name)) and module in _taken()}
    notes = [
        Note(f"{name} has the name of an installed module and was left out; ask the student to rename it", look=True)
        for name in hidden
    ]
    return {name: content for name, content in files.items() if name not in hidden}, notes


def without_conflicts(files: Mapping[str, bytes], kept: Collection[str]) -> tuple[dict[str, bytes], list[Note]]:
    """The files without those that cannot lie beside what is `kept`: a folder where that has a file, or the reverse."""
    parents = {str(parent) for name in kept for parent in PurePosixPath(name).parents}
    odd = [
        name
        for name in files
        if name in parents or any(str(parent) in kept for parent in PurePosixPath(name).parents)
    ]
    notes = [Note(f"{name} cannot lie beside the lesson's own files and was left out", look=True) for name in odd]
    return {name: content for name, content in files.items() if name not in odd}, notes


def _module(name: str) -> str | None:
    """The top-level module that `import` would take this file for, or a part of."""
    path = PurePosixPath(name)
    if not any(name.endswith(suffix) for suffix in all_suffixes()):
        return None
    return path.parts[0] if len(path.parts) > 1 else path.name.split(".")[0]


@functools.cache
def _taken() -> frozenset[str]:
    return frozenset({*sys.stdlib_module_names, *metadata.packages_distributions(), *COURSE})
