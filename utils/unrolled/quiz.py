"""The pop quiz of a lesson: each choice opens to say why it is right or what it overlooks. Nothing is graded.

In a notebook that runs, choices are buttons: the first choice is kept in the student's own record, and a question that
went wrong is asked again by the quiz of a later lesson. Everywhere else it is plain HTML, where each choice opens: in a
saved notebook, on a printed page, without a kernel.
"""

import time
from html import escape
from pathlib import Path
from typing import Any

from unrolled.check.table import NoTable, find_table
from unrolled.record import course_folder, note_quiz, read_record
from unrolled.waiting import source_digest

AGAIN_AFTER = 20 * 3600.0  # seconds until a question that was answered wrong is asked again
ASKED_AGAIN = 2  # how many of these one quiz asks at most
BLUE, ORANGE = "#0072b2", "#d55e00"


class Quiz:
    """A lesson's questions; displays itself as buttons or HTML in a notebook and as text elsewhere."""

    def __init__(
        self, questions: list[dict[str, Any]], lesson: str = "", again: list[tuple[str, dict[str, Any]]] | None = None
    ):
        self.questions = questions
        self.lesson = lesson
        self.again = again or []  # questions of earlier lessons, with the lesson

    def _repr_html_(self) -> str:
        return "".join(_question_html(i, question) for i, question in enumerate(self.questions, start=1))

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from unrolled.progress import in_notebook

        bundle = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        if in_notebook():
            bundle |= {kind: data for kind, data in _buttons(self)._repr_mimebundle_().items() if "widget" in kind}
        display(bundle, raw=True)

    def __repr__(self) -> str:
        lines = []
        for i, question in enumerate(self.questions, start=1):
            lines.append(f"{i}. {question['text']}")
            lines += [f"   - {choice['text']}" for choice in question["choices"]]
        return "\n".join(lines)


def quiz(folder: Path | None = None) -> Quiz:
    """Return the quiz of the lesson whose notebook runs in `folder` (by default the current one).

    Raises:
        NoTable: checks.json, which holds the questions, does not lie there or holds none.
    """
    table = find_table(folder)
    if not table["quiz"]:
        raise NoTable("this lesson's checks.json holds no quiz. Fetch the assignment again to get it back.")
    lesson = table.get("lesson", "")
    return Quiz(table["quiz"], lesson, asked_again(lesson))


def asked_again(lesson: str) -> list[tuple[str, dict[str, Any]]]:
    """Return questions of other lessons whose last answer was wrong and is older than AGAIN_AFTER, each with its
    lesson."""
    course = course_folder(lesson)
    if course is None:
        return []
    found = []
    for other, part in sorted(read_record(course)["lessons"].items()):
        due = [
            key
            for key, entry in part.get("quiz", {}).items()
            if not entry.get("right") and time.time() - entry.get("when", 0) > AGAIN_AFTER
        ]
        if other != lesson and due:
            try:
                questions = {question_key(question): question for question in find_table(course / other)["quiz"]}
            except NoTable:
                continue
            found += [(other, questions[key]) for key in due if key in questions]
    return found[:ASKED_AGAIN]


def question_key(question: dict[str, Any]) -> str:
    """Return the key of a question in the record, from its text."""
    return source_digest(question["text"])[:10]


# --- buttons ---------------------------------------------------------------------------------------------


def _buttons(made: Quiz) -> Any:
    import ipywidgets

    rows = [_question(f"{i}. {one['text']}", made.lesson, one) for i, one in enumerate(made.questions, start=1)]
    rows += [_question(f"Once more, from {lesson}: {one['text']}", lesson, one) for lesson, one in made.again]
    return ipywidgets.VBox(rows)


def _question(title: str, lesson: str, question: dict[str, Any]) -> Any:
    """Make one question: its choices as buttons that the keyboard can reach, and below them the explanation."""
    import ipywidgets

    told = ipywidgets.HTML()
    chosen: list[str] = []

    def choose(choice: dict[str, Any], button: Any) -> None:
        if not chosen:
            note_quiz(lesson, question_key(question), choice["right"])
        chosen.append(choice["text"])
        button.icon = "check" if choice["right"] else "times"
        told.value = _why(choice)

    buttons = []
    for choice in question["choices"]:
        layout = ipywidgets.Layout(width="auto", height="auto", max_width="60em")
        button = ipywidgets.Button(description=choice["text"], layout=layout, tooltip="")
        button.style.text_align = "left"
        button.add_class("unrolled-choice")
        button.on_click(lambda button, choice=choice: choose(choice, button))
        buttons.append(button)
    layout = ipywidgets.Layout(align_items="flex-start", margin="0 0 0 1em")
    head = ipywidgets.HTML(f"{STYLE}<p style='margin: .8em 0 .2em'><b>{escape(title)}</b></p>")
    return ipywidgets.VBox([head, ipywidgets.VBox(buttons, layout=layout), told])


STYLE = (
    "<style>.unrolled-choice {white-space: normal; text-align: left; line-height: 1.4; padding: .3em .8em}"
    ".unrolled-choice:focus {outline: 2px solid #0072b2}</style>"
)


def _why(choice: dict[str, Any]) -> str:
    word, edge = ("Right.", BLUE) if choice["right"] else ("Not quite.", ORANGE)
    why = f'<div style="border-left: 4px solid {edge}; margin: .3em 0 .6em 1em; padding-left: .8em; line-height: 1.4">'
    return why + f"<b>{word}</b> {escape(choice['why'])}</div>"


# --- plain HTML ------------------------------------------------------------------------------------------


def _question_html(number: int, question: dict[str, Any]) -> str:
    choices = "".join(_choice_html(choice) for choice in question["choices"])
    return f'<div style="margin: 0 0 1.2em 0"><p><b>{number}. {escape(question["text"])}</b></p>{choices}</div>'


def _choice_html(choice: dict[str, Any]) -> str:
    summary = f'<summary style="cursor: pointer">{escape(choice["text"])}</summary>'
    return f'<details style="margin: .2em 0 .2em 1em">{summary}{_why(choice)}</details>'
