"""The page glossary.md: every term of the lessons' own glossaries, in alphabetical order."""

import re
from collections.abc import Iterable, Iterator

from unrolled_grader.pages.lesson_text import GENERATED, LessonText, PageError

TITLE = "Glossary"
# "- **Cell**: one step. **Vanilla RNN** (simple RNN): the cell of this lesson." holds two terms
TERM = re.compile(r"\*\*([^*]+)\*\*((?: \([^)]*\)| \$[^$]*\$| `[^`]*`)*):\s+")
ROW = re.compile(r"^\|\s*(.+?)\s*\|\s*(.+?)\s*\|$")


def page(lessons: Iterable[LessonText]) -> str:
    """Return the page's text. Raises PageError where an entry cannot be read."""
    found: dict[str, list[tuple[str, str, LessonText]]] = {}
    for lesson in lessons:
        for term, meaning in terms(lesson):
            found.setdefault(sort_key(term), []).append((term, meaning, lesson))
    lines = [GENERATED, f"# {TITLE}", "", "Each term with the lessons that explain it.", ""]
    letter = ""
    for key in sorted(found):
        if key[0] != letter:
            letter = key[0]
            lines += ["", f"## {letter.upper()}", ""]
        lines.append(entry(found[key]))
    return "\n".join(lines) + "\n"


def entry(explained: list[tuple[str, str, LessonText]]) -> str:
    """Return the line of one term, with each lesson's meaning, once where two lessons give the same."""
    by_meaning: dict[str, list[str]] = {}
    for _, meaning, lesson in explained:
        by_meaning.setdefault(meaning.rstrip("."), []).append(lesson.link())
    parts = [f"{meaning} ({', '.join(links)})" for meaning, links in by_meaning.items()]
    return f"- **{explained[0][0]}**: " + "; ".join(parts)


def terms(lesson: LessonText) -> Iterator[tuple[str, str]]:
    """Yield (term, meaning) of each entry under "## Glossary", written as a list or as a table.

    Raises:
        PageError: an entry has no term in bold followed by a colon.
    """
    for item in lesson.bullets(TITLE):
        pieces = TERM.split(item)
        if pieces[0] or len(pieces) < 4:
            raise PageError(f"{lesson.name}, Glossary: {item!r} does not begin like '- **Term**: meaning'. Mend it")
        for term, more, meaning in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            yield term + more, meaning.strip()
    rows = [match.groups() for line in lesson.section(TITLE).splitlines() if (match := ROW.match(line))]
    for term, meaning in rows[2:]:  # the table's head and its rule come first
        yield term, meaning


def sort_key(term: str) -> str:
    """Return the key by which a term is sorted: its words in lower case, without punctuation, brackets and formulas."""
    plain = re.sub(r" \(.*| \$.*", "", term).replace("$", "")
    return re.sub(r"[^\w\s-]|^[\W_]+", "", plain).casefold().strip()
