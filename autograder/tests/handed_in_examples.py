"""What students really handed in and what was lost of it, made small: each makes the files of one submission."""

import base64
import copy
import json
from collections.abc import Callable

from grade_course import NAME, RIGHT, Course, cell
from nbformat.notebooknode import NotebookNode, from_dict

from unrolled.record import PAGE

Files = dict[bytes, bytes]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNg+M/A8B8ABQACAaX11fUAAAAASUVORK5CYII="
)
GIF, WEBP = b"GIF89a" + bytes(20), b"RIFF\x14\0\0\0WEBPVP8L" + bytes(12)
MAIN = f"{NAME}.ipynb".encode()
HELPER = b"def three_times(x):\n    return x * 3.0\n"
USES_HELPER = "from {module} import three_times\n\ndef scale(x):\n    return three_times(x)"
RIGHT_SCALE = RIGHT["scale"]
MAGICS = ("%autosave 60", "%store -r", "%connect_info", "%config InlineBackend.figure_format = 'retina'")
SCREENS = (
    "%matplotlib widget", "%matplotlib qt", "%matplotlib tk", "%matplotlib osx", "%matplotlib notebook", "%gui qt",
    "import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt",
    "import matplotlib\nmatplotlib.use('MacOSX')",
    "import matplotlib.pyplot as plt\nplt.switch_backend('QtAgg')",
    "import matplotlib\nmatplotlib.rcParams['backend'] = 'TkAgg'",
)  # fmt: skip


def saved(notebook: NotebookNode) -> bytes:
    return json.dumps(notebook).encode()


def own_cell(kind: str, text: str) -> NotebookNode:
    made = {"cell_type": kind, "metadata": {}, "source": text, "id": "mine"}
    return from_dict({**made, "outputs": [], "execution_count": None} if kind == "code" else made)


def with_cell(
    notebook: NotebookNode, kind: str, text: str, place: str = "written_why", behind: int = 1
) -> NotebookNode:
    """Return the notebook with one more cell beside the cell of this id."""
    found = copy.deepcopy(notebook)
    at = next(i for i, one in enumerate(found.cells) if one["id"] == place) + behind
    found.cells.insert(at, own_cell(kind, text))
    return found


def on_top(line: str, answer: str = RIGHT_SCALE) -> dict[str, str]:
    return {"scale": f"{line}\n{answer}"}


Example = tuple[Callable[[Course], Files], str, float, str]  # files, status, points, what a reason says


def examples() -> dict[str, Example]:
    """Return the examples by name; "written" stands for a status that must have the written answer wait for a
    person."""
    right: Callable[[Course], bytes] = lambda course: saved(course.solved())  # noqa: E731  typed, as the examples are
    found: dict[str, Example] = {
        "latin1_file": (lambda c: {MAIN: right(c), b"gr\xf6\xdfe.csv": b"1"}, "flagged", 8, "not UTF-8"),
        "data_of_18_mb": (
            lambda c: {
                MAIN: saved(c.solved({"scale": f"TABLE = open('table.csv').read(2)\n{RIGHT_SCALE}"})),
                b"table.csv": b"1\n" * (9 * 2**20),
            },
            "graded", 8, "",
        ),
        "many_files_before_a_module": (
            lambda c: {
                MAIN: saved(c.solved({"scale": USES_HELPER.format(module="tools.means")})),
                b"tools/means.py": HELPER,
                **{b"figures/f%03d.png" % number: PNG for number in range(150)},
            },
            "graded", 8, "",
        ),
        "helper_far_down": (
            lambda c: {
                MAIN: saved(
                    c.solved(on_top("import sys\nsys.path.insert(0, 'a/b/c/d/e')", USES_HELPER.format(module="zz")))
                ),
                b"a/b/c/d/e/zz.py": HELPER,
            },
            "graded", 8, "",
        ),
        "run_of_another_notebook": (
            lambda c: {
                MAIN: saved(c.solved({"scale": "%run helpers.ipynb\ndef scale(x):\n    return three_times(x)"})),
                b"helpers.ipynb": saved(
                    from_dict({"cells": [own_cell("code", HELPER.decode())], "metadata": {}, "nbformat": 4,
                               "nbformat_minor": 5})
                ),
            },
            "graded", 8, "",
        ),
        "surname_in_front": (
            lambda c: {f"Berg_{NAME}.ipynb".encode(): right(c), b"scratch.ipynb": other_notebook()},
            "graded", 8, "handed in as 'Berg_",
        ),
        "blanks_in_the_name": (
            lambda c: {NAME.replace("_", " ").encode() + b".ipynb": right(c), b"Untitled.ipynb": other_notebook()},
            "graded", 8, "handed in as",
        ),
        "no_name_tells": (
            lambda c: {b"final.ipynb": right(c), b"Untitled.ipynb": other_notebook()}, "graded", 8, "handed in as",
        ),
        "only_other_notebooks": (
            lambda c: {b"a.ipynb": other_notebook(), b"b.ipynb": other_notebook()},
            "failed", 0, "none of the notebooks that were handed in has a cell of this lesson",
        ),
        "without_its_ending": (lambda c: {NAME.encode(): right(c)}, "graded", 8, "handed in as"),
        "copy1_has_the_work": (
            lambda c: {MAIN: saved(c.released), f"{NAME}-Copy1.ipynb".encode(): right(c)},
            "flagged", 0, "-Copy1.ipynb has answers",
        ),
        "work_under_another_name": (
            lambda c: {MAIN: saved(c.released), b"my_solution.ipynb": right(c)}, "flagged", 0, "my_solution.ipynb has",
        ),
        "work_in_a_folder": (
            lambda c: {MAIN: saved(c.released), b"work/" + MAIN: right(c)}, "flagged", 0, "work/90_small.ipynb has",
        ),
        "half_in_each": (
            lambda c: {
                MAIN: saved(c.solved({"total": cell(c.released, "total").source})),
                b"second.ipynb": saved(c.solved({"scale": cell(c.released, "scale").source})),
            },
            "flagged", 5, "second.ipynb has answers (total)",
        ),
        "untouched": (lambda c: {MAIN: saved(c.released)}, "flagged", 0, "nothing was written in"),
        "outputs_of_34_mb": (
            lambda c: {MAIN: with_outputs(c.solved(), "x" * (34 * 2**20))}, "graded", 8, "",
        ),
        "work_in_its_folder_with_its_data": (
            lambda c: {
                b"final/" + MAIN: saved(c.solved({"scale": f"open('data.csv')\n{RIGHT_SCALE}"})),
                b"final/data.csv": b"1",
            },
            "graded", 8, "handed in as",
        ),
        "written_below": (
            lambda c: {MAIN: saved(with_cell(unwritten(c), "markdown", "Because every value keeps its share."))},
            "written", 8, "read that",
        ),
        "written_above": (
            lambda c: {MAIN: saved(with_cell(unwritten(c), "markdown", "My answer: because.", behind=0))},
            "written", 8, "read that",
        ),
        "written_as_a_comment": (
            lambda c: {MAIN: saved(with_cell(unwritten(c), "code", "# Because every value keeps its share."))},
            "written", 8, "read that",
        ),
        "a_name_of_a_skipped_cell": (
            lambda c: {MAIN: saved(c.solved({"scale": "def scale(x):\n    return x * TRIPLE"}))},
            "graded", 8, "was run all the same",
        ),
        "two_spellings_of_a_file": (
            lambda c: {
                MAIN: saved(c.solved({"scale": f"open('gro\u0308\u00dfe.csv')\n{RIGHT_SCALE}"})),
                "gr\u00f6\u00dfe.csv".encode(): b"1",
            },
            "graded", 8, "",
        ),
        "answered_below_its_test": (
            lambda c: {MAIN: saved(with_cell(unscaled(c), "code", RIGHT_SCALE, "test_scale"))},
            "flagged", 4, "which stands below the test, may be the answer",
        ),
        "answered_in_markdown": (
            lambda c: {MAIN: saved(with_cell(unscaled(c), "markdown", f"```python\n{RIGHT_SCALE}\n```", "scale"))},
            "flagged", 1, "which is no code cell, may be the answer",
        ),
        "answered_in_a_raw_cell": (
            lambda c: {MAIN: saved(with_cell(unscaled(c), "raw", RIGHT_SCALE, "scale"))},
            "flagged", 1, "which is no code cell, may be the answer",
        ),
        "answered_above_its_test": (
            lambda c: {MAIN: saved(with_cell(unscaled(c), "code", RIGHT_SCALE, "scale"))}, "graded", 8, "",
        ),
        "hidden_by_a_dot": (lambda c: {b"." + MAIN: right(c)}, "failed", 0, "one that is hidden"),
        "utf16_without_a_mark": (
            lambda c: {MAIN: right(c).decode().encode("utf-16-le")}, "graded", 8, "read as that",
        ),
        "zip_by_a_notebooks_name": (lambda c: {MAIN: b"PK\x03\x04" + bytes(60)}, "failed", 0, "it is a zip archive"),
        "page_by_a_notebooks_name": (
            lambda c: {MAIN: b"<!DOCTYPE html><title>Log in</title>"}, "failed", 0, "it is a page of HTML",
        ),
        "more_behind_its_end": (lambda c: {MAIN: right(c) * 2}, "failed", 0, "more text follows behind its end"),
        "two_in_folders": (
            lambda c: {b"a/" + MAIN: right(c), b"b/" + MAIN: saved(c.released)}, "failed", 0, f"a/{NAME}.ipynb, b/",
        ),
        "timestamp_of_notepad": (
            lambda c: {MAIN: right(c), b"timestamp.txt": "\ufeff2026-01-31 12:00:00 UTC\r\n".encode()},
            "graded", 8, "",
        ),
        "copy1_is_cut_off": (
            lambda c: {MAIN: saved(c.released), f"{NAME}-Copy1.ipynb".encode(): right(c)[:-200]},
            "written", 0, "beside the graded notebook, 90_small-Copy1.ipynb is not a notebook",
        ),
        "cut_off_and_copy1": (
            lambda c: {MAIN: right(c)[:-200], f"{NAME}-Copy1.ipynb".encode(): right(c)},
            "failed", 0, "90_small-Copy1.ipynb has answers of this lesson; 90_small.ipynb is not a notebook",
        ),
        "written_in_another_notebook": (
            lambda c: {
                MAIN: saved(unwritten(c)),
                b"essay.ipynb": saved(from_dict({"cells": [own_cell("markdown", "Because.")], "metadata": {},
                                                 "nbformat": 4, "nbformat_minor": 5})),
            },
            "written", 8, "'Because.' in essay.ipynb may be the answer; read that",
        ),
        "timestamp_of_no_hour": (
            lambda c: {MAIN: right(c), b"timestamp.txt": b"2026-01-31 24:00:00 UTC"},
            "flagged", 8, "is not known",
        ),
        "timestamp_without_text": (lambda c: {MAIN: right(c), b"timestamp.txt": b""}, "flagged", 8, "is empty"),
        "timestamp_of_powershell": (
            lambda c: {MAIN: right(c), b"timestamp.txt": "2026-01-31 12:00:00 UTC\r\n".encode("utf-16")},
            "graded", 8, "",
        ),
        "own_environment": (
            lambda c: {MAIN: right(c), **{b"venv/lib/p%d/__init__.py" % number: b"" for number in range(30)}},
            "graded", 8, "",
        ),
        "a_page_of_the_lesson_above_the_written_answer": (
            lambda c: {MAIN: saved(with_cell(c.solved(), "markdown", f"from {PAGE}", behind=0))}, "graded", 8, "",
        ),
        "asks_for_a_module_of_another_place": (
            lambda c: {MAIN: saved(c.solved(on_top("from google.colab import drive")))},
            "flagged", 1, "should be there when grading",
        ),
        "plays_with_a_module_of_another_place": (
            lambda c: {MAIN: saved(with_cell(c.solved(), "code", "import deepnotetoolkit", "scale"))},
            "graded", 8, "should be there when grading",
        ),
        "asks_for_a_file_of_home": (
            lambda c: {MAIN: saved(c.solved(on_top("open('C:/Users/me/data.csv')")))},
            "flagged", 1, "should be there when grading",
        ),
        "asks_for_the_network": (
            lambda c: {MAIN: saved(c.solved(on_top(
                "import urllib.request\nurllib.request.urlopen('http://192.0.2.1/data.csv', timeout=1)"
            )))},
            "flagged", 1, "should be there when grading",
        ),
        "work_in_a_copy_that_jupyterlab_kept": (
            lambda c: {MAIN: saved(c.released), b".ipynb_checkpoints/%s-checkpoint.ipynb" % NAME.encode(): right(c)},
            "written", 0, "-checkpoint.ipynb has answers (scale, total, ",
        ),
        "a_copy_that_jupyterlab_kept_is_older": (
            lambda c: {
                MAIN: right(c),
                b".ipynb_checkpoints/%s-checkpoint.ipynb" % NAME.encode(): saved(c.solved({"scale": "scale = 1"})),
            },
            "graded", 8, "",
        ),
        "a_copy_that_jupyterlab_kept_is_damaged": (
            lambda c: {MAIN: right(c), b".ipynb_checkpoints/a-checkpoint.ipynb": b"{"}, "graded", 8, "",
        ),
        "a_link_is_told": (lambda c: {MAIN: right(c), b"link": b""}, "flagged", 8, "it is a link"),
    }  # fmt: skip
    for number, line in enumerate((*MAGICS, *SCREENS)):
        found[f"kernel_{number}"] = (
            lambda c, line=line: {MAIN: saved(c.solved(on_top(line)))}, "graded", 8, "",  # type: ignore[misc]  # mypy finds no type for a lambda with a default
        )  # fmt: skip
    return found


def unwritten(course: Course) -> NotebookNode:
    """Return the notebook solved, but for the written answer."""
    return course.solved({"written_why": cell(course.released, "written_why").source})


def unscaled(course: Course) -> NotebookNode:
    """Solved, but for one answer, which is as it was released."""
    return course.solved({"scale": cell(course.released, "scale").source})


def other_notebook() -> bytes:
    cells = [own_cell("code", "1 + 1")]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def with_outputs(notebook: NotebookNode, text: str) -> bytes:
    first = next(one for one in notebook.cells if one.cell_type == "code")
    first.outputs = [from_dict({"output_type": "stream", "name": "stdout", "text": text})]
    return saved(notebook)
