"""Cells that are duplicated, deleted, changed or moved."""

import copy

import nbformat

from demo.broken.case import Work, changed


def _twin(work: Work, name: str) -> nbformat.NotebookNode:
    twin = copy.deepcopy(work.cell(name))
    twin["id"] = "a-twin"
    return twin


@changed("flagged", "the test cell {test} is there 2 times; the lesson's own was used", shown=True)
def twice_a_test_cell(work: Work) -> None:
    work.cells.append(_twin(work, work.test))


@changed("flagged", "the answer cell {answer} is there 2 times; the last one was graded: look")
def twice_an_answer_and_the_last_one_is_right(work: Work) -> None:
    first = _twin(work, work.answer)
    first.source = f"def {work.answer}(*args):\n    return None"
    work.cells.insert(1, first)


@changed("flagged", "the answer cell {answer} is there 2 times; the last one was graded: look", "the answer")
def twice_an_answer_and_the_last_one_is_wrong(work: Work) -> None:
    last = _twin(work, work.answer)
    last.source = f"def {work.answer}(*args):\n    return None"
    work.cells.append(last)


@changed("flagged", "the written answer {written} is there 2 times; the last one was graded: look")
def twice_a_written_answer(work: Work) -> None:
    work.cells.append(_twin(work, work.written))


@changed("flagged", "{test} is there 2 times")
def twice_everything(work: Work) -> None:
    work.notebook.cells = work.cells + copy.deepcopy(work.cells)


@changed("flagged", "the test cell {test} was deleted; the lesson's own was put back", shown=True)
def without_a_test_cell(work: Work) -> None:
    work.remove(work.test)


@changed("flagged", "the answer cell {answer} was deleted, so its points are zero; ask", "the answer", shown=True)
def without_an_answer_cell(work: Work) -> None:
    work.remove(work.answer)


@changed("flagged", "the read-only cell {given} was deleted; the lesson's own was put back")
def without_a_read_only_cell(work: Work) -> None:
    work.remove(work.given)


@changed("flagged", "the written answer {written} was deleted; ask")
def without_a_written_answer(work: Work) -> None:
    work.remove(work.written)


@changed("graded")
def without_prose(work: Work) -> None:
    work.notebook.cells = [cell for cell in work.cells if cell.cell_type == "code" or "nbgrader" in cell.metadata]


@changed("failed", "{lesson}.ipynb has no cell of this lesson.*Ask the student", "everything")
def another_lessons_notebook(work: Work) -> None:
    work.notebook.cells = [nbformat.v4.new_code_cell("1 + 1", id="other")]


@changed("failed", "has no cells; ask", "everything")
def no_cells(work: Work) -> None:
    work.cells.clear()


@changed("failed", "5002 cells and at most 5000 are read; ask", "everything")
def more_cells_than_anybody_writes(work: Work) -> None:
    work.notebook.cells = [{"cell_type": "raw", "source": "", "metadata": {}, "id": f"x{i}"} for i in range(5002)]


@changed("flagged", "the test cell {its_test} was changed; the lesson's own was used")
def an_emptied_test(work: Work) -> None:
    work.write(work.its_test, "")


@changed("flagged", "the read-only cell {given} was changed; the lesson's own was used")
def a_changed_read_only_cell(work: Work) -> None:
    work.cell(work.given).source += "\nFACTOR = 1.0"


@changed("flagged", "{answer} was turned into a markdown cell; it was graded as the code cell it was")
def an_answer_turned_into_prose(work: Work) -> None:
    _turn(work, work.answer, "markdown")


@changed("flagged", "{answer} was turned into a raw cell")
def an_answer_turned_into_raw_text(work: Work) -> None:
    _turn(work, work.answer, "raw")


@changed("flagged", "{test} was turned into a markdown cell")
def a_test_turned_into_prose(work: Work) -> None:
    _turn(work, work.test, "markdown")


@changed("flagged", "{written} was turned into a code cell; it was graded as the markdown cell it was")
def a_written_answer_turned_into_code(work: Work) -> None:
    cell = work.cell(work.written)
    cell.update(cell_type="code", outputs=[], execution_count=None)


def _turn(work: Work, name: str, kind: str) -> None:
    cell = work.cell(name)
    cell["cell_type"] = kind
    del cell["outputs"], cell["execution_count"]


@changed("graded", "cells were moved")
def tests_moved_to_the_top(work: Work) -> None:
    tests = [cell for cell in work.cells if cell["id"].startswith("test_")]
    work.notebook.cells = tests + [cell for cell in work.cells if cell not in tests]


@changed("graded", "cells were moved")
def cells_from_bottom_to_top(work: Work) -> None:
    work.cells.reverse()


@changed("graded")
def the_answer_written_into_another_cell(work: Work) -> None:
    answer = work.cell(work.answer)
    work.cells.insert(work.cells.index(answer) + 1, nbformat.v4.new_code_cell(answer.source, id="mine"))
    answer.source = ""


@changed("flagged", "the answer cell {answer} was deleted")
def two_answers_in_one_cell_and_the_other_deleted(work: Work) -> None:
    first = next(cell for cell in work.cells if cell["id"] == work.test.removeprefix("test_"))
    first.source += "\n\n\n" + work.cell(work.answer).source
    work.remove(work.answer)


@changed("flagged", "holds 4 cells that are none, which were left out")
def cells_of_a_kind_that_is_none(work: Work) -> None:
    work.cells.extend([None, 3, "text", [], {}, {"cell_type": "video", "source": {"a": 1}, "metadata": 7}])


@changed("flagged", "has cells whose text is none")
def sources_that_are_no_text(work: Work) -> None:
    odd = [None, 7, [], [None, 3], {"a": 1}]
    work.cells.extend({"cell_type": "code", "source": source, "metadata": {}, "outputs": 3} for source in odd)


@changed("graded")
def sources_as_lists_of_lines(work: Work) -> None:
    for cell in work.cells:
        cell["source"] = cell.source.splitlines(keepends=True)
