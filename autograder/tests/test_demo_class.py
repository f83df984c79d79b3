"""Is everybody in the made-up class, and does an expectation notice when it is not met?"""

import socket
import subprocess
import sys
import time
from typing import Any

import nbformat
import pytest
from demo_lesson import make_material

from demo import evidence, hostile
from demo.broken import CASES
from demo.expectation import Expectation
from demo.material import Material
from demo.students import HOSTILE, SLOW, Student, make_class, told_as
from demo.table import Result, fault_lines, table
from unrolled_grader.lesson.solved import graded_names, solved_notebook


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return make_material(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def students(material: Material) -> list[Student]:
    return make_class([material.lesson])


def text_of(files: Any, name: str = "77_tiny.ipynb") -> str:
    return "\n".join(cell.source for cell in nbformat.reads(files[name].decode(), as_version=4).cells)


# --- the class -------------------------------------------------------------------------------------------


def test_the_class_is_thirty_with_ten_kinds_of_broken_and_of_hostile(students):
    kinds = [student.kind for student in students]
    assert len(students) >= 30 and len({student.name for student in students}) == len(students)
    assert kinds.count("broken") == sum(case.shown for case in CASES) >= 10
    assert kinds.count("hostile") == len(HOSTILE) + len(SLOW) >= 10
    assert {"perfect", "late", "half done", "blank", "mistaken"} <= set(kinds)


def test_every_known_mistake_and_right_answer_is_somebodys(material, students):
    handed_in = "\n".join(text_of(s.hand_in(material)) for s in students if s.kind in ("perfect", "mistaken"))
    for trace in ("halved(x)", "FACTOR\n", "x.copy()", "x[::-1]", "x[:-1]", "x + x + x", "collections.Counter"):
        assert trace in handed_in, trace


def test_a_mistaken_student_loses_the_exercises_with_a_mistake_and_no_other(material, students):
    mistaken = [student for student in students if student.kind == "mistaken"]
    first, second = (student.expects(material) for student in mistaken[:2])
    assert set(first.lost) == {"scale", "scaled_total", "debug_total"}
    assert first.mistakes == {"scale": "half", "scaled_total": "last_row_forgotten", "debug_total": "wrong_axis"}
    assert second.lost == ("scale",)
    assert told_as(material, "scale", 1) == "reference_plus_one"
    assert "return scale(" not in text_of(mistaken[1].hand_in(material))  # a wrong scale costs scale only


def test_half_done_is_half(material, students):
    half = next(student for student in students if student.kind == "half done")
    text = text_of(half.hand_in(material))
    assert "np.asarray(FACTOR, x.dtype)" in text and "NotImplementedError" in text
    assert half.expects(material).lost == ("scaled_total", "debug_total")


@pytest.mark.parametrize("case", [case for case in CASES if case.shown], ids=lambda case: case.name)
def test_a_broken_notebook_is_not_the_solved_one(material, case):
    assert case.hand_in(material) != material.files(solved_notebook(material.release, material.lesson))


@pytest.mark.parametrize("act", [act for act, _ in HOSTILE + SLOW], ids=lambda act: act.__name__)
def test_a_hostile_notebook_is_python_and_holds_no_right_answer(material, act):
    text = text_of(act(material))
    names = graded_names(material.lesson)
    assert all(f"def {name}(*args" in text for name in names) and "axis=1" not in text
    for cell in nbformat.reads(act(material)["77_tiny.ipynb"].decode(), as_version=4).cells:
        if cell.cell_type == "code":
            compile(cell.source, act.__name__, "exec")


def test_an_attack_is_told_where_the_course_lies(material):
    assert repr(str(material.course)) in text_of(hostile.reads_the_course(material))


# --- expectations ----------------------------------------------------------------------------------------


def entry(status: str = "graded", **points: Any) -> dict[str, Any]:
    exercises = {
        name: {"points": got, "max_points": 2.0, "missed": [], "mistake": None, "message": "hm"}
        for name, got in points.items()
    }
    return {"status": status, "reasons": [], "exercises": exercises}


@pytest.mark.parametrize(
    ("expected", "found", "fault"),
    [
        (Expectation("", ("graded",), "all"), entry(a=2.0, b=1.0), "3 of 4 points instead of all"),
        (Expectation("", ("graded",), "all"), entry("late", a=2.0), "is late instead of graded"),
        (Expectation("", ("graded",), "none"), entry(a=0.5), "0.5 points instead of none"),
        (Expectation("", ("graded",)), entry(a=1000.0), "more than there are"),
        (Expectation("", ("graded",), lost=("a",)), entry(a=2.0, b=2.0), "a: loses nothing"),
        (Expectation("", ("graded",), lost=("a",)), entry(a=0.0, b=1.0), "b: loses points"),
        (Expectation("", ("graded",), mistakes={"a": "no_bias"}), entry(a=0.0), "told as None instead of no_bias"),
        (Expectation("", ("graded",)), None, "missing"),
        (Expectation("", ("graded",), reason="cut off"), entry(a=2.0), "does not say 'cut off'"),
    ],
)
def test_an_expectation_that_is_not_met_says_so(expected, found, fault):
    assert any(fault in text for text in expected.faults(found)), expected.faults(found)


def test_an_expectation_that_is_met_says_nothing():
    assert not Expectation("", ("graded",), "all").faults(entry(a=2.0, written_why=0.0))
    assert not Expectation("", ("flagged", "graded"), "none").faults(entry(a=0.0))
    assert not Expectation("", ("graded",), lost=("a",)).faults(entry(a=1.0, b=2.0))


def test_the_table_says_who_is_not_as_expected(students):
    results = [Result(students[0], "77_tiny", entry(a=2.0), "full points", [])]
    results.append(Result(students[1], "77_tiny", None, "full points", ["is missing in the report"]))
    lines = table(results, ["77_tiny"]).splitlines()
    assert lines[2].endswith("as expected") and "2/2" in lines[2]
    assert lines[3].endswith("NOT AS EXPECTED")
    assert len(fault_lines(results)) == 1


# --- evidence --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "runs"),
    [
        (f"<p><script>var x = 1; {hostile.MARK} = 1</script>", True),
        (f"<img src=x onerror='{hostile.MARK}'>", True),
        (f"<a href=' JavaScript:window.{hostile.MARK}'>more</a>", True),
        (f"<p>&lt;script&gt;{hostile.MARK}&lt;/script&gt;</p><script>fine()</script>", False),
    ],
)
def test_a_script_that_would_run_is_seen_and_one_that_is_only_shown_is_not(tmp_path, page, runs):
    path = tmp_path / "page.html"
    path.write_text(page)
    assert bool(evidence.live_scripts([path])) == runs


def test_a_solution_is_seen_through_the_colours_of_its_code(tmp_path, material):
    page = tmp_path / "page.html"
    page.write_text("<span>return</span> x * np.<b>asarray</b>(FACTOR, x.dtype)")
    assert evidence.solutions_told(material, [page])
    page.write_text("<span>raise</span> NotImplementedError")
    assert not evidence.solutions_told(material, [page])


def test_a_planted_file_is_seen(tmp_path):
    before = evidence.planted_files(tmp_path)
    (tmp_path / f"{hostile.MARK}.py").write_text("")
    assert len(evidence.planted_files(tmp_path)) == len(before) + 1


def test_a_process_left_behind_is_seen():

    assert not evidence.processes_left()
    with subprocess.Popen([sys.executable, "-c", "input()", hostile.MARK], stdin=subprocess.PIPE) as left:
        while not (seen := evidence.processes_left()) and left.poll() is None:
            time.sleep(0.01)  # its command line is there a moment after its start
        left.kill()
    assert seen == [f"process {left.pid}"]


def test_a_call_is_heard():

    with evidence.Listener() as listener:
        socket.create_connection(("127.0.0.1", listener.port)).close()
        deadline = time.monotonic() + 10
        while not listener.calls and time.monotonic() < deadline:
            time.sleep(0.01)
    assert listener.calls == 1
