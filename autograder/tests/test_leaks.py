"""Is every secret found wherever it is planted, and nothing else taken for one?"""

import json
import zipfile
from typing import Any

import pytest
from small_course import EXERCISES, SOURCE, make_course, the_lesson

from unrolled_grader.commands import release
from unrolled_grader.course import LessonPaths
from unrolled_grader.lesson.lesson import load_lesson
from unrolled_grader.release.build_lesson import build_lesson
from unrolled_grader.release.generate import release_lesson
from unrolled_grader.release.leaks import leaks, leaks_of_bundle, leaks_of_release
from unrolled_grader.release.secret_texts import Secret, secrets_of

# each is a whole secret of the small lesson, or a line of it that gives it away
PLANTED = {
    "the answer of double_and_shift": "doubled = helper(x) * 2.0\nreturn doubled + shift * np.ones_like(x)",
    "hidden tests in test_debug_mean": "assert double_and_shift(np.zeros(1), 0.5)[0] == 0.5",
    "the known mistake 'no_shift' of double_and_shift": (
        "scratch = np.asarray(x).copy()\n    return scratch + scratch + np.zeros_like(x) * shift"
    ),
    "another right answer of double_and_shift": 'np.einsum("...i,j->...i", x, np.full(1, 2.0)) + shift',
    "the answer of debug_mean": "return total / len(x) + 0.0 * total.sum()",
    "the answer of written_why": "Because the caller's own array would change under its feet.",
}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> LessonPaths:
    paths = the_lesson(make_course(tmp_path_factory.mktemp("course")))
    build_lesson(paths)
    release_lesson(paths)
    return paths


@pytest.fixture
def secrets(paths: LessonPaths) -> list[Secret]:
    return secrets_of(load_lesson(paths.folder))


def notebook(source: str, lesson: str = "11_double", **metadata: Any) -> tuple[str, bytes]:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]},
        {"cell_type": "code", "metadata": metadata, "outputs": [], "source": source.splitlines(keepends=True)},
    ]
    return f"notebooks/{lesson}/{lesson}.ipynb", json.dumps({"cells": cells, "metadata": {}}).encode()


def test_a_proper_release_leaks_nothing(paths):
    assert leaks_of_release(paths) == []


@pytest.mark.parametrize("what", PLANTED)
def test_a_secret_planted_in_a_cell_is_found_by_file_and_cell(secrets, what):
    found = leaks([notebook("x = 1\n" + PLANTED[what])], secrets)
    assert len(found) == 1
    assert found[0].startswith("notebooks/11_double/11_double.ipynb, cell 2: shows " + what)
    assert "Take it out of the source" in found[0]


@pytest.mark.parametrize("what", PLANTED)
@pytest.mark.parametrize("name", ["notebooks/11_double/notes.md", "utils/unrolled/helpers.py", "README.md"])
def test_a_secret_planted_in_any_file_is_found(secrets, what, name):
    (found,) = leaks([(name, PLANTED[what].encode())], secrets)
    assert found.startswith(f"{name}: shows {what} of lesson 11_double")


@pytest.mark.parametrize("what", PLANTED)
def test_a_secret_planted_in_the_check_table_is_found(secrets, what):
    table = json.dumps({"value": ["dict", [["note", PLANTED[what]]]], "buffers": []})
    assert len(leaks([("notebooks/11_double/checks.json", table.encode())], secrets)) == 1


def test_a_secret_in_an_output_or_in_metadata_is_found(secrets):
    name, content = notebook("x = 1", note=PLANTED["the answer of double_and_shift"])
    assert len(leaks([(name, content)], secrets)) == 1
    tree = json.loads(content)
    tree["cells"][1]["metadata"] = {}
    tree["cells"][1]["outputs"] = [{"text": PLANTED["hidden tests in test_debug_mean"].splitlines(keepends=True)}]
    assert len(leaks([(name, json.dumps(tree).encode())], secrets)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "# a shift that is not whole gets lost",  # what a hidden test says when it fails
        "# a copy first: the caller still needs x",  # a comment of the answer
        "return (helper( x )*2.0 +\n        shift * np.ones_like(x))\n#doubled+shift*np.ones_like(x)",
        "y = doubled + shift*np.ones_like(x)",
        "assert double_and_shift( np.zeros(1), 0.5 )[0]==0.5, 'why'",
    ],
)
def test_another_layout_or_a_part_of_it_is_found_too(secrets, text):
    assert len(leaks([notebook(text)], secrets)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "x = np.arange(3.0)\ny = 2.0 * x\nreturn y",
        "def double_and_shift(x, shift):\n    # YOUR CODE HERE\n    raise NotImplementedError()",
        "total = np.zeros_like(x[0])\nfor row in x:\n    total = total + row\nreturn total / x.shape[1]",
        "What is the second argument for?",
        "from unrolled_grader.exercises import Case, Exercise, Property",
        "return helper(x)",
    ],
)
def test_what_students_may_see_is_no_leak(secrets, text):
    assert leaks([notebook(text)], secrets) == []


def test_a_marker_left_in_a_notebook_is_found(secrets):
    (found,) = leaks([notebook("### BEGIN SOLUTION\nx = 1")], secrets)
    assert "cell 2: holds 'BEGIN SOLUTION'" in found


def test_a_later_lesson_may_show_an_earlier_answer_only_where_it_says_so(secrets):
    answer = PLANTED["the answer of double_and_shift"]
    (found,) = leaks([notebook(answer, "12_later")], secrets)
    assert 'tags=["reveals-double_and_shift"]' in found
    assert leaks([notebook(answer, "12_later", tags=["reveals-double_and_shift"])], secrets) == []
    assert len(leaks([notebook(answer, "12_later", tags=["reveals-debug_mean"])], secrets)) == 1


def test_a_lesson_cannot_excuse_its_own_answers(secrets):
    answer = PLANTED["the answer of double_and_shift"]
    (found,) = leaks([notebook(answer, "11_double", tags=["reveals-double_and_shift"])], secrets)
    assert "reveals" not in found.split("Take it out")[1]


def test_the_known_mistake_of_a_class_is_a_secret_too(tmp_path):
    more = EXERCISES + (
        '\n\n@double_and_shift.mistake("a_class", hint="A function was asked for.")\nclass Doubler:\n'
        "    def __call__(self, x, shift):\n        return np.multiply(x, np.array(2.0)).clip(-100.0, 100.0) + shift\n"
    )
    paths = the_lesson(make_course(tmp_path, n11_double=(SOURCE, more)))
    text = "y = np.multiply(x, np.array(2.0)).clip(-100.0, 100.0) + shift"
    (found,) = leaks([notebook(text)], secrets_of(load_lesson(paths.folder)))
    assert "'a_class'" in found


@pytest.mark.parametrize(
    "name", ["unrolled/utils/unrolled/plots.py", "unrolled/datasets/notes.txt", "unrolled/README.md"]
)
def test_a_bundle_is_searched_file_by_file(paths, tmp_path, name):
    bundle = tmp_path / "students.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("unrolled/Makefile", "lab:\n")
        archive.writestr(name, PLANTED["another right answer of double_and_shift"])
    (found,) = leaks_of_bundle(bundle, [paths])
    assert found.startswith(f"students.zip: {name}: shows another right answer")


def test_the_release_verb_fails_where_the_source_itself_shows_an_answer(tmp_path, monkeypatch, capsys):
    careless = SOURCE.replace("print(double", "doubled = 2.0\nprint(doubled + shift * np.ones_like(x))\nprint(double")
    root = make_course(tmp_path, n11_double=(careless, EXERCISES))
    monkeypatch.chdir(root)
    assert release.run([]) == 1
    assert "11_double.ipynb, cell 8: shows the answer of double_and_shift" in capsys.readouterr().err


LONG_LINE = "total = first_long_name_of_a_thing * second_long_name_of_a_thing"


def test_one_common_statement_in_another_lesson_is_no_leak_and_half_of_the_secret_is():
    pieces = (LONG_LINE.replace(" ", "")[6:], "a" * 30 + "(1)+2", "b" * 30 + "(3)+4")
    secret = Secret("the answer of f", "02_vanilla_rnn", "f", pieces)
    assert leaks([notebook(LONG_LINE, "02_vanilla_rnn")], [secret])
    assert leaks([notebook(LONG_LINE, "03_sequence_shapes")], [secret]) == []
    assert leaks([notebook(LONG_LINE + "\n" + pieces[1], "03_sequence_shapes")], [secret])


def test_a_check_table_may_show_what_a_cell_of_its_lesson_says_that_it_reveals(secrets):
    answer = PLANTED["the answer of double_and_shift"]
    table = ("notebooks/12_later/checks.json", json.dumps({"value": answer}).encode())
    tagged = notebook("x = 1", "12_later", tags=["reveals-double_and_shift"])
    assert leaks([tagged, table], secrets) == []
    assert len(leaks([notebook("x = 1", "12_later"), table], secrets)) == 1
