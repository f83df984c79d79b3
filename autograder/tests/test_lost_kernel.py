"""Is what a kernel accepts accepted, and what a check accepts graded? Magics, screens, loops, names, time, files."""

import time
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from class_run import grade, in_this_process
from grade_course import LESSON, NAME, make_course
from handed_in_examples import SCREENS, with_cell
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from traitlets.config import Config

from unrolled_grader.class_run.execute_confined import without_effect
from unrolled_grader.confine import CellError, CellResult, StudentProcess
from unrolled_grader.grading import plain_test
from unrolled_grader.grading.assignment import CourseCell
from unrolled_grader.grading.match_cells import defines
from unrolled_grader.grading.needed_cells import needed
from unrolled_grader.grading.notebook_file import new_cell
from unrolled_grader.grading.session import StudentSession
from unrolled_grader.nbgrader_plugin.feedback import _is_right

CLEAR = "clear_output(wait=True)"
OURS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LINES = (
    "%autosave 60", "%store -r", "x = 3\n%store x", "%store", "%connect_info", "%qtconsole", "%matplotlib", "%gui qt",
    "%history", "%who", "%time 1 + 1", "%timeit -n1 -r1 1", "%pip install torch", "!pip install torch", "len?",
    "%config InlineBackend.figure_format = 'svg'", "%load_ext storemagic", "%load_ext autoreload", "%pinfo len",
    "await __import__('asyncio').sleep(0)", "import asyncio\nasyncio.get_running_loop()", "%edit", "%clear", "%pdb on",
    "%%capture\nprint(1)", "%%bash\necho 1", "%%html\n<b>", "%%javascript\nalert(1)", "%conda install x",
    "%xmode Plain", "%%writefile a.py\n1", "open('a.py', 'w').close()\n%less a.py",
)  # fmt: skip


@pytest.mark.parametrize("line", (*LINES, *SCREENS))
def test_a_line_that_a_kernel_accepts_is_accepted(student: StudentProcess, line: str) -> None:
    result = student.run_cell(line)
    assert result.error is None, result.error


def test_figures_are_in_the_page_whatever_window_was_asked_for(student):
    for line in SCREENS:
        shown = student.run_cell(f"{line}\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()").outputs
        assert any("image/png" in output.get("data", {}) for output in shown), line


@pytest.mark.parametrize(
    ("line", "ran"), [("%rerun", 2), ("%rerun -l 2", 2), ("%rerun -g count", 2), ("%rerun 2", 2), ("%rerun -l 1", 2)]
)
def test_what_ran_is_run_again(student, line, ran):
    for source in ("count = 0", "count += 1"):
        student.run_cell(source)
    assert student.run_cell(line).error is None
    found = student.run_cell("print(count)").outputs[0]["text"]
    assert found == f"{1 if line.endswith('2') and '-l' in line else ran}\n"


CONTEXT = {
    "import decimal\ndecimal.getcontext().prec = 5": "decimal.getcontext().prec == 5",
    "import numpy as np\nnp.set_printoptions(precision=2)": "str(np.array([1.234])) == '[1.23]'",
    "import numpy as np\nold = np.seterr(all='raise')": "np.geterr()['divide'] == 'raise'",
    "from contextvars import ContextVar\nv = ContextVar('v')\ntoken = v.set(3)": "v.get() == 3",
}


@pytest.mark.parametrize("sets", CONTEXT)
def test_what_a_cell_sets_in_its_context_the_next_one_finds(student, sets):
    student.run_cell(sets)
    result = student.run_cell(f"assert {CONTEXT[sets]}")
    assert result.error is None, result.error


MUCH = ("for i in range(230): display(i)", "print('x' * 250_000)", "for i in range(120): print(i); display(i)")


@pytest.mark.parametrize("much", MUCH)
@pytest.mark.parametrize(
    ("then", "points"),
    [("", 2), ("0.5", 0.5), ("import sys; print('e', file=sys.stderr)", 0), ("assert False", 0)],
)
def test_what_decides_about_points_is_kept_however_much_is_shown(student, much, then, points):
    test = CourseCell("code", "test", "test_f", f"{much}\n{then}", f"{much}\n{then}", 2.0)
    assert plain_test.result_of(test, student.run_cell(test.source), False, {}).points == points


@pytest.mark.parametrize(("more", "points"), [("", 0), ("print('more')", 2)])
def test_outputs_that_are_to_be_cleared_when_more_comes_stay_where_none_comes(student, more, points):
    source = f"import sys\nfrom IPython.display import clear_output\nprint(1, file=sys.stderr)\n{CLEAR}\n{more}"
    test = CourseCell("code", "test", "test_f", source, source, 2.0)
    assert plain_test.result_of(test, student.run_cell(source), False, {}).points == points


def test_a_back_end_that_draws_into_files_keeps_its_figures_from_cell_to_cell(student):
    student.run_cell("%matplotlib agg\nimport matplotlib.pyplot as plt\nplt.plot([1])")
    assert student.run_cell("assert plt.get_fignums() == [1]").error is None
    student.run_cell("%matplotlib inline\nplt.close('all')\nplt.plot([1])")
    assert student.run_cell("assert plt.get_fignums() == []").error is None


@pytest.mark.parametrize(
    "line", ["%save -f made 1", "%notebook made.ipynb", "%logstart -q made.py", "%history -f made"]
)
def test_a_magic_that_writes_a_file_writes_it(student, line):
    student.run_cell("x = 1")
    student.run_cell(line)
    assert student.run_cell("import glob; assert glob.glob('made*')").error is None


@pytest.mark.parametrize("call", ["input()", "__import__('getpass').getpass()"])
def test_a_question_raises_what_a_kernel_raises_and_is_told_for_what_it_is(student, call):
    result = student.run_cell(f"try: {call}\nexcept NotImplementedError as error: kind = type(error).__name__")
    assert result.error is None and student.fetch("kind") == "StdinNotImplementedError"
    error = student.run_cell(call).error
    assert error is not None and error.why != "not written" and "while a notebook is graded" in error.message


def test_a_kernel_knows_its_shell_and_a_name_that_is_not_there_cannot_be_stored(student):
    assert student.run_cell("x = 1\nassert get_ipython().kernel.shell.user_ns['x'] == 1").error is None
    assert student.run_cell("%store no_such_name").error is not None


@pytest.mark.parametrize("call", ["breakpoint()", "import pdb; pdb.set_trace()", "from IPython import embed; embed()"])
def test_what_waits_for_a_keyboard_is_told_as_such(student, call):
    error = student.run_cell(call).error
    assert error is not None and "breakpoint() waits for someone at a keyboard" in error.message


def test_tasks_go_on_between_cells_and_calls_have_a_running_loop(student):
    student.run_cell(
        "import asyncio\ndone = []\nasync def later():\n    await asyncio.sleep(0.01)\n    done.append(1)\n"
        "task = asyncio.create_task(later())\ndef f():\n    return asyncio.get_running_loop().is_running()"
    )
    student.run_cell("first = list(done)")
    assert student.fetch("first") == [1]
    assert student.call(student.fetch("f"), (), {}).value is True


@OURS
@given(st.text(alphabet="abcäöüéñßα", min_size=1, max_size=8))
def test_two_spellings_of_a_name_are_one_name(name):
    forms = [unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    for one in forms:
        for other in forms:
            assert defines(f"def {one}(x):\n    return x", other)
            assert defines(f"def {one}(x):\n    return x +", other), "also in code with a mistake"


# --- names that only a skipped cell defines ----------------------------------------------------------------


def notebook(*cells: tuple[str, str]) -> list[Any]:
    return [new_cell("code", text, f"c{at}", {"unrolled": {"role": role}}) for at, (role, text) in enumerate(cells)]


NAMES = st.sampled_from(["SCALE", "helper", "np2", "größe"])
DEFINES = st.sampled_from(
    ["{0} = 2.0", "import math as {0}", "def {0}(x):\n    return x", "for {0} in range(3):\n    pass", "%time\n{0} = 1",
     "with open('x') as {0}:\n    pass", "({0}, other) = 1, 2", "class {0}:\n    pass"]
)  # fmt: skip
USES = st.sampled_from(
    ["def f(x):\n    return x * {0}", "y = {0}", "%autosave 1\ndef f(x):\n    return [{0} for i in x]",
     "def f(x):\n    def g():\n        return {0}\n    return g", "def f(x, y={0}):\n    return x", "f = lambda x: {0}"]
)  # fmt: skip
KEEPS = st.sampled_from(
    ["def f({0}):\n    return {0}", "def f(x):\n    {0} = 1\n    return {0}", "# {0}\nf = 1", "f = '{0}'"]
)


@OURS
@given(NAMES, DEFINES, USES)
def test_a_skipped_cell_runs_where_only_it_defines_what_an_answer_uses(name, define, use):
    cells = notebook(("given", "import numpy"), ("demo", define.format(name)), ("answer", use.format(name)))
    assert needed(cells, [1]) == {1: [name]}
    there = notebook(("demo", define.format(name)), ("given", f"{name} = 1"), ("answer", use.format(name)))
    assert needed(there, [0]) == {}, "another cell has it"
    anew = notebook(("given", f"{name} = 1"), ("demo", define.format(name)), ("answer", use.format(name)))
    assert needed(anew, [1]) == ({} if "import" in define else {1: [name]}), "with another value"
    through = notebook(
        ("demo", define.format(name)), ("student", f"mine = {name}"), ("answer", "def f():\n    return mine")
    )
    assert needed(through, [0]) == {0: [name]}
    play = notebook(("demo", define.format(name)), ("answer", "def f():\n    return 1"), ("student", f"print({name})"))
    assert needed(play, [0]) == {}, "play that no answer needs"


@OURS
@given(NAMES, DEFINES, KEEPS)
def test_a_skipped_cell_does_not_run_for_a_name_that_is_the_answers_own(name, define, keep):
    assert needed(notebook(("demo", define.format(name)), ("answer", keep.format(name))), [0]) == {}


GIVENS = "import numpy as np\nimport helper\nOPTIONS = {'k': [1]}\nlimits = [1]\nthing = helper.Thing()"
CHANGES = st.sampled_from(
    ["{0}['k'] = 3", "{0}['k'] += 1", "del {0}['k']", "{0}.update(k=3)", "{0}['k'].append(3)", "{0}.append(1)",
     "{0}.rate = 3", "setattr({0}, 'rate', 3)", "for i in range(3):\n    {0}[i] = i", "if True:\n    {0}.extend([1])",
     "{0}['a']['b'] = 1", "{0}[0], x = 1, 2", "with open('x') as {0}.file:\n    pass", "{0} += [1]", "{0} = {0} + [1]"]
)  # fmt: skip


@OURS
@given(st.sampled_from(["OPTIONS", "limits", "thing"]), CHANGES, USES)
def test_a_skipped_cell_runs_where_it_changes_what_an_answer_uses(name, change, use):
    cells = notebook(("given", GIVENS), ("demo", change.format(name)), ("answer", use.format(name)))
    assert needed(cells, [1]) == {1: [name]}
    other = notebook(("given", GIVENS), ("demo", change.format(name)), ("answer", "def f(x):\n    return np.sum(x)"))
    assert needed(other, [1]) == {}
    own = notebook(("given", GIVENS), ("demo", f"mine = []\n{change.format('mine')}"), ("answer", use.format(name)))
    assert needed(own, [1]) == {}


@pytest.mark.parametrize(("change", "use", "runs"), [
    ("np.x = 3", "def f():\n    return np.x", True), ("np.x = 3", "def f():\n    return np.ones(2)", False),
    ("helper.TABLE['k'] = 1", "def f():\n    return helper.TABLE['k']", True),
    ("np.random.seed(1)", "def f():\n    return np.ones(2)", False),
    ("from helper import *", "def f(x):\n    return three_times(x)", True),
    ("from helper import *", "def f(x):\n    return np.sum(x)", False),
    ("%run helper.py", "def f(x):\n    return three_times(x)", True),
    ("exec(open('helper.py').read())", "y = three_times", True),
    ("def g():\n    out = {}\n    out['k'] = OPTIONS\ng()", "def f():\n    return OPTIONS", False),
    ("fig.axes[0].set_title('x')", "def f():\n    return OPTIONS", False),
])  # fmt: skip
def test_a_skipped_cell_that_changes_a_module_or_brings_names(change, use, runs):
    cells = notebook(("given", GIVENS), ("demo", change), ("answer", use))
    assert bool(needed(cells, [1])) == runs


FILES = st.sampled_from(["factor.txt", "out/table.npy", "./mine.csv", "a-b.json", "with blanks.txt"])
WRITERS = st.sampled_from(
    ["with open('{0}', 'w') as f:\n    f.write('3')", "np.save('{0}', np.ones(3))", "Path('{0}').write_text('3')",
     "frame.to_csv('{0}')", "!echo 3 > x\nnp.savetxt('{0}', [3])", "import shutil\nshutil.copy('x', '{0}')"]
)  # fmt: skip
READERS = st.sampled_from(["K = open('{0}').read()", "def f():\n    return np.load('{0}')", "%time\nx = Path('./{0}')"])


@OURS
@given(FILES, WRITERS, READERS)
def test_a_skipped_cell_runs_where_it_writes_a_file_that_an_answer_names(name, write, reads):
    plain = name.removeprefix("./")
    cells = notebook(("given", "import numpy as np"), ("demo", write.format(name)), ("answer", reads.format(plain)))
    assert list(needed(cells, [1])) == [1] and plain in needed(cells, [1])[1]
    other = notebook(("demo", write.format(name)), ("answer", reads.format("other.bin")))
    assert needed(other, [0]) == {}
    only_reads = notebook(("demo", f"print(open('{name}').read())"), ("answer", reads.format(plain)))
    assert needed(only_reads, [0]) == {}


@pytest.mark.parametrize("make", ["os.makedirs('out', exist_ok=True)", "Path('out').mkdir()", "os.mkdir('out')"])
def test_a_skipped_cell_runs_where_it_makes_the_folder_that_an_answer_writes_into(make):
    assert needed(notebook(("demo", make), ("answer", "np.save('out/mine.npy', 3)")), [0]) == {0: ["out"]}
    assert needed(notebook(("demo", make), ("answer", "x = 'out'\nprint('utf-8')")), [0]) == {}


@pytest.mark.parametrize("define", [
    "match 1:\n    case {0}:\n        pass", "def f():\n    global {0}\n    {0} = 1\nf()",
    "match []:\n    case [*{0}]:\n        pass", "match {{}}:\n    case {{**{0}}}:\n        pass"])  # fmt: skip
def test_a_skipped_cell_defines_a_name_in_any_way(define):
    cells = notebook(("demo", define.format("mine")), ("answer", "def g(x):\n    return mine"))
    assert needed(cells, [0]) == {0: ["mine"]}


@pytest.mark.parametrize("use", ["globals()['mine']", "eval('mine')", "__import__('__main__').mine",
    "get_ipython().user_ns['mine']", "%time y = mine", "%time print(mine)", "%timeit -n1 mine",
    "help?\nnp.mean??\ny = mine", "t = %timeit -o 1\ny = mine", "names = !ls\ny = mine"])  # fmt: skip
def test_an_answer_uses_a_name_in_any_way(use):
    assert needed(notebook(("demo", "mine = 1"), ("answer", use)), [0]) == {0: ["mine"]}
    if "y = " in use:
        through = notebook(("demo", "mine = 1"), ("student", use), ("answer", "def g():\n    return y"))
        assert needed(through, [0]) == {0: ["mine"]}


def test_only_the_names_that_an_answer_uses_are_told():
    demo = "def _set():\n    return 1\n\n\nmine = _set()"
    assert needed(notebook(("demo", demo), ("answer", "y = mine")), [0]) == {0: ["mine"]}


@pytest.mark.parametrize("long", ["\n", " ", "a,", "%", "a? ", " ="])
def test_code_of_any_length_is_read_in_its_time(long):
    begun = time.process_time()
    needed(notebook(("demo", "mine = 1"), ("answer", f"mine\n{long * 200_000}b")), [0])
    assert time.process_time() - begun < 10


# --- time, files of several notebooks, small things -----------------------------------------------------------


def test_own_cells_that_run_long_cost_the_play_and_not_the_answers_behind_them(tmp_path, monkeypatch, template):
    course = make_course(tmp_path / "course", LESSON)
    limits = replace(template.limits, cell_seconds=0.5, notebook_seconds=8)
    monkeypatch.setattr(template, "limits", limits)
    work = course.solved()
    for _ in range(9):
        work = with_cell(work, "code", "while True:\n    pass")
        work.cells.insert(2, work.cells.pop(next(i for i, one in enumerate(work.cells) if one["id"] == "mine")))
    course.submit("ann", work)
    in_this_process(monkeypatch, template)
    grade(course)
    found = course.outcome("ann")
    assert (found.status, found.points) == ("flagged", 8), found.reasons


def test_cells_that_end_the_process_in_play_leave_the_answers_their_restarts(template):
    with StudentSession(template, {}) as session:
        for _ in range(9):
            try:
                session.play("import os\nos._exit(0)")
            except RuntimeError:
                continue
        session.run_cell("x = 1")
        assert session.fetch("x") == 1


def test_what_one_notebook_deletes_is_not_there_for_the_next(template):
    from unrolled_grader.grading.grade_submission import _left

    with StudentSession(template, {"a.txt": b"1", "b.txt": b"2", ".hidden": b"3"}) as session:
        session.run_cell(
            "import os\nos.remove('a.txt')\nopen('c.txt', 'w').write('new')\nopen('d.bin', 'wb').write(b'x' * 99)"
        )
        left = session.folder(50)
    assert left is not None
    files, over = _left({"a.txt": b"1", "b.txt": b"2", ".hidden": b"3"}, left)
    assert (files, over) == ({"b.txt": b"2", ".hidden": b"3", "c.txt": b"new"}, ["d.bin"])


@pytest.mark.parametrize("kind", ["AssertionError", "NotImplementedError", "NameError", "Anything"])
def test_the_name_of_an_exceptions_class_decides_nothing(kind):
    cell = CourseCell("code", "test", "t", "assert f()", "assert f()", 2.0)

    def message(**about: Any) -> str:
        error = CellError(kind, "name 'f' is not defined", 1, **about)
        return plain_test.result_of(cell, CellResult([], error), False, {"f": "its cell was deleted"}).message

    assert message() == f"The test stopped, at 'assert f()': {kind}: name 'f' is not defined"
    assert message(why="assertion") == "This test failed: name 'f' is not defined"
    assert message(why="not written").startswith("Not written yet")
    assert message(why="undefined", name="f") == "f is not defined: its cell was deleted."


def test_a_class_called_like_another_is_told_by_what_it_is(student):
    error = student.run_cell("class NotImplementedError(Exception):\n    pass\nraise NotImplementedError('x')").error
    assert error is not None and (error.kind, error.why) == ("NotImplementedError", "")
    assert student.run_cell("assert False").error.why == "assertion"
    assert student.run_cell("undefined_name").error.name == "undefined_name"


def test_a_bonus_test_that_fails_is_not_all_right():
    cell = CourseCell("code", "test", "bonus", "assert False", "assert False", 0.0)
    failed = plain_test.result_of(cell, CellResult([], CellError("AssertionError", "", 1, why="assertion")), False, {})
    assert not failed.passed and "All tests pass" not in failed.message
    assert plain_test.result_of(cell, CellResult([], None), False, {}).passed
    assert not _is_right(0.0, 0.0, {"missed": ["tests"]}) and _is_right(0.0, 0.0, {"missed": []})


def test_settings_of_a_course_that_have_no_effect_are_told(tmp_path, monkeypatch, template):
    assert without_effect(Config()) == []
    course = make_course(tmp_path / "course")
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Autograde.sanitize_preprocessors = []\n")
    course.submit("ann", course.solved())
    in_this_process(monkeypatch, template)
    assert "c.Autograde.sanitize_preprocessors has no effect" in grade(course).reporter.said[0]


def test_what_lies_beside_the_students_folders_is_told(tmp_path, monkeypatch, template):
    course = make_course(tmp_path / "course")
    work = course.submit("ann", course.solved()).read_bytes()
    submitted = course.folder("ann").parents[1]
    (submitted / "bob" / NAME.upper()).mkdir(parents=True)
    (submitted / "cid").mkdir()
    (submitted / ".eve" / NAME).mkdir(parents=True)
    loose = [f"cid/{NAME}.ipynb", f"{NAME}.ipynb", "dan.ipynb"]
    for name in [*loose, "ann/notes.txt"]:
        (submitted / name).write_bytes(work)
    in_this_process(monkeypatch, template)
    ran = grade(course)
    told = [text for text in ran.reporter.said if "was not graded" in text]
    assert list(ran.students) == ["ann"] and len(told) == 5
    for name in [*loose, f"bob/{NAME.upper()}", f".eve/{NAME}"]:
        why = "begins with a dot" if name.startswith(".") else "not in the folder"
        assert any(f"submitted/{name} was" in text and why in text for text in told), name


def test_in_a_course_with_a_zone_its_own_times_are_known(tmp_path, monkeypatch, template):
    course = make_course(tmp_path / "course")
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "\nc.Exchange.timezone = 'Europe/Berlin'\n")
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as book:
        book.update_or_create_assignment(NAME, duedate="2026-10-25 00:45:00 UTC")
    times = {
        "summer": ("2026-10-25 02:30:00.000000 CEST", "graded"),
        "winter": ("2026-10-25 02:30:00.000000 CET", "late"),
        "bare": ("2026-10-25 02:30:00", "flagged"),
        "before": ("2026-10-25 01:30:00", "graded"),
        "after": ("2026-10-25 03:30:00", "late"),
        "other": ("2026-10-24 12:00:00 EDT", "flagged"),
    }
    for student, (text, _) in times.items():
        course.submit(student, course.solved())
        course.submit(student, text.encode(), "timestamp.txt")
    in_this_process(monkeypatch, template)
    grade(course)
    assert {student: course.outcome(student).status for student in times} == {
        student: status for student, (_, status) in times.items()
    }
