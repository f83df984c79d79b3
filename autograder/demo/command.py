"""`unrolled demo`: the whole loop in a scratch course, on a class of made-up students.

Release to the exchange, fetch, submit, collect, grade, feedback, report. Each student has an expectation; the exit
status is 1 where one is not met, or where an attack left a trace. Your own gradebook and exchange are not touched.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo import evidence
from demo.material import Material, released_material
from demo.scratch import DemoError, Scratch, due_now, fetch, fetch_feedback, make_scratch, run_command, submit
from demo.students import Student, make_class
from demo.table import Result, evidence_lines, fault_lines, table, where_to_look
from unrolled_grader.class_run.run_result import DONE, NEEDS_A_PERSON
from unrolled_grader.course import CourseError, LessonPaths, choose_lessons, find_root
from unrolled_grader.lesson.lesson import load_lesson

LESSONS = ("01_ngrams", "02_vanilla_rnn")
SEED = "20"  # of the hidden inputs: the same table every time


def run(arguments: list[str]) -> int:
    """Run the verb; return its exit status."""
    parser = argparse.ArgumentParser(prog="unrolled demo", description=__doc__)
    parser.add_argument("lessons", nargs="*", default=LESSONS, metavar="LESSON", help="default: " + " ".join(LESSONS))
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where to make the scratch course (a new folder)")
    parser.add_argument(
        "--isolation", default="auto", help="as for unrolled grade; with none, hostile students are left out"
    )
    wanted = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        root = find_root()
        lessons = choose_lessons(root, wanted.lessons)
        scratch = make_scratch(root, wanted.keep)
        results, found = run_loop(scratch, lessons, wanted.isolation)
    except (CourseError, DemoError) as error:
        print(f"unrolled demo: {error}", file=sys.stderr)
        return 1
    faults = fault_lines(results)
    print("\n" + table(results, [lesson.name for lesson in lessons]))
    print("\nLooked for after the attacks:", *evidence_lines(found), sep="\n")
    if faults:
        print("\nNot as expected:", *(f"  {fault}" for fault in faults), sep="\n")
    print("\n" + where_to_look(scratch, results))
    students = len({result.student.name for result in results})
    bad = len({result.student.name for result in results if result.faults})
    print(f"\n{students - bad} of {students} students as expected, in {time.monotonic() - started:.0f} s.")
    return 1 if faults or any(found.values()) else 0


def run_loop(
    scratch: Scratch, lessons: Sequence[LessonPaths], isolation: str
) -> tuple[list[Result], dict[str, list[str]]]:
    """Run from release to report; return the result of each student, and what attacks left behind."""
    names = [lesson.name for lesson in lessons]
    with _step("build and release to the exchange"):
        release(scratch, names)
    with evidence.Listener() as listener:
        materials = {name: _material(scratch, name, listener.port) for name in names}
        students = admitted(make_class([material.lesson for material in materials.values()]), isolation)
        with _step(f"{len(students)} students fetch, work and submit"):
            hand_in(scratch, materials, students)
        with _step("collect"):
            for name in names:
                run_command(scratch, "nbgrader", "collect", name, "--ExchangeCollect.check_owner=False")
        for name in names:
            with _step(f"grade {name}"):
                options = ("--isolation", isolation, "--seed", SEED)
                run_command(scratch, "unrolled", "grade", name, *options, fine=(DONE, NEEDS_A_PERSON))
        with _step("look for traces of attacks"):
            found = _traces(scratch, listener)
    with _step("feedback, back through the exchange"):
        feedback(scratch, names)
    reports = {name: _report(scratch, name) for name in names}
    results = [_result(student, materials[name], reports[name]) for student in students for name in names]
    with _step("students fetch their feedback"):
        found |= _feedback_faults(scratch, materials, results)
    return results, found


def admitted(students: list[Student], isolation: str) -> list[Student]:
    """Return the students who take part: without isolation not the hostile ones, whose bombs would hit this machine."""
    if isolation != "none":
        return students
    print("  --isolation none: the hostile students are left out")
    return [student for student in students if student.kind != "hostile"]


def release(scratch: Scratch, names: Sequence[str]) -> None:
    """Build the lessons, make the students' version, put it into the exchange."""
    run_command(scratch, "unrolled", "build", *names)
    for name in names:
        run_command(scratch, "nbgrader", "generate_assignment", name, "--force", "--create")
        run_command(scratch, "nbgrader", "release_assignment", name)


def _material(scratch: Scratch, name: str, port: int) -> Material:
    lesson = load_lesson(scratch.course / "solutions" / name)
    return released_material(lesson, scratch.course / "notebooks" / name, scratch.course, port)


def hand_in(scratch: Scratch, materials: Mapping[str, Material], students: Sequence[Student]) -> None:
    """Let everyone fetch and submit; the due date passes before the late ones do."""
    for late in (False, True):
        for name, material in materials.items():
            if late:
                due_now(scratch, name)
            for student in students:
                if student.late == late:
                    fetch(scratch, student.name, name)
                    submit(scratch, student.name, name, student.hand_in(material))


def feedback(scratch: Scratch, names: Sequence[str]) -> None:
    """Make the feedback pages and put them into the exchange."""
    for name in names:
        run_command(scratch, "nbgrader", "generate_feedback", name)
        run_command(scratch, "nbgrader", "release_feedback", name)


def _report(scratch: Scratch, name: str) -> dict[str, Any]:
    run_command(scratch, "unrolled", "report", name, "--json", str(scratch.report(name)))
    return json.loads(scratch.report(name).read_text(encoding="utf-8"))


def _result(student: Student, material: Material, report: Mapping[str, Any]) -> Result:
    expected = student.expects(material)
    found = report["students"].get(student.name)
    return Result(student, material.lesson.name, found, expected.text, expected.faults(found))


def _traces(scratch: Scratch, listener: evidence.Listener) -> dict[str, list[str]]:
    return {
        "files planted outside the student process": evidence.planted_files(scratch.course),
        "processes left behind": evidence.processes_left(),
        "calls to somebody on the network": ["somebody called"] * listener.calls,
    }


def _feedback_faults(
    scratch: Scratch, materials: Mapping[str, Material], results: Sequence[Result]
) -> dict[str, list[str]]:
    """Return what is wrong with the feedback as the students get it."""
    without, scripts, told = [], [], []
    for result in results:
        pages = fetch_feedback(scratch, result.student.name, result.lesson)
        if not pages and result.status != "failed":
            without.append(f"{result.student.name}, {result.lesson}")
        scripts += evidence.live_scripts(pages)
        if result.student.kind in ("blank", "hostile"):
            told += evidence.solutions_told(materials[result.lesson], pages)
    return {
        "graded submissions whose feedback did not come back": without,
        "feedback pages in which an attacker's script runs": scripts,
        "feedback pages that tell a solution": told,
    }


@contextmanager
def _step(what: str) -> Iterator[None]:
    print(f"  {what} ...", end=" ", flush=True)
    started = time.monotonic()
    yield
    print(f"{time.monotonic() - started:.1f} s", flush=True)
