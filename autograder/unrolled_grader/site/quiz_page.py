"""A lesson's quiz on its page: without a script each choice opens; utils/site/static/site.js keeps the score."""

from html import escape
from typing import Any


def quiz_html(questions: list[dict[str, Any]]) -> str:
    """Return the questions as HTML without an empty line, as Markdown asks of it."""
    asked = "\n".join(_question(number, question) for number, question in enumerate(questions, start=1))
    return f'<div class="quiz">\n{asked}\n</div>'


def _question(number: int, question: dict[str, Any]) -> str:
    choices = "\n".join(_choice(choice) for choice in question["choices"])
    title = f"<legend>{number}. {escape(question['text'])}</legend>"
    return f'<fieldset class="question">\n{title}\n{choices}\n</fieldset>'


def _choice(choice: dict[str, Any]) -> str:
    kind, word = ("right", "Right.") if choice["right"] else ("wrong", "Not quite.")
    why = f'<div class="why"><b>{word}</b> {escape(choice["why"])}</div>'
    return f'<details class="choice {kind}"><summary>{escape(choice["text"])}</summary>{why}</details>'
