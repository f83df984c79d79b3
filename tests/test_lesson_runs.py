"""Does each lesson run from a fresh kernel to its last cell, with answers and without, and show what was kept of it?"""

import re
import shutil
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from syllabus import EVERY_LESSON, FULL_LESSONS, ROOT, load

from unrolled_grader.course import lessons, reference_folder
from unrolled_grader.lesson.executed import execute_lesson
from unrolled_grader.lesson.figures import missing_figures, read_figures
from unrolled_grader.lesson.missing import run_without, subsets
from unrolled_grader.pages import claims


@pytest.fixture(scope="module")
def executed() -> Any:
    """Return the solved notebook of a lesson after it ran, made once a lesson."""
    done: dict[str, nbformat.NotebookNode] = {}

    def run(name: str) -> nbformat.NotebookNode:
        if name not in done:
            paths = next(paths for paths in lessons(ROOT) if paths.name == name)
            done[name] = execute_lesson(paths).notebook
        return done[name]

    return run


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_the_lesson_runs_from_a_fresh_kernel_to_its_last_cell_and_every_check_passes(executed, name):
    for cell in executed(name).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", f"cell {cell.id}: {output.evalue}"
            warned = output.output_type == "stream" and output.name == "stderr"
            assert not warned, f"cell {cell.id} wrote to stderr: {output.text[:500]}"
            waits = "This cell waits for" in str(output.get("data", ""))
            assert not waits, f"cell {cell.id} waits though all answers are there"
        if cell.get("id", "").startswith("test_"):
            text = "".join(output.get("text", "") for output in cell.outputs)
            assert "checks pass" in text, f"{cell.id} said: {text}"


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_every_picture_has_a_text(executed, name):
    for cell in executed(name).cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            assert "image/png" not in data, f"cell {cell.id}: show figures with plots.show(figure, alt=...)"
            for picture in re.findall(r"<img [^>]*>", "".join(data.get("text/html", ""))):
                assert re.search(r'alt="[^"]{20,}"', picture), f"cell {cell.id}: a picture without a telling alt text"


@pytest.mark.parametrize("name", FULL_LESSONS)
def test_its_claims_are_those_of_the_generated_page(executed, name):
    shown = [(row["claim"], row["by"]) for row in claims.claims_shown(executed(name))]
    kept = [(row.claim, row.by) for row in claims.rows(claims.read_found(reference_folder(ROOT)), name)]
    assert shown and shown == kept, f"run `unrolled pages --execute {name}`"


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_the_figures_of_the_released_notebook_are_those_of_its_code(name):
    paths = next(paths for paths in lessons(ROOT) if paths.name == name)
    old = missing_figures(load(name), read_figures(paths.figures))
    assert not old, f"run `unrolled pages --execute {name}`, then `unrolled release {name}`"


MISSING = "02_vanilla_rnn"  # that lesson here, all with `unrolled missing [--half | --each]`: an hour


@pytest.mark.parametrize("kind", ["none", "half"])
def test_a_lesson_with_answers_missing_runs_to_its_last_cell_without_a_traceback(kind):
    paths = next(paths for paths in lessons(ROOT) if paths.name == MISSING)
    found = run_without(paths, subsets(load(MISSING))[kind][0])
    assert not found.faults and found.waiting > 5


@pytest.mark.parametrize("name", EVERY_LESSON)
def test_an_unsolved_notebook_says_kindly_what_is_not_written(name, tmp_path):
    released = ROOT / "notebooks" / name
    shutil.copytree(released, tmp_path, dirs_exist_ok=True)
    notebook = nbformat.read(tmp_path / f"{name}.ipynb", as_version=4)
    metadata = [cell.metadata.get("unrolled", {}).get("role") for cell in notebook.cells]
    wanted = [
        cell
        for cell, role in zip(notebook.cells, metadata, strict=True)
        if role in ("given", "answer", "test") or cell.get("id") == "cell-001"
    ]
    notebook.cells = wanted
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True, resources=resources).execute()
    tests = [cell for cell in notebook.cells if cell.get("id", "").startswith("test_")]
    answers = {cell.id for cell in notebook.cells if cell.metadata.get("unrolled", {}).get("role") == "answer"}
    for cell in tests:
        if cell.id.removeprefix("test_") in answers:
            told = [output for output in cell.outputs if output.output_type == "error"]
            assert told and "is not written yet" in told[0].evalue, f"{cell.id}: {cell.outputs}"
            assert len(told[0].traceback) <= 3
