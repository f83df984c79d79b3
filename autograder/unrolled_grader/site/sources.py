"""What Sphinx is given: every page of the site in Markdown, and the files that it copies as they are."""

import re
from html import escape
from pathlib import Path

from unrolled_grader.course import REFERENCE, CourseError, LessonPaths, choose_lessons, lessons
from unrolled_grader.release.bundle import write_bundle
from unrolled_grader.site.lesson_page import LessonPage
from unrolled_grader.site.links import Places, relink
from unrolled_grader.site.start import BUNDLE, Servers, launch_links
from unrolled_grader.site.wrong_line import LESSON, WRONG, said_of

OWN = "utils/site/pages"  # pages that only the site has, with places to fill: {{ lessons }}
FIRST = "index.md"
DOCS = ("students", "instructors", "honest_grading", "numbers", "operators", "authors")
REFERENCES = ("claims", "glossary", "graded_names", "references", "lectures")
COMMENT = re.compile(r"\A<!--.*?-->\s*", re.DOTALL)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def places_of(root: Path, servers: Servers) -> Places:
    """Return where the course's files stand in the site."""
    pages = {"README.md": FIRST, "ARCHITECTURE.md": "architecture.md"}
    pages |= {f"docs/{name}.md": f"{name}.md" for name in DOCS}
    pages |= {f"notebooks/{REFERENCE}/{name}.md": f"{REFERENCE}/{name}.md" for name in REFERENCES}
    pages |= {f"notebooks/{one.name}/{one.name}.ipynb": f"lessons/{one.name}.md" for one in lessons(root)}
    pictures = {f"utils/pictures/{path.name}": f"pictures/{path.name}" for path in (root / "utils/pictures").iterdir()}
    return Places(pages, pictures, servers.address, servers.branch)


def write_sources(root: Path, servers: Servers, pages: Path, copied: Path) -> None:
    """Write the pages into one folder, and what is copied as it is into another.

    Raises:
        CourseError: a lesson was not released, a text has no page, or the folder is no clone of the course.
    """
    if not (root / OWN).is_dir():
        raise CourseError(f"{root / OWN} is missing: the site is made in a clone of the course's repository")
    places = places_of(root, servers)
    refuse_forgotten(root, places)
    _write_texts(root, places, pages)
    titles = {}
    for paths in lessons(root):
        lesson = LessonPage(paths, places, servers)
        text = lesson.text()
        titles[paths.name] = TITLE.findall(text)[0]
        _write(pages / "lessons" / f"{paths.name}.md", text.encode("utf-8"))
        for name, content in lesson.files.items():
            _write(copied / name, content)
    filled = {"lessons": _lesson_list(titles), "toctree": "\n".join(f"lessons/{name}" for name in titles)}
    filled |= {"wrong lines": _wrong_lines(choose_lessons(root, [LESSON])[0]), "servers": _on_servers(servers)}
    for path in sorted((root / OWN).glob("*.md")):
        text = re.sub(r"\{\{ (.+?) \}\}", lambda match: filled[match[1]], path.read_text(encoding="utf-8"))
        _write(pages / path.name, text.encode("utf-8"))
    write_bundle(root, pages / BUNDLE)


def refuse_forgotten(root: Path, places: Places) -> None:
    """Refuse a text for readers that was added to the course and to no list here: links to it would be dropped."""
    folders = ("docs", f"notebooks/{REFERENCE}")
    texts = {path.relative_to(root).as_posix() for folder in folders for path in (root / folder).glob("*.md")}
    forgotten = sorted(texts - places.pages.keys())
    if forgotten:
        raise CourseError(f"{', '.join(forgotten)}: no page yet. Name it in site/sources.py and in {OWN}/{FIRST}")


def _write_texts(root: Path, places: Places, pages: Path) -> None:
    """Write the pages that are Markdown in the course already, and the pictures."""
    for file, page in places.pages.items():
        if file.endswith(".md") and page != FIRST:
            text = COMMENT.sub("", (root / file).read_text(encoding="utf-8"))
            _write(pages / page, relink(text, file, page, places).encode("utf-8"))
    for file, picture in places.pictures.items():
        _write(pages / picture, (root / file).read_bytes())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _lesson_list(titles: dict[str, str]) -> str:
    return "\n".join(f"- [{title}](lessons/{name}.md)" for name, title in titles.items())


def _wrong_lines(lesson: LessonPaths) -> str:
    """Return each wrong answer with what `check` says of it, in Markdown."""
    shown = []
    for wrong in WRONG:
        said = escape(said_of(wrong, lesson), quote=False)
        shown.append(f'**{wrong.title}**\n\n```python\n{wrong.code}\n```\n\n<pre class="said">{said}</pre>')
    return "\n\n".join(shown)


def _on_servers(servers: Servers) -> str:
    """Return what the page on starting says of servers, in Markdown."""
    links = launch_links(servers, "notebooks/00_start_here/00_start_here.ipynb")
    if links:
        return "This site was made with " + " and ".join(links) + "; each lesson's page has its own."
    return "This site was made without the address of a server, so its lessons carry no such links."
