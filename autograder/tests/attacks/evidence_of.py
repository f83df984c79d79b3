"""Looking through pages, notebooks and messages for what should not be there."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat

# all controls but tab and newline, and the signs that turn the writing round or hide
ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
TAGS = ("script", "iframe", "object", "embed", "form", "svg", "math", "meta", "base", "link", "input", "details")


class _Active(HTMLParser):
    """Collects what could run or open a connection: scripts, handlers, javascript: links, frames, remote pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in TAGS:
            self.found.add(f"{tag} {sorted(attrs)}"[:200])
        for name, value in attrs:
            address = re.sub(r"[\x00-\x20]", "", value or "").lower()
            picture = address.startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
            order = re.match(r"(javascript|vbscript|data|file):", address) and not picture
            outside = tag == "img" and name == "src" and not picture
            style = name == "style" and "url(" in address
            if name.startswith("on") or name == "srcdoc" or order or outside or style:
                self.found.add(f"{tag} {name}={value}"[:200])


def active(page: str) -> set[str]:
    """Return what would run or open a connection in a page."""
    parser = _Active()
    parser.feed(page)
    return parser.found


def has_orders(text: str) -> bool:
    """Say whether the text holds codes that control a terminal, or change the direction of writing."""
    return bool(ORDERS.search(text))


def student_text(path: Path) -> str:
    """Return what a student's own cells showed, in the autograded notebook; the summary on top; "" where there is
    none."""
    if not path.exists():
        return ""
    cells = nbformat.read(path, as_version=4).cells
    roles = [cell.metadata.get("unrolled", {}).get("role") for cell in cells]
    shown = [
        text for cell, role in zip(cells, roles, strict=True) if role != "test" for text in _texts(cell.get("outputs"))
    ]
    summary = [cell.source for cell, role in zip(cells, roles, strict=True) if role == "summary"]
    return "\n".join([*shown, *summary])


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in an output."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
