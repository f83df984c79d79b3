"""The page references.md: every paper that a lesson cites, once, and in which lessons."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from unrolled_grader.pages.lesson_text import GENERATED, LessonText, PageError

TITLE = "References"
REFERENCE = re.compile(r"(?P<authors>.+?) \((?P<year>\d{4}[a-z]?)\)[.,]?\s+(?P<rest>.+)")
INITIAL = re.compile(r"(?:\w\.-?)+")


@dataclass(frozen=True)
class Paper:
    """One line of a lesson's References."""

    authors: tuple[str, ...]  # surnames
    year: str
    text: str

    @property
    def short(self) -> str:
        """How a claim names it: "Elman 1990", "Hochreiter and Schmidhuber 1997", "Le et al. 2015"."""
        first, *others = self.authors
        names = first if not others else f"{first} and {others[0]}" if len(others) == 1 else f"{first} et al."
        return f"{names} {self.year}"

    @property
    def key(self) -> tuple[str, str, str]:
        """A key that is the same for one paper though two lessons write it differently (italics, pages)."""
        title = re.findall(r"\w+", REFERENCE.fullmatch(self.text)["rest"])[:3]  # type: ignore[index]  # `papers` matched it
        return " ".join(self.authors).casefold(), self.year, " ".join(title).casefold()


def page(lessons: Iterable[LessonText]) -> str:
    """Return the page's text. Raises PageError where a reference cannot be read."""
    found: dict[tuple[str, str, str], tuple[str, list[LessonText]]] = {}
    for lesson in lessons:
        for paper in papers(lesson):
            text, cited_in = found.get(paper.key, ("", []))
            found[paper.key] = max(text, paper.text, key=len), [*cited_in, lesson]
    lines = [GENERATED, "# References", "", "Each paper that the course builds on, and the lessons that cite it.", ""]
    for key in sorted(found):
        text, cited_in = found[key]
        links = dict.fromkeys(lesson.link() for lesson in cited_in)
        lines.append(f"- {text} *Cited in* {', '.join(links)}.")
    return "\n".join(lines) + "\n"


def papers(lesson: LessonText) -> Iterator[Paper]:
    """Yield the papers under a lesson's "## References".

    Raises:
        PageError: an item is not of the form "Authors (year). Title ...".
    """
    for item in lesson.bullets(TITLE):
        match = REFERENCE.fullmatch(item)
        if match is None:
            raise PageError(f"{lesson.name}, References: {item!r} is not 'A. Author, B. Author (year). Title'. Mend it")
        names = re.split(r", (?:and )?| and ", match["authors"])
        yield Paper(tuple(map(surname, names)), match["year"], item)


def surname(author: str) -> str:
    """Return an author's surname, by which papers are sorted: "van Merriënboer" of "B. van Merriënboer"."""
    return " ".join(word for word in author.split() if not INITIAL.fullmatch(word))
