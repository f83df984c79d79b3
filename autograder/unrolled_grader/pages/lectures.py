"""The page lectures.md: where the course has each topic, equation, claim, application and question of the lectures.

Its data is solutions/lectures.toml, written by hand: for each lecture its items in order, each with `how` the course
has it and the places `at`, such as "02 The cell" (lesson 02, that heading), or "06" alone where lesson 06 is
planned to have it.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from unrolled.claims import LECTURES, table_cell
from unrolled_grader.pages.lesson_text import GENERATED, LessonText, PageError

DATA = "lectures.toml"
ITEM = ("kind", "what", "how", "at")  # what each item has
HOW = {
    "built": "students write it, or the lesson runs and measures it",
    "explained": "it is derived or argued",
    "named": "it is a word in a sentence, a table or a list of references, and no more",
}
KINDS = ("topic", "equation", "claim", "application", "quiz", "paper")


def read_lectures(root: Path) -> list[dict[str, Any]]:
    """Read the lectures of solutions/lectures.toml, none where a course has no such file.

    Raises:
        PageError: it is not TOML, or an entry lacks a key.
    """
    path = root / "solutions" / DATA
    if not path.is_file():
        return []
    try:
        lectures = tomllib.loads(path.read_text(encoding="utf-8")).get("lecture", [])
    except tomllib.TOMLDecodeError as error:
        raise PageError(f"solutions/{DATA}: {error}. Mend that line") from error
    for lecture in lectures:
        for entry, keys in ((lecture, ("name", "title", "item")), *((item, ITEM) for item in lecture.get("item", []))):
            if missing := [key for key in keys if key not in entry]:
                raise PageError(f"solutions/{DATA}: {str(entry)[:80]} has no {', '.join(missing)}. Add it")
    return lectures


def page(lessons: Iterable[LessonText], lectures: list[dict[str, Any]]) -> str:
    """Return the page's text. A place that does not exist is shown as it is written; `faults` reports it."""
    by_number = {lesson.number: lesson for lesson in lessons}
    lines = [GENERATED, "# The five lectures, and where the course has what they teach", ""]
    rows = sum(len(lecture["item"]) for lecture in lectures)
    lines += [*(f"- **{how}** ({count(how, lectures)} of {rows}): {HOW[how]}." for how in HOW), ""]
    for lecture in lectures:
        lines += [f"## {lecture['name']}", "", lecture["title"], "", "| | what | how | where |", "|---|---|---|---|"]
        for item in lecture["item"]:
            places = "; ".join(shown(place, by_number) for place in item["at"])
            lines.append(
                f"| {item['kind']} | {table_cell(item['what'])} | {table_cell(item['how'])} | {table_cell(places)} |"
            )
        lines.append("")
    return "\n".join(lines)


def shown(place: str, lessons: Mapping[str, LessonText]) -> str:
    """Return one place as a link, or as planned."""
    number, _, heading = place.partition(" ")
    if not heading:
        return f"{number} (planned)"
    return place if fault_of(place, lessons) else lessons[number].link(heading)


def count(how: str, lectures: list[dict[str, Any]]) -> int:
    """Count the items that the course has in this way."""
    return sum(item["how"] == how for lecture in lectures for item in lecture["item"])


def planned(lectures: list[dict[str, Any]]) -> int:
    """Count the places that still name a lesson without a heading."""
    return sum(" " not in place for lecture in lectures for item in lecture["item"] for place in item["at"])


def faults(lessons: Iterable[LessonText], lectures: list[dict[str, Any]]) -> list[str]:
    """Return one message for each lecture that is missing, item without a place, and place that does not exist."""
    if not lectures:
        return []
    by_number = {lesson.number: lesson for lesson in lessons}
    found = []
    names = [lecture["name"] for lecture in lectures]
    if names != list(LECTURES):
        found.append(f"solutions/{DATA}: its lectures are {names}, and unrolled.claims.LECTURES says {list(LECTURES)}")
    for lecture in lectures:
        for item in lecture["item"]:
            where = f"solutions/{DATA}, {lecture['name']}, {item['what']!r}"
            found += [f"{where}: {message}" for message in faults_of(item, by_number)]
    return found


def faults_of(item: Mapping[str, Any], lessons: Mapping[str, LessonText]) -> list[str]:
    """Say what is wrong with one item."""
    found = [] if item["kind"] in KINDS else [f"there is no kind {item['kind']!r}. Use one of {', '.join(KINDS)}"]
    if item["how"] not in HOW:
        found.append(f"'how' is {item['how']!r}. Write one of {', '.join(HOW)}")
    if not item["at"]:
        found.append('it has no place. Write at = ["02 The cell"], or the number of the lesson that is to have it')
    return found + [message for place in item["at"] if (message := fault_of(place, lessons))]


def fault_of(place: str, lessons: Mapping[str, LessonText]) -> str | None:
    """Say why a place does not exist; None where it does, or is planned."""
    number, _, heading = place.partition(" ")
    if heading and number not in lessons:
        return f"{place!r}: there is no lesson {number!r}. Write the number alone while it is planned"
    if heading and heading not in lessons[number].headings():
        return f"{lessons[number].name} has no heading {heading!r}. It has: {' / '.join(lessons[number].headings())}"
    return None
