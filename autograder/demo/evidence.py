"""Looks for what attacks would have left: planted files, processes, connections, live scripts, solutions shown."""

import os
import socket
import threading
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

from demo.hostile import MARK, planting_places
from demo.material import Material
from unrolled_grader.lesson.answer_text import reference_text
from unrolled_grader.lesson.solved import graded_names

LONG_ENOUGH = 24  # characters; a line of code of this length is not written twice by chance


class Listener:
    """A port of this machine that counts the connections to it; a context manager."""

    def __enter__(self) -> "Listener":
        self.calls = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        threading.Thread(target=self._answer, daemon=True).start()
        return self

    def _answer(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()

    def __exit__(self, *_: object) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def planted_files(course: Path) -> list[str]:
    """List the files that `plants_files` left outside its own folder."""
    found = [place for place in planting_places(course) if place.exists()]
    found += course.rglob(f"{MARK}.*")
    return sorted({str(place) for place in found})


def processes_left() -> list[str]:
    """List the processes of attackers that still run; empty where the system has no /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if MARK.encode() in words and int(folder.name) != os.getpid():
            found.append(f"process {folder.name}")
    return found


def live_scripts(pages: Iterable[Path]) -> list[str]:
    """List the feedback pages in which an attacker's script would run."""
    found = []
    for page in pages:
        reader = _LiveMark()
        reader.feed(page.read_text(encoding="utf-8"))
        found += [f"{page}: {what}" for what in reader.found]
    return found


class _LiveMark(HTMLParser):
    """Finds the mark where a browser would run it: scripts, handlers, javascript: links."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        for name, value in attributes:
            runs = name.startswith("on") or "javascript:" in (value or "").lower() or name == "srcdoc"
            if runs and MARK in (value or ""):
                self.found.append(f"<{tag} {name}=...>")

    def handle_data(self, data: str) -> None:
        if self.inside == "script" and MARK in data:
            self.found.append("<script>")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


def solutions_told(material: Material, pages: Iterable[Path]) -> list[str]:
    """List the pages that show a line of the solutions which the released notebook does not show."""
    released = "\n".join(cell.source for cell in material.release.cells)
    text = "\n".join(reference_text(material.lesson, name) for name in graded_names(material.lesson))
    lines = {line.strip() for line in text.splitlines()}
    secret = [line for line in lines if len(line) >= LONG_ENOUGH and line not in released]
    return [
        f"{page}: {line}" for page in pages for line in secret if line in _text_of(page.read_text(encoding="utf-8"))
    ]


def _text_of(page: str) -> str:
    reader = _Text()
    reader.feed(page)
    return "".join(reader.pieces)


class _Text(HTMLParser):
    """The text of a page, without its tags: highlighted code is cut into many."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)
