"""The made-up class: who hands in what, and which result the grader should give.

A student is one row: a name, what they do in words, a function from the released lesson to the files handed in,
and the expectation. Every known mistake of the lessons is somebody's, and so is every other right answer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from demo import hostile
from demo.broken import CASES
from demo.expectation import Expectation
from demo.material import Files, HandIn, Material, OddFiles
from unrolled.check import run_exercise
from unrolled.check.judge import judge
from unrolled.check.table import find_table
from unrolled_grader.lesson.answer_text import standalone_reference
from unrolled_grader.lesson.lesson import Lesson
from unrolled_grader.lesson.solved import exercise_of, graded_names, mistakes, right_answers, solved_notebook

FULL = Expectation("full points", ("graded",), "all")
FULL_BUT_LATE = Expectation("full points, late", ("late",), "all")
NOTHING = Expectation("no points", ("graded", "flagged"), "none")
FLAGGED = Expectation("no points, flagged", ("flagged",), "none")

NAMES = [
    "ada", "alan", "barbara", "donald", "edith", "edsger", "emmy", "frances", "grace", "guido", "hedy", "ida",
    "jean", "john", "karen", "katherine", "kathleen", "leslie", "linus", "lynn", "margaret", "mary", "niklaus",
    "noether", "radia", "richard", "robin", "rosa", "shafi", "shannon", "sofia", "stephen", "susan", "tim",
    "ursula", "vint", "whitfield", "xenia", "yann", "zuse",
]  # fmt: skip


@dataclass(frozen=True)
class Student:
    """One made-up student. `expects` says what should come out for a lesson; `late` hands in after the due date."""

    name: str
    kind: str
    does: str
    hand_in: HandIn
    expects: Callable[[Material], Expectation]
    late: bool = False


Row = tuple[str, str, HandIn, Callable[[Material], Expectation]]  # a student without a name


def make_class(lessons: Iterable[Lesson]) -> list[Student]:
    """Return the class for these lessons: as many students as the lessons' right answers and known mistakes ask for."""
    lessons = list(lessons)
    exercises = [exercise for lesson in lessons for exercise in lesson.exercises]
    styles = max((len(exercise.right_answers) for exercise in exercises), default=0)
    wrong = max((len(exercise.mistakes) for exercise in exercises), default=0)
    rows: list[Row] = [("perfect", "the lesson's own answers", _reference, _always(FULL))]
    rows += [("perfect", f"right in another way ({i + 1})", _other_way(i), _always(FULL)) for i in range(styles)]
    rows += [("late", "right, after the due date", _reference, _always(FULL_BUT_LATE))]
    rows += [("half done", "the first half, the rest untouched", _half, _expects_half)]
    rows += [("blank", "hands in the notebook as released", _blank, _expects_blank)]
    rows += [("mistaken", f"known mistake {i + 1} in every exercise", _mistaken(i), _told(i)) for i in range(wrong)]
    rows += [("broken", case.name, case.hand_in, case.expects) for case in CASES if case.shown]
    rows += [("hostile", _words(act), act, _always(expected)) for act, expected in HOSTILE]
    rows += [_only_in(lessons[-1].name, "hostile", *row) for row in SLOW]
    return [Student(_name(i), *row, late=row[0] == "late") for i, row in enumerate(rows)]


def _name(number: int) -> str:
    again = number // len(NAMES)
    return NAMES[number % len(NAMES)] + (str(again + 1) if again else "")


def _words(act: HandIn) -> str:
    """Return the name of a function of `hostile` as words, which say what it does."""
    return act.__name__.replace("_", " ")


def _only_in(name: str, kind: str, act: HandIn, expected: Expectation) -> Row:
    """Return a row for one lesson; in the others the notebook is handed in as released."""

    def hand_in(material: Material) -> OddFiles:
        return act(material) if material.lesson.name == name else _blank(material)

    def expects(material: Material) -> Expectation:
        return expected if material.lesson.name == name else _expects_blank(material)

    return kind, f"{_words(act)}, in {name}", hand_in, expects


def _always(expected: Expectation) -> Callable[[Material], Expectation]:
    return lambda material: expected


HOSTILE: list[tuple[HandIn, Expectation]] = [
    (hostile.equal_to_everything, NOTHING),
    (hostile.patched_tests, NOTHING),
    (hostile.forged_results, NOTHING),
    (hostile.leaves_at_once, FLAGGED),
    (hostile.reads_the_course, NOTHING),
    (hostile.fork_bomb, NOTHING),
    (hostile.memory_bomb, NOTHING),
    (hostile.asks_the_network, NOTHING),
    (hostile.plants_files, NOTHING),
    (hostile.stays_behind, NOTHING),
    (hostile.scripts_in_feedback, NOTHING),
]

SLOW: list[tuple[HandIn, Expectation]] = [(hostile.endless_loop, FLAGGED)]  # takes a minute, so in one lesson only


# --- honest students -------------------------------------------------------------------------------------


def _reference(material: Material) -> Files:
    return material.files(solved_notebook(material.release, material.lesson))


def _other_way(number: int) -> HandIn:
    def hand_in(material: Material) -> Files:
        answers = right_answers(material.lesson, number)
        return material.files(solved_notebook(material.release, material.lesson, answers))

    return hand_in


def _blank(material: Material) -> Files:
    return material.files(material.release)


def _expects_blank(material: Material) -> Expectation:
    # "none" would be too much: the debug cell's wrong program, untouched, may be right in part
    return Expectation(
        "loses every exercise, and a person asks", ("flagged",), lost=tuple(graded_names(material.lesson))
    )


def _half(material: Material) -> Files:
    names = graded_names(material.lesson)
    return material.files(solved_notebook(material.release, material.lesson, only=names[: len(names) // 2]))


def _expects_half(material: Material) -> Expectation:
    names = graded_names(material.lesson)
    return Expectation("the first half's points", ("graded",), lost=tuple(names[len(names) // 2 :]))


# --- known mistakes --------------------------------------------------------------------------------------


def _mistaken(number: int) -> HandIn:
    def hand_in(material: Material) -> Files:
        # right answers that call no other answer: a wrong one shall cost its own points only
        right = {name: standalone_reference(material.lesson, name) for name in graded_names(material.lesson)}
        answers = right | mistakes(material.lesson, number)
        return material.files(solved_notebook(material.release, material.lesson, answers))

    return hand_in


def _told(number: int) -> Callable[[Material], Expectation]:
    """Return the expectation that every exercise with that mistake loses points and gets the hint that the student's
    own check gives."""

    def expects(material: Material) -> Expectation:
        lost = tuple(mistakes(material.lesson, number))
        if not lost:
            return FULL
        found = {name: told_as(material, name, number) for name in lost}
        named = {name: mistake for name, mistake in found.items() if mistake is not None}
        text = f"loses {len(lost)}, {len(named)} named"
        return Expectation(text, ("graded",), lost=lost, mistakes=named)

    return expects


def told_as(material: Material, name: str, number: int) -> str | None:
    """Return the id by which `check` names known mistake `number` of an exercise in the student's own notebook."""
    exercise = exercise_of(material.lesson, name)
    assert exercise is not None
    table = find_table(material.folder)["exercises"][name]
    return judge(table, run_exercise(table, exercise.mistakes[number].answer)).mistake
