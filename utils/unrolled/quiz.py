"""The pop quiz of a lesson: each choice opens to say why it is right or what it overlooks.

Plain HTML, so that it works in JupyterLab, in a saved notebook and without a running kernel. Nothing is graded.
"""

from html import escape
from pathlib import Path
from typing import Any

from unrolled.check.table import NoTable, find_table


class Quiz:
    """A lesson's questions; displays itself as HTML in a notebook and as text elsewhere."""

    def __init__(self, questions: list[dict[str, Any]]) -> None:
        self.questions = questions

    def _repr_html_(self) -> str:
        return "".join(_question_html(i, question) for i, question in enumerate(self.questions, start=1))

    def __repr__(self) -> str:
        lines = []
        for i, question in enumerate(self.questions, start=1):
            lines.append(f"{i}. {question['text']}")
            lines += [f"   - {choice['text']}" for choice in question["choices"]]
        return "\n".join(lines)


def quiz(folder: Path | None = None) -> Quiz:
    """The quiz of the lesson whose notebook runs in `folder` (by default the current one).

    Raises:
        NoTable: checks.json, which holds the questions, does not lie there or holds none.
    """
    questions = find_table(folder)["quiz"]
    if not questions:
        raise NoTable("this lesson's checks.json holds no quiz. Fetch the assignment again to get it back.")
    return Quiz(questions)


def _question_html(number: int, question: dict[str, Any]) -> str:
    choices = "".join(_choice_html(choice) for choice in question["choices"])
    return f'<div style="margin: 0 0 1.2em 0"><p><b>{number}. {escape(question["text"])}</b></p>{choices}</div>'


def _choice_html(choice: dict[str, Any]) -> str:
    word, edge = ("Right.", "#0072b2") if choice["right"] else ("Not quite.", "#d55e00")
    why = f'<div style="border-left: 4px solid {edge}; margin: .3em 0 .6em 1em; padding-left: .8em">'
    why += f"<b>{word}</b> {escape(choice['why'])}</div>"
    summary = f'<summary style="cursor: pointer">{escape(choice["text"])}</summary>'
    return f'<details style="margin: .2em 0 .2em 1em">{summary}{why}</details>'
