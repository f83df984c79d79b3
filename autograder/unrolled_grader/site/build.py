"""The site from its sources: Sphinx, and MathJax beside it, so that a page needs no network."""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from unrolled_grader.course import CourseError
from unrolled_grader.site.sources import write_sources
from unrolled_grader.site.start import Servers

CONFIGURATION = "utils/site"  # conf.py, static/
MATHJAX = ("sphinx-mathjax-offline", "tex-svg-full.js")  # one file that draws: no fonts, nothing loaded later
SCRAPS = (".buildinfo", "objects.inv")  # of use to Sphinx only
PACKAGES = ("sphinx", "furo", "myst_parser")
NEEDED = "the site needs packages that are not installed ({}). Run `make setup`, or pip install 'unrolled[site]'"


def build_site(root: Path, out: Path, servers: Servers) -> None:
    """Build the site into the folder `out`: a new one, or an empty one, or one of an earlier site, which is emptied.

    Raises:
        CourseError: a package is missing, the folder holds other files, a lesson was not released, or a page has a
            fault: each is named.
    """
    _refuse_other_files(out)
    mathjax = _mathjax()
    with tempfile.TemporaryDirectory() as scratch:
        pages, copied, made = (Path(scratch) / name for name in ("pages", "copied", "made"))
        write_sources(root, servers, pages, copied)
        (copied / "_static").mkdir()
        shutil.copy(mathjax, copied / "_static" / mathjax.name)
        run_sphinx(root / CONFIGURATION, pages, copied, made)
        for name in SCRAPS:
            (made / name).unlink(missing_ok=True)
        if out.exists():
            shutil.rmtree(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, out)


def _refuse_other_files(out: Path) -> None:
    """Refuse a folder that was not made here, and one that is also a clone: to empty it would lose its files."""
    if not out.exists() and not out.is_symlink():
        return
    if out.is_symlink() or not out.is_dir():
        raise CourseError(f"{out} is a link or a file. Name a folder for the site")
    held = {path.name for path in out.iterdir()}
    if held and (".git" in held or not (out / "_static" / MATHJAX[1]).is_file()):
        raise CourseError(f"{out} holds other files, which would be lost. Name a new folder for the site")


def _mathjax() -> Path:
    package, name = MATHJAX
    try:
        files = importlib.metadata.files(package) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise CourseError(NEEDED.format(package)) from error
    return next(Path(str(file.locate())) for file in files if file.name == name)


def run_sphinx(configuration: Path, pages: Path, copied: Path, made: Path) -> None:
    """Run Sphinx on a folder of pages, in a process of its own.

    Raises:
        CourseError: a package is missing, or Sphinx warns of a page: of a link to nothing, for example.
    """
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise CourseError(NEEDED.format(", ".join(missing)))
    strict = ["--nitpicky", "--fail-on-warning", "--keep-going", "--quiet", "--no-color", "--jobs", "2"]
    folders = ["-c", configuration, "-d", made.parent / "doctrees", "-D", f"html_extra_path={copied}", pages, made]
    command = [sys.executable, "-m", "sphinx", "-b", "html", *strict, *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CourseError(f"a page has a fault:\n{done.stderr.strip()}")
