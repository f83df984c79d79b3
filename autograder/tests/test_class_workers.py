"""Workers: does each result find its student, what do they cost when they die, and who can reach them?"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from class_run import grade, in_this_process, rows
from distributed import KilledWorker, LocalCluster
from grade_course import NAME, Course, make_course

from unrolled_grader.class_run import dask_workers, fingerprint, forked_workers, grading_pool
from unrolled_grader.class_run.dask_workers import Cluster
from unrolled_grader.class_run.forked_workers import WorkerPool
from unrolled_grader.commands.grade import run as run_grade
from unrolled_grader.confine import Limits, Template, cores
from unrolled_grader.confine.shared_template import TemplateServer
from unrolled_grader.confine.template import ForkingTemplate
from unrolled_grader.grading.assignment import Assignment, CannotGrade
from unrolled_grader.grading.handed_in import HandedIn, NotebookBytes

POINTS = {f"student{number}": 8.0 if number % 3 == 0 else 1.0 for number in range(12)}
SLOW = "import time\ntime.sleep(0.5)\ndef scale(x):\n    return 3.0 * x"


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Return a class that has handed in and is not graded."""
    course = make_course(tmp_path_factory.mktemp("handed") / "course")
    for number, student in enumerate(POINTS):
        factor = 3 if number % 3 == 0 else 2
        course.submit(student, course.solved({"scale": f"def scale(x):\n    return {factor}.0 * x  # {student}"}))
    return course


@pytest.fixture
def course(handed: Course, tmp_path: Path) -> Course:
    shutil.copytree(handed.root, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.fixture(scope="module")
def two() -> Iterator[WorkerPool]:
    """Yield two workers, for all tests."""
    with WorkerPool(2) as found:
        yield found


@pytest.fixture
def with_two(two: WorkerPool, template: ForkingTemplate, monkeypatch: pytest.MonkeyPatch) -> WorkerPool:
    runs_use(two, template, monkeypatch)
    return two


def runs_use(found: WorkerPool, template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs use these workers, and leave them alive, and a template that is warm already."""
    in_this_process(monkeypatch, template)
    monkeypatch.setattr(grading_pool, "FEW", 0)
    monkeypatch.setattr(grading_pool.GradingPool, "_new_pool", lambda self: found)
    monkeypatch.setattr(found, "close", lambda: None)


def test_each_result_is_recorded_for_the_student_who_handed_in(course, with_two):
    ran = grade(course)
    assert ran.executed == len(POINTS)
    assert {student: course.outcome(student).points for student in POINTS} == POINTS
    for student in POINTS:
        assert f"# {student}" in course.autograded(student).read_text()


def test_a_worker_that_is_killed_costs_nobody_anything(course, with_two):
    for student in POINTS:
        course.submit(student, course.solved({"scale": SLOW}))
    before = with_two.pids
    Thread(target=lambda: (time.sleep(1), os.kill(before[0], signal.SIGKILL))).start()
    grade(course)
    assert {course.outcome(student).status for student in POINTS} == {"graded"}
    assert {course.outcome(student).points for student in POINTS} == {8.0}
    assert before[0] not in with_two.pids, "another has taken its place"


class Deadly:
    """A grader in whose process nobody outlives the poison."""

    def __init__(self, *unused: object) -> None: ...

    def grade(self, handed_in: HandedIn) -> bytes:
        if "poison" in handed_in.notebooks:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.01)
        return b"graded"


def test_a_submission_that_kills_its_worker_fails_alone_and_after_a_few_tries(monkeypatch):
    monkeypatch.setattr(forked_workers, "SubmissionGrader", Deadly)
    monkeypatch.setattr(forked_workers, "open_template", lambda *unused: None)
    job = grading_pool.GradingJob("key", {}, Assignment("small", ()), "none", Limits())
    names = [*(f"neighbour{n}" for n in range(9)), "poison", *(f"neighbour{n}" for n in range(9, 20))]
    tasks = iter([(name, HandedIn({name: NotebookBytes(b"", "")})) for name in names])
    with WorkerPool(2) as workers:
        before = workers.pids
        found = dict(workers.grade(job, None, tasks))
        assert not set(before) <= set(workers.pids)
    poison = found.pop("poison")
    assert isinstance(poison, RuntimeError) and "died 3 times" in str(poison)
    assert len(found) == 20 and set(found.values()) == {b"graded"}


def test_large_submissions_and_large_results_do_not_wait_for_each_other(monkeypatch):
    class Echo(Deadly):
        def grade(self, handed_in: HandedIn) -> bytes:
            return handed_in.beside["big"]

    monkeypatch.setattr(forked_workers, "SubmissionGrader", Echo)
    monkeypatch.setattr(forked_workers, "open_template", lambda *unused: None)
    job = grading_pool.GradingJob("key", {}, Assignment("small", ()), "none", Limits())
    tasks = ((str(n), HandedIn({}, beside={"big": bytes([n]) * 2**22})) for n in range(12))
    with WorkerPool(2) as workers:
        assert {name: found[:1] for name, found in workers.grade(job, None, tasks)} == {
            str(n): bytes([n]) for n in range(12)
        }


LOST: Any = None  # the scheduler's word on a worker, of which nothing is asked here


class Poisoned(Cluster):
    """A cluster of whose workers one dies, with all it has at hand, whenever it grades "poison"."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    number = 2

    def _spread(self, job: Any, tasks: Any, ahead: int) -> Any:
        at_hand = list(tasks)
        self.tried += [name for name, _ in at_hand]
        dies = any(name == "poison" for name, _ in at_hand)
        for name, handed_in in at_hand:
            yield name, handed_in, KilledWorker(name, LOST, 0) if dies and name != "far away" else b"graded"


def test_a_submission_that_kills_a_clusters_worker_fails_alone_and_after_a_few_tries():
    poisoned = Poisoned()
    names = ("neighbour", "poison", "far away")
    found = dict(poisoned._grade(None, iter([(name, HandedIn({})) for name in names])))
    assert found["neighbour"] == found["far away"] == b"graded"
    assert isinstance(found["poison"], RuntimeError) and "died 3 times" in str(found["poison"])
    assert poisoned.tried.count("poison") == dask_workers.TRIES


def test_what_failed_for_the_graders_own_reasons_is_tried_again_by_the_next_run(course, template, monkeypatch):
    in_this_process(monkeypatch, template)

    def fault(*unused: object) -> None:
        raise ZeroDivisionError("a fault of the grader's")

    with monkeypatch.context() as patch:
        patch.setattr("unrolled_grader.class_run.worker.grade_submission", fault)
        grade(course, "--student", "student0")
    outcome = course.outcome("student0")
    assert outcome.status == "failed" and "a fault of the grader's" in outcome.reasons[0]
    assert grade(course, "--student", "student0").executed == 1
    assert course.outcome("student0").points == 8


# --- processors ----------------------------------------------------------------------------------------------


def allowed(pid: int) -> set[tuple[int, ...]]:
    """Return the processors on which the threads of a process may run, each set of them once."""
    return {tuple(os.sched_getaffinity(int(thread))) for thread in os.listdir(f"/proc/{pid}/task")}


def where_they_ran(number: int, course: Course, template: Template, monkeypatch: pytest.MonkeyPatch) -> list[set[Any]]:
    """Return what is allowed to the threads of each of so many workers that have just graded a class."""
    with WorkerPool(number) as found:
        with monkeypatch.context() as patch:
            runs_use(found, template, patch)
            assert grade(course).executed == len(POINTS)
        return [allowed(pid) for pid in found.pids]


def test_workers_that_fill_the_machine_grade_each_on_a_processor_of_its_own(course, template, monkeypatch):
    every = tuple(cores.available())
    found = where_they_ran(len(every), course, template, monkeypatch)
    assert sorted(one for found_of_one in found for one in found_of_one) == [(one,) for one in every]
    assert allowed(os.getpid()) == {every}, "who records is free"


def test_more_workers_than_processors_are_free(course, template, monkeypatch):
    every = tuple(cores.available())
    assert where_they_ran(len(every) + 1, course, template, monkeypatch) == [{every}] * (len(every) + 1)


def test_workers_end_with_the_process_that_started_them(tmp_path):
    program = (
        "import os, signal, sys; from unrolled_grader.class_run.forked_workers import WorkerPool; "
        "pool = WorkerPool(2); "
        "print(*pool.pids, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    pids = done.stdout.split()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}/cmdline").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(pids) == 2 and not any(Path(f"/proc/{pid}/cmdline").exists() for pid in pids)


# --- a cluster -------------------------------------------------------------------------------------------


def test_a_cluster_whose_workers_have_no_course_gives_the_same(course, tmp_path, monkeypatch, template):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None, memory_limit=0) as found:
        ran = grade(course, "--scheduler", found.scheduler_address)
    assert ran.executed == len(POINTS)
    assert {student: course.outcome(student).points for student in POINTS} == POINTS
    assert course.outcome("student0").isolation == "bubblewrap"
    before = rows(course)
    in_this_process(monkeypatch, template)
    assert grade(course, "--force").executed == len(POINTS)
    assert rows(course) == before


def test_a_scheduler_that_is_not_there_is_told_with_the_remedy(course, monkeypatch, capsys):
    monkeypatch.chdir(course.root)
    monkeypatch.setattr(dask_workers, "JOIN_SECONDS", 2)
    assert run_grade([NAME, "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "dask scheduler" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "told"), [("numpy", r"numpy \S+ there, 1\.0 here"), ("Unrolled", "other versions .*: another Unrolled\\.")]
)
def test_a_worker_with_another_version_is_refused_and_told_which(course, monkeypatch, name, told):
    versions = fingerprint.versions()
    monkeypatch.setattr(fingerprint, "versions", lambda: {**versions, name: "1.0"})
    with (
        LocalCluster(n_workers=1, dashboard_address=None, memory_limit=0) as found,
        pytest.raises(CannotGrade, match=told),
    ):
        grade(course, "--scheduler", found.scheduler_address)


# --- who can reach them ----------------------------------------------------------------------------------


def listening(pids: list[int]) -> set[tuple[str, int]]:
    """Return the addresses and ports at which these processes listen, as the kernel lists them (IPv4 and IPv6, TCP)."""
    inodes = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = os.readlink(link)
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                found.add((address, int(port, 16)))
    return found


def test_nothing_listens(two):
    assert listening([os.getpid(), *two.pids]) == set()


def test_the_lenders_socket_is_for_this_user_alone(template):
    with TemplateServer(template) as lender:
        assert Path(lender.offer.address).parent.stat().st_mode & 0o077 == 0
    assert not Path(lender.offer.address).exists()


# --- what is told ----------------------------------------------------------------------------------------


def test_what_was_done_is_written_for_a_script(course, template, monkeypatch, tmp_path, capsys):
    in_this_process(monkeypatch, template)
    monkeypatch.chdir(course.root)
    assert run_grade([NAME, "--json", str(tmp_path / "done.json")]) == 0
    told = json.loads((tmp_path / "done.json").read_text())
    assert (told["executed"], told["unchanged"], told["statuses"]) == (12, 0, {"graded": 12})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("[1/12] student0 ") and lines[0].endswith("left)")
    assert run_grade([NAME]) == 0
    assert "12 submissions were graded before" in capsys.readouterr().out
