"""Does each lesson hold what the syllabus asks of it, and what every lesson has?"""

import ast
import json
import re

import pytest
from syllabus import EVERY_LESSON, FULL_LESSONS, GRADED, ROOT, code, load, prose

from unrolled_grader.lesson.lesson import Lesson
from unrolled_grader.lesson.solved import graded_names
from unrolled_grader.lesson.worked import answers_json
from unrolled_grader.lesson_source.cell import Cell
from unrolled_grader.release.stale import is_folded, unpromised


def arguments_of(node: ast.FunctionDef | ast.ClassDef) -> list[ast.arg]:
    """Return the arguments of a function; of a class, those it is made with."""
    if isinstance(node, ast.FunctionDef):
        return node.args.args
    methods = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
    return methods["__init__"].args.args[1:] if "__init__" in methods else []


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_every_graded_name_of_the_syllabus_is_there_with_its_arguments(name):
    found = {}
    for cell in load(name).cells:
        if cell.role == "answer":
            defined = [node for node in ast.parse(cell.source).body if getattr(node, "name", None) == cell.id]
            assert defined, f"the answer cell {cell.id} does not define it"
            found[cell.id] = ", ".join(argument.arg for argument in arguments_of(defined[0]))
    assert found == GRADED[name]


def exercise_texts(lesson: Lesson) -> dict[str, str]:
    """Return the prose between the previous exercise's test and this answer, by graded name."""
    texts, text = {}, ""
    for cell in lesson.cells:
        if cell.kind == "markdown":
            text += cell.source
        elif cell.role in ("answer", "debug"):
            texts[cell.id or ""] = text
        elif cell.role == "test":
            text = ""
    return texts


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_every_exercise_has_hints_that_open_one_after_another(name):
    for graded, text in exercise_texts(load(name)).items():
        assert "<details><summary>Hint 1" in text, f"{graded} has no hint"
        assert text.count("<details>") == text.count("</details>"), f"{graded}: a <details> is not closed"
        inside = text.split("<details><summary>Hint 1", 1)[1]
        assert "</details>" not in inside.split("<summary>Hint 2")[0], f"{graded}: hint 2 is not inside hint 1"


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_exercises_climb_from_warm_up_over_core_to_stretch(name):
    steps = re.findall(r"^##+ (Warm-up|Core|Stretch) · ", prose(load(name)), re.MULTILINE)
    order = ["Warm-up", "Core", "Stretch"]
    assert set(steps) == set(order) and steps[0] == "Warm-up"
    assert [steps.index(step) for step in order] == sorted(steps.index(step) for step in order)


def docstring_of(cell: Cell) -> str:
    definitions = [node for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return ast.get_docstring(next(node for node in definitions if node.name == cell.id)) or ""


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_every_stub_says_shapes_and_shows_a_tiny_example(name):
    for cell in load(name).cells:
        if cell.role == "answer":
            text = docstring_of(cell)
            assert "Args:" in text and "Returns:" in text and ">>>" in text, f"{cell.id}: {text}"


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_the_lesson_has_all_its_parts(name):
    lesson = load(name)
    roles = [cell.role for cell in lesson.cells]
    text = prose(lesson)
    assert roles.count("debug") >= 1 and roles.count("written") >= 1
    assert len(lesson.quiz) >= 5 and all(len(question.wrong) >= 2 for question in lesson.quiz)
    assert "widgets.explore(" in code(lesson)
    for part in ("After this lesson you can", "**Time**", "## What we measured", "## Summary", "## Glossary"):
        assert part in text, f"{part!r} is missing"
    assert re.search(r"^## (References|Reading)", text, re.MULTILINE)


WIDEST, LONGEST = 100, 40  # letters of a line of code, at 1280 pixels; lines of a cell that is not a student's


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_no_line_of_code_is_cut_at_the_right(name):
    cells = [cell for cell in load(name).cells if cell.kind == "code"]
    assert not [line for cell in cells for line in cell.source.split("\n") if len(line) > WIDEST]


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_no_demonstration_is_a_long_cell(name):
    demos = [cell for cell in load(name).cells if cell.role == "demo"]
    lines = {cell.line: cell.source.count("\n") + 1 - is_folded(cell) for cell in demos}  # the promise is none
    assert not [line for line, count in lines.items() if count > LONGEST]


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_a_folded_cell_begins_with_one_line_that_says_what_is_seen(name):
    """JupyterLab shows the first line of a folded cell and nothing else of it."""
    folded = [cell.source.split("\n") for cell in load(name).cells if is_folded(cell)]
    promises = [lines[0] for lines in folded]
    assert not unpromised(load(name).cells)
    assert len(set(promises)) == len(promises), "the same words for two cells"
    assert not [line for line in promises if re.search(r"[.:;,]$|^# [a-z]", line)]


WORTH_READING = ("class ", "latch = {")  # what the text speaks of, with a figure below it


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_a_cell_that_only_shows_a_figure_is_folded(name):
    for cell in load(name).cells:
        if cell.role == "demo" and not is_folded(cell) and cell.source.count("\n") > 8:
            last = ast.parse(cell.source).body[-1]
            shows = isinstance(last, ast.Expr) and re.match(r"(plots\.show|(widgets\.)?explore)\(", ast.unparse(last))
            assert not shows or any(read in cell.source for read in WORTH_READING), f"line {cell.line}"


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_no_test_and_no_answer_needs_what_a_demo_defines(name, monkeypatch):
    """Demo cells are skipped when grading."""
    monkeypatch.chdir(ROOT / "notebooks" / name)
    lesson = load(name)
    namespace: dict = {}
    for cell in lesson.cells:
        if cell.role in ("given", "answer", "debug", "test"):
            exec(compile(lesson.answer_source(cell), f"{name}, {cell.id}", "exec"), namespace)


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_every_answer_is_lent_with_why_it_is_written_so_and_with_another_way(name):
    lesson = load(name)
    lent = json.loads(answers_json(lesson))["answers"]
    assert set(lent) == set(graded_names(lesson))
    for graded, entry in lent.items():
        for part in ("why", "other", "about"):
            assert entry.get(part, "").strip(), f"{name}/.worked.toml: {graded} has no {part!r}"
        text = f"{entry['why']} {entry['about']}"
        assert 20 <= len(text.split()) <= 130, f"{graded}: two to five sentences"
        assert not re.search(r"<\w|__", re.sub("`.*?`", "", text)), f"{graded}: Markdown would not show this as it is"
