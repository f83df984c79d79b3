"""Tests an installation and prints, line by line, what works, and what to do about the rest."""

import importlib
import platform
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

AGAIN = "Close JupyterLab, run `make setup` in the course's folder, then `make lab`."


def self_test(folder: Path | None = None) -> None:
    """Print one line for each thing a lesson needs, and at the end whether all of them work.

    Args:
        folder: where the lesson lies; by default the notebook's own folder.
    """
    fine = True
    for name, look in _looks(folder or Path.cwd()):
        try:
            print(f"ok  {name}: {look()}")
        except Exception as error:  # whatever is broken, the other lines must still be told
            fine = False
            print(f"NO  {name}: {error}")
    print("Everything works." if fine else "Mend the lines that say NO, from the top, and run this cell again.")


def _looks(folder: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "Python", platform.python_version
    for package in ("numpy", "torch", "matplotlib", "ipywidgets"):
        yield package, partial(_package, package)
    yield "handing in", _nbgrader
    yield "arithmetic", _arithmetic
    yield "checks", partial(_table, folder)
    yield "saving", partial(_writable, folder)


def _package(name: str) -> str:
    try:
        importlib.import_module(name)
    except ImportError as error:
        raise RuntimeError(f"it cannot be imported ({error}). {AGAIN}") from error
    return version(name)


def _nbgrader() -> str:
    try:
        return f"with nbgrader {version('nbgrader')}, from the menu"
    except PackageNotFoundError:  # the copy of the course that students get as a zip has none, and needs none
        return "by sending the notebook's file, as your instructor says (this copy has no nbgrader)"


def _arithmetic() -> str:
    """Check that NumPy and PyTorch agree on a small product, to rounding."""
    import numpy as np
    import torch

    a, b = np.random.default_rng(0).normal(size=(2, 5, 5))
    difference = float(np.abs(a @ b - (torch.from_numpy(a) @ torch.from_numpy(b)).numpy()).max())
    if not difference < 1e-12:
        raise RuntimeError(f"NumPy and PyTorch differ by {difference:.1e} on a product of two small matrices. {AGAIN}")
    return "NumPy and PyTorch give the same product"


def _table(folder: Path) -> str:
    from unrolled.check.table import find_table

    table = find_table(folder)
    return f"{len(table['exercises'])} exercise(s) of {table['lesson']} can be checked"


def _writable(folder: Path) -> str:
    probe = folder / ".unrolled_self_test"
    try:
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise RuntimeError(
            f"nothing can be written in {folder} ({error.strerror}). Copy the course's folder to a place of your own."
        ) from error
    return f"notebooks can be saved in {folder.name}"
