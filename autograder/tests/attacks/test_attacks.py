"""Does any attack earn what it should not, touch another's grade, learn a secret, or stop the batch?

One class of bad students is graded in one go, confined as ever, between two honest ones. Each family below is a list of
`Attack`s in a file of its own; `python test_attacks.py` beside this file lists them.
"""

import contextlib
import csv
import io
import json
import os
import re
from pathlib import Path

import attacked_lesson
import nbformat
import pytest
from attack import Attack, code
from attacked_lesson import ALL, NOTHING, RIGHT, SECRETS, SEED, answered
from bombs import BOMBS
from evidence_of import active, has_orders, student_text
from grade_course import NAME, Course, make_course
from kernel_memory import KERNEL_MEMORY
from leaving_things import LEAVING_THINGS, MARK
from librarys_version import LIBRARYS_VERSION
from looking_around import LOOKING_AROUND
from lying_values import LYING_VALUES
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateFeedback
from notebook_files import FILES, METADATA
from other_roads import OTHER_ROADS
from pages import PAGES, TAGS
from tampering import TAMPERING
from wire import WIRE

from unrolled_grader.cli import main
from unrolled_grader.course import CONFIG

FAMILIES = {
    "values that lie": LYING_VALUES,
    "tampering": TAMPERING,
    "looking around": LOOKING_AROUND,
    "leaving things": LEAVING_THINGS,
    "bombs": BOMBS,
    "memory counted nowhere": KERNEL_MEMORY,
    "the library's version": LIBRARYS_VERSION,
    "other roads to it": OTHER_ROADS,
    "the wire": WIRE,
    "pages and terminals": PAGES,
    "metadata": METADATA,
    "files and names": FILES,
}
ATTACKS = [attack for family in FAMILIES.values() for attack in family]
# their cells are IPython's, or a page's
NO_PYTHON = (
    "page_sources",
    "road_run_line",
    "road_autocall",
    *(f"library_{n}" for n in ("run_magic", "written_magic", "hidden_by_magic", "hidden_by_help")),
)
HONEST = ("aaa", "zzz")  # graded before and after all others
TIGHT = """
c.ExecuteConfined.cell_seconds = 2
c.ExecuteConfined.memory_mib = 200
c.ExecuteConfined.output_characters = 2_000_000
"""


def student(attack: Attack) -> str:
    return attack.student or attack.name


def begun(name: str) -> str:
    """Return the last line of an attack's preparation: it tells that the attack got so far, even where it replaced
    print."""
    return f"\n__import__('os').write(1, b'BEGUN {name}\\n')"


def hand_in(course: Course, attack: Attack) -> None:
    notebook = answered(course.released, attack.sources(str(course.root)))
    if attack.before:
        source = code(attack.before).replace("ROOT", str(course.root)) + begun(attack.name)
        notebook.cells.insert(2, nbformat.v4.new_code_cell(source, id="before"))
    if attack.change:
        attack.change(notebook)
    path = course.submit(student(attack), notebook)
    for name, content in attack.files.items():
        (path.parent / name).write_bytes(content)
    if attack.handed_in:
        attack.handed_in(path.parent)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Grade the whole class in one go, with feedback; return the course."""
    root = tmp_path_factory.mktemp("attacked")
    course = make_course(root, attacked_lesson.LESSON, attacked_lesson.EXERCISES)
    seeds = course.root / "autograder/course/seeds"
    seeds.mkdir(parents=True)
    (seeds / f"{NAME}.json").write_text(json.dumps({"seed": SEED}))
    for name in HONEST:
        course.submit(name, answered(course.released, RIGHT))
    for attack in ATTACKS:
        hand_in(course, attack)
    with (course.root / CONFIG).open("a") as file:
        file.write(TIGHT)
    os.chdir(course.root)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["grade", NAME]) == 3  # some need a person
    (course.root / "said.txt").write_text(said.getvalue())
    GenerateFeedback(coursedir=course.coursedir(), config=course.config()).start()
    return course


def feedback(course: Course, name: str) -> str:
    path = course.root / "autograder/course/feedback" / name / NAME / f"{NAME}.html"
    return path.read_text(encoding="utf-8") if path.exists() else ""


# --- the batch -------------------------------------------------------------------------------------------


def test_there_are_enough_of_them_and_each_has_its_own_name():
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 80


def test_everyone_has_an_outcome(course):
    outcomes = course.root / "autograder/course/outcomes" / NAME
    assert len(list(outcomes.glob("*.json"))) == len(ATTACKS) + len(HONEST)


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_student_beside_them_has_full_points_and_nothing_to_explain(course, name):
    outcome = course.outcome(name)
    assert (outcome.points, outcome.status, outcome.reasons) == (ALL, "graded", [])
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as gradebook:
        assert gradebook.find_submission(NAME, name).score == ALL


def test_the_answers_that_attacks_hand_in_instead_earn_nothing_by_themselves(course):
    assert set(NOTHING) == set(attacked_lesson.POINTS) == set(course.outcome("aaa").exercises)


def test_nothing_was_planted_and_nothing_runs_on(course):
    assert not [path for path in course.root.rglob("*planted*") if "submitted" not in path.parts]
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            left += [process] * (MARK.encode() in (process / "cmdline").read_bytes().split(b"\0"))
        except OSError:
            continue
    assert left == []


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.name not in NO_PYTHON], ids=str)
def test_its_code_is_python(attack):
    """An attack that falls over its own indentation attacks nothing."""
    for source in (code(attack.before), *attack.sources("/course").values()):
        compile(source, attack.name, "exec") if source != RIGHT["written_why"] else None


# --- each attack -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_it_earns_what_is_honest_about_it_and_ends_with_a_reason(course, attack):
    outcome = course.outcome(student(attack))
    judged = {name: found for name, found in outcome.exercises.items() if found.kind == "judged"}
    earned = {name: (found.points, found.message) for name, found in judged.items() if found.points}
    assert sum(points for points, _ in earned.values()) == attack.earns, earned
    assert outcome.exercises.keys() - judged.keys() <= {"numbers"}
    assert outcome.status in attack.statuses, outcome.reasons
    assert attack.told in "; ".join(outcome.reasons), outcome.reasons
    assert outcome.isolation == "bubblewrap"
    with Gradebook(course.config().CourseDirectory.db_url, "unrolled") as gradebook:
        try:
            found = gradebook.find_submission(NAME, student(attack))
        except MissingEntry:
            assert outcome.status == "failed"
        else:
            assert found.score == outcome.points
            assert outcome.status != "failed" or found.needs_manual_grade


@pytest.mark.parametrize("attack", [attack for attack in ATTACKS if attack.never], ids=str)
def test_it_never_says_that_it_has_got_what_it_wants(course, attack):
    assert attack.never not in student_text(course.autograded(student(attack)))


UNMARKED = ("page_sources", "becomes_a_template")  # what these print is not shown: two processes print in the second


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.before and a.name not in UNMARKED], ids=str)
def test_its_preparation_got_through(course, attack):
    """An attack that could not begin proves nothing: one that falls over its own imports is a fault of the suite. One
    whose own cell is ended, by the trusted side or by itself, has got that far; any other says how it stops."""
    shown = student_text(course.autograded(student(attack)))
    ended = ("The student's code was ended", "stopped after", *([attack.stops] if attack.stops else []))
    assert f"BEGUN {attack.name}" in shown or any(text in shown for text in ended), shown[:1000]


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_no_secret_is_in_anything_it_gets_back(course, attack):
    """Hidden tests, seed, reference and known mistakes: neither in its feedback nor in what its own code printed."""
    page, printed = feedback(course, student(attack)), student_text(course.autograded(student(attack)))
    assert bool(page) == (course.outcome(student(attack)).status != "failed")
    for secret in SECRETS:
        if secret != "diary of aaa" or not attack.honest:
            assert secret not in printed, secret
            assert secret not in page, secret


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_its_page_runs_nothing_but_nbgraders_own_scripts(course, attack):
    page = feedback(course, student(attack))
    if page:
        assert active(page) == active(feedback(course, "aaa"))


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_no_text_of_it_orders_a_terminal_about(course, attack):
    outcome = course.outcome(student(attack))
    texts = [*outcome.reasons, *(e.message for e in outcome.exercises.values())]
    assert not has_orders("\n".join(texts))
    assert not has_orders(student_text(course.autograded(student(attack))))


# --- all together ----------------------------------------------------------------------------------------


def test_the_report_is_plain_text_and_its_table_holds_no_formula(course, capsys, tmp_path):
    assert main(["report", NAME, "--csv", str(tmp_path / "points.csv"), "--json", str(tmp_path / "report.json")]) == 0
    assert not has_orders(capsys.readouterr().out)
    assert not has_orders((course.root / "said.txt").read_text())
    table = (tmp_path / "points.csv").read_text()
    others = [row[1:] for row in csv.reader(table.splitlines())]  # ids stand there as the gradebook has them
    assert not has_orders(table) and not [cell for row in others for cell in row if re.match(r"[=+@-](?!\d)", cell)]
    assert len(json.loads((tmp_path / "report.json").read_text())["students"]) == len(ATTACKS) + len(HONEST)


def test_what_a_student_handed_in_is_still_what_it_was(course):
    for name in HONEST:
        handed_in = nbformat.read(course.folder(name) / f"{NAME}.ipynb", as_version=4)
        assert RIGHT["scale"] in [cell.source for cell in handed_in.cells]


def test_inputs_that_an_answer_raises_are_cut_short(course):
    page = feedback(course, "shows_the_inputs")
    assert max(map(len, re.findall(r"INPUT [^<]*", page)), default=0) < 400


def test_these_tests_see_what_they_look_for():
    assert active(TAGS) > {"img onerror=alert(2)"}
    assert has_orders("\x1b[2J") and has_orders("\u202e") and not has_orders("a\nb\tc")


if __name__ == "__main__":
    for family, attacks in FAMILIES.items():
        print(f"\n{family} ({len(attacks)})")
        print("\n".join(f"  {attack.name:<24} {attack.tries}" for attack in attacks))
    print(f"\n{len(ATTACKS)} attacks")
