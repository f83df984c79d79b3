"""The pages that students read, as `nbgrader generate_feedback` makes them."""

import json
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests
from traitlets import Bool

from unrolled.record import PAGE
from unrolled_grader import nbgrader_course
from unrolled_grader.course import is_lesson
from unrolled_grader.grading.outcome import outcome_path, read_outcome
from unrolled_grader.grading.result import BY_A_PERSON, role_of
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.lesson.worked import answers_json

STYLE = Path(__file__).with_name("feedback.css")
WORDS = {
    "graded": "",
    "late": "Handed in late.",
    "flagged": "Your instructor will have a look at it, for the reasons below.",
}
# From FOLDER/feedback/TIME/, where fetched pages lie, to the student's own notebook, in JupyterLab. JupyterLab 4.6
# looks at the part behind # once, when it has started, and hands it to the notebook that is in front then: one that it
# restores, so a lesson that was open opens at the cell. One that it has yet to open comes later, and stays at its top.
LESSON = "../../../../lab/tree/{}/{}.ipynb#cell-id="
# JupyterLab shows pages in a frame that opens nothing, links neither, until its reader trusts the page.
HOW_TO_FOLLOW = (
    "<p>Links to your lesson open it in JupyterLab. If nothing happens, press <b>Trust HTML</b> above this page. Where "
    "the lesson opens at its beginning, Ctrl + F finds the exercise by its name.</p>"
)
LEFT_OUT = ("given", "demo", "summary")  # the student has the lesson; these say nothing about the work


class FeedbackPage(Preprocessor):
    """A page of feedback: summary, answers and what the tests said. Hidden tests and the lesson's own text go.

    Stands after nbgrader's GetGrades, so that the points are the gradebook's, with what a person changed.
    """

    enabled = Bool(True, help="Whether pages are made so").tag(config=True)
    solutions = Bool(False, help="Whether pages show the worked answers; not while others may still hand in").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        if not any(role_of(cell) == "summary" for cell in nb.cells):
            return nb, resources  # not graded by Unrolled: nbgrader's page as it is
        names = resources["nbgrader"]
        folder = nbgrader_course.outcomes(nbgrader_course.coursedir_of(self))
        found = read_outcome(outcome_path(folder, names["assignment"], names["student"]))
        outcome = {**found.plain(), "kinds": found.kinds_in_words() if found.plain_points else ""}
        mine = f"{names['notebook']}: "  # where an assignment has several notebooks
        outcome["exercises"] = {name.removeprefix(mine): found for name, found in outcome["exercises"].items()}
        unread = _unread(names)
        kept = _with_questions(nb.cells)
        worked = self._worked(names["assignment"]) if self.solutions else {}
        for cell in kept:
            if role_of(cell) == "test":
                _show_result(cell, _exercise(cell, outcome), ClearHiddenTests(parent=self, enforce_metadata=False))
                _show_worked(cell, worked.get(_name(cell).removeprefix("test_"), {}))
        place = LESSON.format(quote(names["assignment"]), quote(names["notebook"]))
        text = _summary_html(outcome, kept, unread, float(names.get("late_penalty") or 0), place)
        nb.cells = [nbformat.v4.new_markdown_cell(text, id="summary"), *kept]
        styles = resources.setdefault("inlining", {}).setdefault("css", [])
        resources["inlining"]["css"] = [*styles, STYLE.read_text(encoding="utf-8")]
        return nb, resources

    def _worked(self, assignment: str) -> dict[str, Any]:
        """Return the course's worked answers by graded name; none of an assignment that is no lesson."""
        source, _ = nbgrader_course.lesson_folders(nbgrader_course.coursedir_of(self), assignment)
        return json.loads(answers_json(load_lesson(source)))["answers"] if is_lesson(source) else {}


def _unread(names: dict[str, Any]) -> set[str]:
    """Return the questions that a person is to read and has not read yet: the gradebook says so."""
    with Gradebook(names["db_url"]) as book:
        notebook = book.find_submission_notebook(names["notebook"], names["assignment"], names["student"])
        return {grade.name for grade in notebook.grades if grade.needs_manual_grade and grade.manual_score is None}


def _with_questions(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells about the work; above each written answer, the last paragraph before it: its question."""
    kept: list[NotebookNode] = []
    for before, cell in zip([None, *cells], cells, strict=False):
        if not _about_the_work(cell):
            continue
        if (
            role_of(cell) in BY_A_PERSON
            and before is not None
            and before.cell_type == "markdown"
            and not role_of(before)
        ):
            paragraphs = [text for text in before.source.strip().split("\n\n") if PAGE not in text]
            kept += [nbformat.v4.new_markdown_cell(text, id=f"question-{len(kept)}") for text in paragraphs[-1:]]
        kept.append(cell)
    return kept


def _about_the_work(cell: NotebookNode) -> bool:
    role = role_of(cell)
    if role is None:  # the lesson's prose, and its cells for play as the student left them
        lines = [line.strip() for line in cell.source.splitlines()]
        return cell.cell_type == "code" and any(line and not line.startswith("#") for line in lines)
    return role not in LEFT_OUT


def _exercise(cell: NotebookNode, outcome: dict[str, Any]) -> dict[str, Any]:
    """Return what became of the exercise of a test cell."""
    exercises, name = outcome["exercises"], cell.metadata.nbgrader["grade_id"]
    return exercises.get(name) or exercises.get(name.removeprefix("test_"), {})


def _show_result(cell: NotebookNode, found: dict[str, Any], clear: ClearHiddenTests) -> None:
    """Show under a test what it said, coloured by how much it gave. The points stand in the head of the cell.

    What was printed while a hidden test ran might be what it asked, and is left out.
    """
    whole = cell.source
    clear.preprocess_cell(cell, {}, 0)
    texts = [found.get("message", "")]
    if found.get("kind") == "plain" and cell.source == whole:
        texts += [output["text"] for output in cell.outputs if output["output_type"] == "stream"]
    score, most = _points(cell)
    how = "all" if _is_right(score, most, found) else "part" if score > 0 else "none"
    text = escape("\n".join(texts).strip())
    html = f'<div class="unrolled-message tex2jax_ignore {how}">{text}</div>'
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": html})] if text else []


def _show_worked(cell: NotebookNode, entry: dict[str, str]) -> None:
    """Add below a test the worked answer, closed until it is asked for."""
    if not entry:
        return
    parts = [f"<pre>{escape(entry['shown'].strip())}</pre>", f"<p>{escape(entry.get('why', ''))}</p>"]
    if entry.get("other"):
        parts.append(f"<p>Another way. {escape(entry.get('about', ''))}</p><pre>{escape(entry['other'].strip())}</pre>")
    html = f'<details class="unrolled-worked tex2jax_ignore"><summary>The worked answer</summary>{"".join(parts)}'
    cell.outputs.append(nbformat.v4.new_output("display_data", {"text/html": f"{html}</details>"}))


def _summary_html(
    outcome: dict[str, Any], cells: list[NotebookNode], unread: set[str], late_penalty: float, place: str
) -> str:
    graded = [cell for cell in cells if role_of(cell) in ("test", *BY_A_PERSON)]
    to_read = sum(_points(cell)[1] for cell in graded if _name(cell) in unread)
    most = sum(_points(cell)[1] for cell in graded) - to_read
    score = sum(_points(cell)[0] for cell in graded) - late_penalty
    commented = {cell["id"] for cell in cells if cell.metadata.get("nbgrader", {}).get("comment")}
    rows = [_row(cell, outcome, commented, unread, place) for cell in graded]
    if late_penalty:
        rows.append(f"<tr><td>late</td><td>-{late_penalty:g}</td><td>penalty for handing in late</td></tr>")
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in outcome["reasons"])
    words = WORDS.get(outcome["status"], "")
    parts = [
        '<div class="unrolled tex2jax_ignore">',
        f'<p class="total">{score:g} of {most:g} points</p>',
        f"<p>{to_read:g} more are still to be given by a person who reads your answers.</p>" if to_read else "",
        f"<p>{words}</p>" if words else "",
        "<table><tr><th>exercise</th><th>points</th><th>what to look at</th></tr>",
        *rows,
        "</table>",
        HOW_TO_FOLLOW,
        f'<ul class="reasons">{reasons}</ul>' if reasons else "",
        f"<p>{escape(outcome['kinds'])}</p>" if outcome["kinds"] else "",
        "</div>",
    ]
    return "\n".join(part for part in parts if part)  # a blank line would end the HTML block


def _points(cell: NotebookNode) -> tuple[float, float]:
    """Return points and possible points, as the gradebook has them."""
    return float(cell.metadata.nbgrader.get("score") or 0), float(cell.metadata.nbgrader["points"])


def _name(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader["grade_id"])


def _row(cell: NotebookNode, outcome: dict[str, Any], commented: set[str], unread: set[str], place: str) -> str:
    name = _name(cell).removeprefix("test_")
    score, most = _points(cell)
    link = f'<a href="#{escape(cell["id"])}"><code>{escape(name)}</code></a>'
    link += f'<br><a class="back" href="{place}{quote(cell["id"])}" target="_blank">in your lesson</a>'
    told = "read by a person"
    if role_of(cell) not in BY_A_PERSON:
        found = _exercise(cell, outcome)
        told = _told(_is_right(score, most, found), found)
    points = f"{score:g} of {most:g}"
    if _name(cell) in unread:
        told, points = "not read yet", f"up to {most:g}"
    if name in commented:
        told += f' <a href="#comment-{escape(name)}">with a comment</a>'
    return f"<tr><td>{link}</td><td>{points}</td><td>{told}</td></tr>"


def _is_right(score: float, most: float, found: dict[str, Any]) -> bool:
    """Say whether an exercise is right: where there are no points to have, what the test said decides."""
    return score >= most and not (most == 0 and found.get("missed"))


def _told(full: bool, found: dict[str, Any]) -> str:
    if full:
        return "all right"
    lines = [escape(line) for line in found.get("message", "").splitlines()[:2] if line]
    missed = escape(", ".join(found.get("missed", [])))
    if missed not in ("", "tests"):
        lines.append(f'<span class="missed">missed: {missed}</span>')
    return "<br>".join(lines)
