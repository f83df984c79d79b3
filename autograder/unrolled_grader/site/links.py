"""Links of the course's Markdown, led to the pages of the site."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import quote

LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
CODE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n.*?^ {0,3}(?P=fence)[ \t]*$|^(?: {4}|\t)[^\n]*$|`+[^`\n]+`+|\$[^$]+\$",
    re.DOTALL | re.MULTILINE,
)  # and mathematics
CELL = "cell-id="  # how JupyterLab names a cell in an address


@dataclass(frozen=True)
class Places:
    """Where the course's files stand in the site.

    Args:
        pages: the page of each file, both as paths: "docs/students.md" -> "students.md".
        pictures: the same for pictures.
        repository: address of the course's repository, where what has no page is shown; "" where it has none.
        branch: its branch.
    """

    pages: dict[str, str]
    pictures: dict[str, str]
    repository: str = ""
    branch: str = "main"


def relink(text: str, file: str, page: str, places: Places) -> str:
    """Return a Markdown text with its links led to the site.

    What has no page becomes a link into the repository, or plain text where the site names none.

    Args:
        text: what the file holds.
        file: where it stands in the course, for example "docs/students.md".
        page: where its page stands in the site.
        places: all files that have a page.
    """

    def led(match: re.Match[str]) -> str:
        mark, shown, target = match.groups()
        if target.startswith("#") or ":" in target.split("/")[0]:
            return match[0]
        path, _, part = target.partition("#")
        meant = normpath((PurePosixPath(file).parent / path).as_posix())
        if mark:
            text = " ".join(shown.split())  # Sphinx would join its lines without a space
            return f"![{text}]({_relative(places.pictures[meant], page)})" if meant in places.pictures else match[0]
        if meant in places.pages:
            return f"[{shown}]({_page_target(places.pages[meant], part, page)})"
        if places.repository:
            return f"[{shown}]({places.repository}/blob/{quote(places.branch)}/{quote(meant)})"
        return shown

    return outside_code(text, lambda piece: LINK.sub(led, piece))


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Return the text changed where it is no code: a link keeps a name in code as what it shows."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\0{len(kept) - 1}\0"

    changed = change(CODE.sub(keep, text))
    return re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], changed)


def cell_target(lesson: str, cell: str) -> str:
    """Name the place of a lesson's cell, for links from any page."""
    return f"{lesson}-{cell}"


def _page_target(target: str, part: str, page: str) -> str:
    if part.startswith(CELL):
        return "#" + cell_target(PurePosixPath(target).stem, part.removeprefix(CELL))
    return _relative(target, page) + (f"#{part}" if part else "")


def _relative(target: str, page: str) -> str:
    up = "../" * (len(PurePosixPath(page).parts) - 1)
    return up + target
