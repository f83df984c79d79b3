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
NEEDED = "the site needs packages that are not installed ({}). Run `make setup`, or pip install 'unrolled[site]'"


def build_site(root: Path, out: Path, servers: Servers) -> None:
    """Build the site into the folder `out`, which is emptied first.

    Raises:
        CourseError: a package is missing, a lesson was not released, or a page has a fault: each is named.
    """
    mathjax = _mathjax()
    with tempfile.TemporaryDirectory() as scratch:
        pages, copied, made = (Path(scratch) / name for name in ("pages", "copied", "made"))
        write_sources(root, servers, pages, copied)
        (copied / "_static").mkdir()
        shutil.copy(mathjax, copied / "_static" / mathjax.name)
        run_sphinx(root / CONFIGURATION, pages, copied, made)
        for name in SCRAPS:
            (made / name).unlink(missing_ok=True)
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, out)


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
        CourseError: Sphinx is missing, or warns of a page: of a link to nothing, for example.
    """
    if importlib.util.find_spec("sphinx") is None:
        raise CourseError(NEEDED.format("sphinx"))
    strict = ["--nitpicky", "--fail-on-warning", "--keep-going", "--quiet", "--no-color", "--jobs", "2"]
    folders = ["-c", configuration, "-d", made.parent / "doctrees", "-D", f"html_extra_path={copied}", pages, made]
    command = [sys.executable, "-m", "sphinx", "-b", "html", *strict, *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CourseError(f"a page has a fault:\n{done.stderr.strip()}")
