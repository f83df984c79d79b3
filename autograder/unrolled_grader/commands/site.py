"""`unrolled site [--out FOLDER]`: the course as a static site, for those who only look.

Every lesson with its figures, hints and quiz, the pages of docs/ and notebooks/reference, and the students' zip. It is
made from the released notebooks, runs none of them, and opens from its folder without a network.
"""

import argparse
import sys
import time
from pathlib import Path

from unrolled_grader.course import find_root
from unrolled_grader.site.build import build_site
from unrolled_grader.site.start import Servers


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 1, and no site, where something leaked."""
    parser = argparse.ArgumentParser(prog="unrolled site", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="emptied first; default: build/site")
    parser.add_argument("--repository", default="", metavar="URL", help="where the course is public: links lead there")
    parser.add_argument("--branch", default="main", help="of the repository (main)")
    parser.add_argument("--hub", default="", metavar="URL", help="a JupyterHub with nbgitpuller, for links that open a lesson")
    options, root = parser.parse_args(arguments), find_root()
    out, start = options.out or root / "build" / "site", time.perf_counter()
    build_site(root, out, Servers(options.repository, options.branch, options.hub))
    files = [path for path in out.rglob("*") if path.is_file()]
    size, seconds = sum(path.stat().st_size for path in files) / 2**20, time.perf_counter() - start
    pages = sum(path.suffix == ".html" for path in files)
    print(f"{out / 'index.html'}: {pages} pages, {size:.1f} MB, made in {seconds:.0f} s")
    return 0
