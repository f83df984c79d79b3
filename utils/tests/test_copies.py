"""Are copies laid out once, told of mended lessons, and updated with the student's work kept?"""

import json
from pathlib import Path
from typing import Any

import pytest

from unrolled import copies

STUB = "def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()"
MINE = "def f():\n    return 1"


def cell(name: str, source: str, role: str | None = None) -> dict[str, Any]:
    metadata = {"unrolled": {"role": role}, "nbgrader": {"grade_id": name}} if role else {}
    return {"id": name, "cell_type": "code", "source": source, "metadata": metadata}


def notebook(*cells: dict[str, Any]) -> str:
    return json.dumps({"cells": [cell("cell-001", "# Title"), *cells]})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks" / "02_lesson"
    folder.mkdir(parents=True)
    (folder / "02_lesson.ipynb").write_text(notebook(cell("f", STUB, "answer"), cell("test_f", "check(f)", "test")))
    (folder / "checks.json").write_text("{}")
    copies.lay_out(tmp_path)
    return tmp_path


def mend(root: Path, *cells: dict[str, Any]) -> None:
    (root / "notebooks" / "02_lesson" / "02_lesson.ipynb").write_text(notebook(*cells))


def work(root: Path, *cells: dict[str, Any]) -> None:
    (root / "02_lesson" / "02_lesson.ipynb").write_text(notebook(*cells))


def sources(root: Path) -> dict[str, str]:
    return {
        one["id"]: one["source"] for one in json.loads((root / "02_lesson" / "02_lesson.ipynb").read_text())["cells"]
    }


def test_a_copy_is_never_laid_out_again(root):
    work(root, cell("f", MINE, "answer"))
    assert copies.lay_out(root) == [] and sources(root)["f"] == MINE


def test_a_mended_lesson_is_told_with_the_command_until_it_is_taken(root):
    mend(root, cell("f", STUB, "answer"), cell("test_f", "check(f)  # now", "test"))
    assert "make update LESSON=02_lesson" in copies.lay_out(root)[0]
    copies.update(root, "02")
    assert copies.lay_out(root) == []


def test_an_update_keeps_answers_and_own_cells_and_brings_what_is_new(root):
    work(root, cell("f", MINE, "answer"), cell("mine", "f()"), cell("test_f", "check(f)", "test"))
    mend(root, cell("new", "1", "given"), cell("f", STUB, "answer"), cell("test_f", "check(f)  # now", "test"))
    told = copies.update(root, "02")
    found = sources(root)
    assert list(found) == ["cell-001", "new", "f", "mine", "test_f"]
    assert found["f"] == MINE and found["mine"] == "f()" and found["test_f"] == "check(f)  # now"
    assert "with 2 of your cells" in told[0]


def test_the_notebook_as_it_was_is_kept(root):
    work(root, cell("f", MINE, "answer"))
    copies.update(root, "02")
    saved = list((root / copies.FOLDER / copies.BEFORE).glob("02_lesson-*.ipynb"))
    assert len(saved) == 1 and MINE in json.loads(saved[0].read_text())["cells"][1]["source"]


def test_an_answer_without_a_place_is_told(root):
    work(root, cell("gone", MINE, "answer"))
    assert any("gone is no more a part" in line for line in copies.update(root, "02"))


def test_an_untouched_stub_takes_the_new_text(root):
    mend(root, cell("f", STUB + "  # mended", "answer"))
    copies.update(root, "02")
    assert sources(root)["f"].endswith("# mended")


def test_an_old_copy_of_which_nothing_is_known_is_told_where_its_checks_differ(root):
    (root / copies.FOLDER / copies.LAID_OUT).unlink()
    assert copies.lay_out(root) == []
    (root / copies.FOLDER / copies.LAID_OUT).unlink()
    (root / "02_lesson" / "checks.json").write_text('{"old": 1}')
    assert len(copies.lay_out(root)) == 1


def test_a_lesson_without_a_copy_is_refused_with_the_command(root):
    with pytest.raises(SystemExit, match="make update LESSON=02"):
        copies.update(root, "07")


def test_an_answer_below_the_stubs_mark_is_kept(root):
    below = "def f():\n    # YOUR CODE HERE\n    return 1"
    half = "def f():\n    x = 1\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    for answer in (below, half):
        work(root, cell("f", answer, "answer"))
        mend(root, cell("f", STUB + "  # mended", "answer"))
        copies.update(root, "02")
        assert sources(root)["f"] == answer


def test_an_answer_below_the_mark_is_kept_where_nothing_is_known_of_what_was_given(root):
    (root / copies.FOLDER / copies.CELLS).unlink()
    work(root, cell("f", "def f():\n    # YOUR CODE HERE\n    return 1", "answer"))
    copies.update(root, "02")
    assert "return 1" in sources(root)["f"]


def test_a_cell_of_the_lesson_that_the_student_changed_is_kept_below_it(root):
    mend(root, cell("cell-002", "speed = 1"))
    copies.update(root, "02")
    work(root, cell("cell-002", "speed = 7"))
    mend(root, cell("cell-002", "speed = 1  # km/h"), cell("last", "1", "given"))
    assert "with 1 of your cells" in copies.update(root, "02")[0]
    assert list(sources(root)) == ["cell-001", "cell-002", "mine-cell-002", "last"]
    assert sources(root)["mine-cell-002"] == "speed = 7"
    copies.update(root, "02")
    assert list(sources(root)).count("mine-cell-002") == 1


def test_a_notebook_that_cannot_be_read_is_left_alone_and_told(root):
    path = root / "02_lesson" / "02_lesson.ipynb"
    path.write_text("{")
    with pytest.raises(SystemExit, match="02_lesson.ipynb cannot be read"):
        copies.update(root, "02")
    assert path.read_text() == "{"


@pytest.mark.parametrize("name", ["", "9", "x"])
def test_an_update_of_nothing_names_the_copies_there_are(root, name, monkeypatch):
    monkeypatch.chdir(root)
    with pytest.raises(SystemExit, match=r"none of your copies \(02_lesson\)"):
        copies.main(["--update", name])


def test_an_update_brings_new_exercises_onto_the_page(root):
    mend(root, cell("g", STUB, "answer"), cell("test_g", "check(g)", "test"))
    notebook_path = root / "notebooks" / "02_lesson" / "02_lesson.ipynb"
    found = json.loads(notebook_path.read_text())
    found["cells"][-1]["metadata"]["nbgrader"]["grade"] = True
    notebook_path.write_text(json.dumps(found))
    copies.update(root, "02")
    assert "[g](02_lesson" in (root / "progress.md").read_text()
