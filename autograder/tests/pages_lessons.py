"""Made-up lessons for the tests of the generated pages."""

from pathlib import Path

from unrolled_grader.lesson_source.source import cells_of
from unrolled_grader.pages.lesson_text import LessonText


def lesson(name: str, text: str) -> LessonText:
    """Make a lesson from its py:percent text."""
    return LessonText(name, cells_of(text, Path(f"{name}.py")))


def prose(name: str, markdown: str) -> LessonText:
    """Make a lesson that is one cell of prose."""
    return lesson(name, "# %% [markdown]\n" + "".join(f"# {line}".rstrip() + "\n" for line in markdown.splitlines()))
