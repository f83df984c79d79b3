"""`unrolled site [--out FOLDER]`: the course as a static site, for those who only look.

Every lesson with its figures, hints and quiz, the pages of docs/ and notebooks/reference, and the students' zip. It is
made from the released notebooks, runs none of them, and opens from its folder without a network.
"""

import argparse
import shutil
import sys
import time
from pathlib import Path

from unrolled_grader.course import find_root, lessons
from unrolled_grader.release.leaks import leaks_of_bundle
from unrolled_grader.site.build import build_site
from unrolled_grader.site.shown import Page, is_inside, leaks_of_pages, lost_links, read_pages
from unrolled_grader.site.start import BUNDLE, Servers


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 1 where a link leads nowhere or a picture has no text; and no site where something
    leaked."""
    parser = argparse.ArgumentParser(prog="unrolled site", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="new, or an earlier site's, emptied; or build/site")
    parser.add_argument("--repository", default="", metavar="URL", help="where the course is public: links lead there")
    parser.add_argument("--branch", default="main", help="of the repository (main)")
    parser.add_argument(
        "--hub", default="", metavar="URL", help="a JupyterHub with nbgitpuller: links open lessons there"
    )
    parser.add_argument("--list-links", action="store_true", help="list all addresses outside; none is fetched")
    options, root = parser.parse_args(arguments), find_root()
    out, start = options.out or root / "build" / "site", time.perf_counter()
    build_site(root, out, Servers(options.repository, options.branch, options.hub))
    built, pages = time.perf_counter() - start, read_pages(out)
    leaked = leaks_of_pages(out, pages, lessons(root))
    leaked += [leak for zipped in out.rglob(BUNDLE) for leak in leaks_of_bundle(zipped, lessons(root))]
    if leaked:
        shutil.rmtree(out)
    faults = leaked or lost_links(out, pages) + _silent(pages)
    for fault in faults:
        print(f"unrolled site: {fault}", file=sys.stderr)
    if not leaked:
        _tell(out, pages, built, options.list_links)
    return 1 if faults else 0


def _silent(pages: list[Page]) -> list[str]:
    return [f"{page.path.name}: {picture} has no text" for page in pages for picture in page.silent_pictures]


def _tell(out: Path, pages: list[Page], seconds: float, listed: bool) -> None:
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 2**20
    inside = sum(is_inside(link) for page in pages for link in page.links)
    outside = sorted({link for page in pages for link in page.links if not is_inside(link)})
    print(f"{out / 'index.html'}: {len(pages)} pages, {size:.1f} MB, built in {seconds:.0f} s")
    print(f"{inside} links inside, all followed; {len(outside)} addresses outside, not fetched")
    if listed:
        print("\n".join(outside))
