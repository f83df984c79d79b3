"""Metadata and ids: nbgrader's marks changed, lost, of old or future versions, or replaced by another program's."""

import uuid

import nbformat

from demo.broken.case import Work, changed


@changed("flagged", r"marks of the cell {test} were changed \(points\)")
def a_thousand_points(work: Work) -> None:
    work.marks(work.test)["points"] = 1000


@changed("flagged", r"marks of the cell {test} were changed \(points\)")
def less_than_no_points(work: Work) -> None:
    work.marks(work.test)["points"] = -5


@changed("flagged", r"marks of the cell {test} were changed \(grade, locked\)")
def a_test_that_is_none_any_more(work: Work) -> None:
    work.marks(work.test).update(grade=False, locked=False)


@changed("flagged", r"marks of the cell {answer} were changed \(locked\)")
def a_locked_answer(work: Work) -> None:
    work.marks(work.answer)["locked"] = True


@changed("flagged", r"marks of the cell {its_test} were changed \(solution\)")
def a_test_marked_as_a_solution(work: Work) -> None:
    work.marks(work.its_test)["solution"] = True


@changed("flagged", "{test} was changed.*marks of the cell {test} were changed", shown=True)
def flags_changed(work: Work) -> None:
    work.marks(work.test).update(points=1000, locked=False)
    work.write(work.test, "1000")
    work.cell(work.its_test).metadata["tags"] = ["skip-execution"]


@changed("graded")
def tags_that_skip_tests(work: Work) -> None:
    for cell in work.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception"]


@changed("graded")
def wrong_checksums(work: Work) -> None:
    for cell in work.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["checksum"] = "0" * 32


@changed("flagged", "{test} was changed; the lesson's own was used")
def swapped_marks(work: Work) -> None:
    first, last = work.cell(work.test), work.cell(work.its_test)
    first.metadata, last.metadata = last.metadata, first.metadata
    first["id"], last["id"] = last["id"], first["id"]


@changed("graded", "nbgrader's marks are missing on .*{test}")
def blank_names(work: Work) -> None:
    for cell in work.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["grade_id"] = ""


@changed("graded")
def no_points_on_tests(work: Work) -> None:
    del work.marks(work.test)["points"]
    work.marks(work.its_test)["points"] = "many"


@changed("graded", "nbgrader's marks are missing")
def no_metadata(work: Work) -> None:
    for cell in work.cells:
        cell.metadata = nbformat.NotebookNode()


@changed("graded", "nbgrader's marks are missing .* the cells were known by", shown=True)
def metadata_stripped(work: Work) -> None:
    """Went through an editor that keeps only sources: no nbgrader metadata and other cell ids."""
    for number, cell in enumerate(work.cells):
        cell.metadata = nbformat.NotebookNode()
        cell["id"] = uuid.UUID(int=number).hex[-12:]


@changed("graded")
def one_id_for_all_cells(work: Work) -> None:
    for cell in work.cells:
        cell["id"] = "same"


@changed("graded")
def ids_that_are_none(work: Work) -> None:
    for cell, name in zip(work.cells, ["a b", "", 7, None, "x" * 100, "<b>"] * 9, strict=False):
        cell["id"] = name


@changed("graded", shown=True)
def old_format(work: Work) -> None:
    """Turn it into what an old Jupyter saves: format 4.0 without cell ids, nbgrader's metadata of schema 1."""
    work.notebook["nbformat_minor"] = 0
    for cell in work.cells:
        del cell["id"]
    _schema(work, 1)


@changed("graded")
def nbgraders_schema_0(work: Work) -> None:
    for cell in work.cells:
        if "nbgrader" in cell.metadata:
            for key in ("schema_version", "task", "locked", "cell_type", "checksum"):
                cell.metadata.nbgrader.pop(key, None)
        else:
            cell.metadata["nbgrader"] = {"grade": False, "solution": False}


@changed("graded")
def nbgraders_schema_1(work: Work) -> None:
    _schema(work, 1)


@changed("graded")
def nbgraders_schema_2(work: Work) -> None:
    _schema(work, 2)


@changed("graded")
def nbgraders_schema_of_the_future(work: Work) -> None:
    _schema(work, 99)


def _schema(work: Work, version: int) -> None:
    for cell in work.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["schema_version"] = version
            if version < 3:
                cell.metadata.nbgrader.pop("task", None)


@changed("graded")
def nonsense_for_nbgraders_metadata(work: Work) -> None:
    for cell, nonsense in zip(work.cells, ["text", [1], None, {"grade_id": 3}, {"points": "many"}] * 9, strict=False):
        cell.metadata["nbgrader"] = nonsense


@changed("graded")
def metadata_that_is_none(work: Work) -> None:
    for cell, nonsense in zip(work.cells, [None, "text", [1], 3] * 9, strict=False):
        cell["metadata"] = nonsense


@changed("graded")
def no_kernelspec(work: Work) -> None:
    work.notebook["metadata"] = {}


@changed("graded")
def another_languages_kernel(work: Work) -> None:
    work.notebook["metadata"] = {
        "kernelspec": {"name": "ir", "display_name": "R", "language": "R"},
        "language_info": {"name": "R", "version": "4.4.0"},
    }


@changed("graded")
def a_kernel_of_the_students_own(work: Work) -> None:
    work.notebook["metadata"]["kernelspec"] = {"name": "my-env", "display_name": "my env (3.14)"}


@changed("graded")
def worked_on_in_colab(work: Work) -> None:
    work.notebook["metadata"] = {"colab": {"provenance": []}, "accelerator": "GPU", "kernelspec": {"name": "python3"}}
    for cell in work.cells:
        cell.metadata.update(id=uuid.uuid5(uuid.NAMESPACE_OID, cell["id"]).hex[:12], outputId="x")
        del cell["id"]


@changed("graded")
def worked_on_in_visual_studio_code(work: Work) -> None:
    work.notebook["metadata"]["vscode"] = {"interpreter": {"hash": "0" * 64}}
    for number, cell in enumerate(work.cells):
        cell.metadata["vscode"] = {"languageId": "python"}
        cell["id"] = f"{number:08x}"


@changed("graded")
def state_of_widgets_that_are_gone(work: Work) -> None:
    work.notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": 3}}
    work.cell(work.answer)["outputs"] = [{"output_type": "display_data", "data": {"text/plain": 3}, "metadata": None}]
