"""Does the reader take legal lessons as they are meant, and refuse the others with place and remedy?"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_course import SOURCE

from unrolled_grader.lesson_source.cell import Cell, LessonSourceError
from unrolled_grader.lesson_source.source import (
    cells_of,
    read_lesson_source,
    split,
    write_lesson_source,
)

ANSWER = '# %% role="answer" id="f"\ndef f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n\n'
TEST = '# %% role="test" id="test_f" points=4\ncheck(f)\n\n'


def read(tmp_path: Path, text: str) -> list[Cell]:
    path = tmp_path / "12_lesson.py"
    path.write_text(text)
    return read_lesson_source(path)


def fault_of(tmp_path: Path, text: str) -> str:
    with pytest.raises(LessonSourceError) as caught:
        read(tmp_path, text)
    return str(caught.value)


def test_every_role_is_read_with_its_id_points_and_line(tmp_path):
    cells = read(tmp_path, SOURCE)
    roles = [cell.role for cell in cells]
    assert roles == [None, "given", "given", "answer", "test", "debug", "test", "demo", "written", None]
    test = cells[4]
    assert (test.kind, test.id, test.points) == ("code", "test_double_and_shift", 4)
    assert cells[8].kind == "markdown" and cells[8].points == 3 and cells[6].points == 2.5
    assert cells[7].metadata == {"tags": ["hide-input"]}
    lines = SOURCE.splitlines()
    assert all(lines[cell.line - 1].startswith("# %%") for cell in cells)


def test_a_comment_that_looks_like_a_shell_command_stays_a_comment(tmp_path):
    cells = read(tmp_path, '# %% role="given"\n# copy the state\n# ls of things\nx = 1\n# %timeit x\n')
    assert cells[0].source == "# copy the state\n# ls of things\nx = 1\n# %timeit x"


def test_a_yaml_header_is_not_a_cell(tmp_path):
    header = "# ---\n# jupyter:\n#   jupytext:\n#     formats: py:percent\n# ---\n\n"
    cells = read(tmp_path, header + ANSWER + TEST)
    assert [cell.id for cell in cells] == ["f", "test_f"] and cells[0].line == 7


def test_a_marker_inside_a_string_does_not_begin_a_cell(tmp_path):
    cells = read(tmp_path, '# %%\nx = """\n# %%\n"""\n')
    assert len(cells) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ANSWER + TEST.replace(" points=4", ""), ["cell 2 (line 7)", "without points", "points=4"]),
        (ANSWER + TEST.replace("points=4", "points=0"), ["cell 2", "not a number above 0"]),
        (ANSWER + TEST.replace("points=4", "point=4"), ["cell 2", "not understood", "point"]),
        (ANSWER + TEST + TEST, ["cell 3", "'test_f' is used before", "rename"]),
        (ANSWER.replace("### BEGIN", "#").replace("### END", "#") + TEST, ["cell 1", "without solution", "between"]),
        (ANSWER.replace("    ### END SOLUTION\n", "") + TEST, ["cell 1", "do not pair up"]),
        (ANSWER.replace(' id="f"', "") + TEST, ["cell 1", 'role "answer" without id', 'id="rnn_step"']),
        (ANSWER.replace('"f"', '"f-1"') + TEST, ["cell 1", "'f-1'", "not a Python name"]),
        (ANSWER, ["cell 1", "has no test after it", 'id="test_f"']),
        (TEST, ["cell 1", "no answer 'f' before it", 'role="answer" id="f"']),
        (TEST + ANSWER, ["cell 1", "Move the test behind it"]),
        ('# %% role="anwser" id="f"\n', ["cell 1", "no role 'anwser'", "given, demo, answer"]),
        ("# %% role=answer\n", ["cell 1", "not understood"]),
        ("# %% Some title\n", ["cell 1", "not understood", "title"]),
        ("# %% [raw]\n# x\n", ["cell 1", "raw cell"]),
        ("import numpy\n\n# %%\n", ["cell 1 (line 1)", "text before the first cell"]),
        ("# %%\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n", ["cell 1", "outside a cell of role test"]),
        ("# %% [markdown]\n# write between BEGIN SOLUTION and END SOLUTION\n", ["outside a cell of role answer"]),
        (ANSWER + TEST + "### BEGIN HIDDEN TESTS\n", ["cell 2", "do not pair up"]),
        ('# %% role="given" points=2\nx = 1\n', ["cell 1", "points on role"]),
        ('# %% id="x"\nx = 1\n', ["cell 1", "without role", "Remove the id"]),
        ('# %% role="given" id="given-003"\nx = 1\n', ["cell 1", "kept for cells without a name"]),
        ('# %% role="given" id="my data"\nx = 1\n', ["cell 1", "letters, digits"]),
        ('# %% [markdown] role="given"\n# x\n', ["cell 1", "markdown cell"]),
        ('# %% role="written" id="written_x" points=1\nx = 1\n', ["cell 1", "[markdown]"]),
        ('# %% [markdown] role="written" id="x" points=1\n# x\n', ["cell 1", 'Begin it with "written_"']),
        (ANSWER + TEST.replace("points=4", 'points=4 tags=["skip-execution"]'), ["cell 2", "tags", "Remove"]),
        ("# %%\n%timeit 1\n", ["cell 1", "line 1 of the cell is not Python"]),
    ],
)
def test_what_makes_no_sense_is_refused_by_place_and_remedy(tmp_path, text, said):
    message = fault_of(tmp_path, text)
    assert message.startswith("12_lesson.py, cell ")
    for words in said:
        assert words in message


def test_all_faults_are_told_at_once(tmp_path):
    message = fault_of(tmp_path, '# %% role="test" id="test_a"\n1\n\n# %% role="given" points=1\nx = 1\n')
    assert len(message.splitlines()) == 3  # no points, no answer, points where none belong


def test_a_missing_lesson_says_where_it_should_be(tmp_path):
    with pytest.raises(LessonSourceError, match=r"solutions/LESSON/LESSON.py"):
        read_lesson_source(tmp_path / "nothing.py")


def test_the_text_is_the_sum_of_its_pieces():
    front, chunks = split("# ---\n# a: 1\n# ---\n\n\n" + SOURCE)
    assert front + "".join(chunks) == "# ---\n# a: 1\n# ---\n\n\n" + SOURCE


def test_unchanged_cells_keep_their_text_to_the_letter_when_one_changes():
    odd = SOURCE.replace("# %% [markdown] role", "\n\n\n# %% [markdown] role")  # more blank lines than any style wants
    cells = cells_of(odd, Path("odd.py"))
    cells[2] = Cell("code", "numbers = np.arange(5.0)", "given", "data")
    assert write_lesson_source(cells, like=odd) == odd.replace("arange(4.0)", "arange(5.0)")


# no cell markers and quotes: adopt reads back what it wrote, and refuses a cell that came out otherwise
sources = st.text(alphabet=st.sampled_from(list("abc #\n\\=1[]")), max_size=30).map(str.strip)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["code", "markdown"]), sources), max_size=4))
def test_what_is_written_is_read_back(parts):
    cells = [Cell(kind, source) for kind, source in parts]
    again = cells_of(write_lesson_source(cells), Path("made.py"))
    assert [(c.kind, c.source) for c in again] == [(c.kind, c.source) for c in cells]
