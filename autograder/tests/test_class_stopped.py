"""Whatever stops a run, does the same command end with the grades of a run that nothing stopped?"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from class_run import grade, in_this_process, rows
from grade_course import NAME, Course, make_course
from process_tree import descendants, gone

from unrolled_grader.confine import Template
from unrolled_grader.confine.template import ForkingTemplate
from unrolled_grader.gradebook.locked import CannotRecord
from unrolled_grader.grading.outcome import SubmissionOutcome

KILLS = 20
CLASS = [f"student{number:02}" for number in range(16)]
CHILD = str(Path(__file__).with_name("class_child.py"))
SLOW = "import time\ntime.sleep(0.4)\ndef scale(x):\n    return 3.0 * x"


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a class that has handed in and is not graded: right answers and wrong ones, and an empty file."""
    course = make_course(tmp_path_factory.mktemp("handed") / "course")
    (course.root / "autograder/course/seeds").mkdir(exist_ok=True)
    (course.root / f"autograder/course/seeds/{NAME}.json").write_text('{"seed": 7}')
    for number, student in enumerate(CLASS):
        course.submit(student, course.solved({"scale": f"def scale(x):\n    return {number % 4}.0 * x  # {student}"}))
    course.submit(CLASS[3], b"")
    return course


@pytest.fixture(scope="module")
def undisturbed(handed: Course, tmp_path_factory: pytest.TempPathFactory, template: ForkingTemplate) -> tuple[Any, ...]:
    """Return what a run that nothing stops leaves."""
    course = copy(handed, tmp_path_factory.mktemp("undisturbed"))
    with pytest.MonkeyPatch.context() as patch:
        in_this_process(patch, template)
        grade(course)
    return left(course)


class Nursery:
    """Starts class runs in processes of their own, which the test may kill."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self.printed = process, folder / "printed.txt"

    def start(self, course: Course, limit: int = 0) -> int:
        """Start a run; return its process id."""
        assert self._process.stdin is not None
        self.printed.write_text("")
        print(json.dumps([str(course.root), str(self.printed), limit, [NAME]]), file=self._process.stdin, flush=True)
        return self._answer()

    def wait(self) -> None:
        """Wait until the run has recorded its first submission, or has found nothing to do."""
        deadline = time.monotonic() + 60
        while not self.printed.read_text() and time.monotonic() < deadline:
            time.sleep(0.002)

    def ended(self) -> int:
        """Return its exit status, or minus the number of the signal that ended it."""
        return self._answer()

    def _answer(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@pytest.fixture
def nursery(lent: str, tmp_path: Path) -> Iterator[Nursery]:
    with subprocess.Popen(
        [sys.executable, CHILD, lent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Nursery(process, tmp_path)
        process.communicate()


def copy(course: Course, folder: Path) -> Course:
    shutil.copytree(course.root, folder / "course")
    return Course(folder / "course")


def left(course: Course) -> tuple[dict[str, Any], dict[str, SubmissionOutcome], dict[str, bytes]]:
    """Return the gradebook, outcomes and autograded files. Nothing half written may lie among them."""
    top = course.root / "autograder/course"
    files = {str(path.relative_to(top)): path for path in (top / "autograded").rglob("*") if path.is_file()}
    outcomes = {path.stem: course.outcome(path.stem) for path in (top / "outcomes" / NAME).iterdir()}
    return rows(course), outcomes, {name: path.read_bytes() for name, path in files.items()}


def test_killed_at_random_moments_it_ends_with_the_grades_of_a_run_that_was_not(handed, undisturbed, nursery, tmp_path):
    kills, rounds = 0, 0
    dice = random.Random(4)
    while kills < KILLS:
        course = copy(handed, tmp_path / str(rounds))
        rounds += 1
        status = -signal.SIGKILL
        while status == -signal.SIGKILL:
            run = nursery.start(course)
            nursery.wait()
            time.sleep(dice.uniform(0, 0.08))
            with contextlib.suppress(ProcessLookupError):  # it has ended already
                os.kill(run, signal.SIGKILL)
            status = nursery.ended()
            kills += status == -signal.SIGKILL
        assert status == 3
        assert left(course) == undisturbed


@pytest.mark.parametrize("step", ["keep_result", "record", "write", "write_outcome", "keep_note"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_stopped_between_any_two_steps_it_goes_on(handed, undisturbed, tmp_path, monkeypatch, template, step, when):
    in_this_process(monkeypatch, template)
    course = copy(handed, tmp_path)
    place = {
        "keep_result": "class_run.cache.Store.keep_result", "record": "gradebook.record.Recorder.record",
        "write": "class_run.autograded.AutogradedFolders.write", "write_outcome": "class_run.writer.write_outcome",
        "keep_note": "class_run.cache.Store.keep_note",
    }[step]  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(f"unrolled_grader.{place}", stopping(place, when, 5))
        with pytest.raises(KeyboardInterrupt):
            grade(course)
    grade(course)
    assert left(course) == undisturbed


def stopping(place: str, when: str, calls: int) -> Callable[..., Any]:
    """Return the function at this place, which at its fifth call stops the run before or after it does its work."""
    import importlib

    room, module, *names = place.split(".")
    target = importlib.import_module(f"unrolled_grader.{room}.{module}")
    for name in names:
        target = getattr(target, name)
    count = 0

    def stop(*args, **kwargs):
        nonlocal count
        count += 1
        if count == calls and when == "before":
            raise KeyboardInterrupt
        found = target(*args, **kwargs)
        if count == calls:
            raise KeyboardInterrupt
        return found

    return stop


# --- signals, with workers -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_no_process_and_no_grade_is_lost(handed, undisturbed, tmp_path, monkeypatch, template, number):
    course = copy(handed, tmp_path)
    for student in CLASS[5:]:  # slow ones come last
        course.submit(student, course.solved({"scale": SLOW}))
    command = [sys.executable, "-m", "unrolled_grader.cli", "grade", NAME, "--workers", "2"]
    with subprocess.Popen(command, cwd=course.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None and run.stderr is not None
        for _ in range(6):
            run.stdout.readline()
        started = descendants(run.pid)
        run.send_signal(number)
        status, said = run.wait(60), run.stderr.read()
    assert len(started) > 4, "template, workers and student processes were there"
    assert gone(started)
    if number != signal.SIGKILL:
        assert status == 128 + number and "the same command goes on" in said
    for student in CLASS[5:]:
        shutil.copy(handed.folder(student) / f"{NAME}.ipynb", course.folder(student) / f"{NAME}.ipynb")
    in_this_process(monkeypatch, template)
    ran = grade(course)
    assert ran.counts.unchanged + ran.counts.from_store >= 4
    assert left(course) == undisturbed


# --- what dies under way ---------------------------------------------------------------------------------


def test_a_template_that_is_killed_costs_no_student_a_point(handed, tmp_path, monkeypatch, fresh_template):
    course = copy(handed, tmp_path)
    in_this_process(monkeypatch, fresh_template)
    for student in CLASS:
        shutil.rmtree(course.folder(student))
    course.submit("ann", course.solved({"scale": SLOW}))
    start, started = fresh_template.start, []

    def start_and_kill(*args):
        student = start(*args)
        if not started:
            Timer(0.2, os.kill, (first_inside(fresh_template), signal.SIGKILL)).start()
        started.append(student)
        return student

    monkeypatch.setattr(fresh_template, "start", start_and_kill)
    grade(course)
    assert len(started) > 1, "the template was killed while its fork ran"
    outcome = course.outcome("ann")
    assert (outcome.status, outcome.points, outcome.reasons) == ("graded", 8.0, [])


def first_inside(template: ForkingTemplate) -> int:
    """Return the pid of the first process of the template's sandbox: with it all the others end."""
    return int(Path(f"/proc/{template.process_id}/task/{template.process_id}/children").read_text())


@pytest.fixture
def fresh_template() -> Iterator[Template]:
    from unrolled_grader.confine import open_template

    template = open_template("bubblewrap")
    yield template
    template.close()


# --- the disk --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("full", ["for the lesson", "for autograded notebooks", "for the gradebook"])
def test_a_full_disk_ends_the_run_with_a_remedy_and_nothing_half_written(handed, undisturbed, nursery, tmp_path, full):
    course = copy(handed, tmp_path / "full")
    gradebook = (course.root / "autograder/course/gradebook.db").stat().st_size
    limits = {"for the lesson": 500, "for autograded notebooks": 6_500, "for the gradebook": gradebook + 4096}
    nursery.start(course, limits[full])
    assert nursery.ended() == 2
    assert "the same command again" in nursery.printed.read_text()
    assert not [path for path in course.root.rglob(".*") if "draft" in path.name]
    nursery.start(course)
    assert nursery.ended() == 3
    assert left(course) == undisturbed


def test_a_write_that_fails_is_told_with_the_files_name(handed, tmp_path, monkeypatch, template):
    in_this_process(monkeypatch, template)
    course = copy(handed, tmp_path)

    def full(*unused: object) -> None:
        raise OSError(28, "No space left on device", "autograder/course/outcomes/x.json")

    monkeypatch.setattr("unrolled_grader.class_run.writer.write_outcome", full)
    with pytest.raises(CannotRecord, match="No space left on device.*x.json.*what is graded stays"):
        grade(course)
