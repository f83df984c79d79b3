"""What the pages of the site hold, read back from their HTML: answers that leaked, links that lead nowhere, pictures
without a text."""

import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from unrolled_grader.course import LessonPaths
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.release.leaks import REVEALS, leaks
from unrolled_grader.release.secret_texts import secrets_of

LEADS = ("href", "src", "data-src", "poster")


class Page(HTMLParser):
    """A page's pieces of code, its prose with the texts for those who cannot see, its links, ids, and its pictures
    without a text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.code: list[str] = []
        self.prose = ""
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.silent_pictures: list[str] = []
        self._inside = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self.code.append("")
            self._inside = True
        given = {name: value or "" for name, value in attrs}
        self.prose += "".join(f" {given[name]}" for name in ("alt", "aria-label") if name in given)
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        self.links += [given[name] for name in LEADS if given.get(name)]
        if tag == "img" and not given.get("alt", "").strip():
            self.silent_pictures.append(given.get("src", ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.code[-1] += data
        else:
            self.prose += data


def read_pages(site: Path) -> list[Page]:
    """Read every page of the site."""
    return [Page(path) for path in sorted(site.rglob("*.html"))]


def lost_links(site: Path, pages: list[Page]) -> list[str]:
    """Return one message for each link inside the site that leads to no file, or to no place on its page."""
    ids = {page.path.resolve(): page.ids for page in pages}
    lost = []
    for page in pages:
        for link in filter(is_inside, page.links):
            path, _, part = link.partition("#")
            target = (page.path.parent / unquote(path.split("?")[0])).resolve() if path else page.path.resolve()
            if not target.is_file() or (part and unquote(part) not in ids.get(target, {part})):
                lost.append(f"{page.path.relative_to(site)}: {link} leads nowhere")
    return lost


def is_inside(link: str) -> bool:
    """Say whether a link stays in the site's folder."""
    return not re.match(r"[a-z][a-z+.-]*:|//", link)


def leaks_of_pages(site: Path, pages: list[Page], lessons: Iterable[LessonPaths]) -> list[str]:
    """Return one message for each secret of any lesson that stands on a page. The zip is `leaks_of_bundle`'s."""
    lessons = list(lessons)
    secrets = [secret for paths in lessons for secret in secrets_of(load_lesson(paths.folder))]
    return leaks(_as_notebooks(site, pages, lessons), secrets)


def _as_notebooks(site: Path, pages: list[Page], lessons: list[LessonPaths]) -> Iterator[tuple[str, bytes]]:
    """Yield each page as the scan reads a notebook, whose cells may show answers of earlier lessons where they are
    tagged so."""
    known = {paths.name: paths for paths in lessons}
    for page in pages:
        where, name = page.path.relative_to(site).as_posix(), page.path.stem
        paths = known.get(name) if page.path.parent.name == "lessons" else None
        tags = [] if paths is None else sorted(_reveals(paths))
        cells = [{"source": text, "metadata": {"tags": tags}} for text in (*page.code, page.prose)]
        file = f"{where}/page.ipynb" if paths is None else f"{where}/notebooks/{name}/{name}.ipynb"
        yield file, json.dumps({"cells": cells}).encode("utf-8")


def _reveals(paths: LessonPaths) -> set[str]:
    cells = json.loads((paths.released / f"{paths.name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return {tag for cell in cells for tag in cell["metadata"].get("tags", []) if tag.startswith(REVEALS)}
