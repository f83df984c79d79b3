"""Does the board rank the right way round, keep names apart and secret, and obey no text in them?"""

from collections import Counter
from typing import Any

import pytest

from unrolled_grader.cli import main
from unrolled_grader.grading.outcome import ExerciseOutcome, SubmissionOutcome, write_outcome
from unrolled_grader.report.leaderboard import ADJECTIVES, ANIMALS, as_page, as_text, boards, course_key, pseudonyms

KEY = b"k" * 32
STUDENTS = [f"student-{number}" for number in range(3000)]


def outcome(
    student: str, value: float | None, metric: str = "accuracy", name: str = "tagger", status: str = "graded"
) -> SubmissionOutcome:
    score = None if value is None else {"name": name, "metric": metric, "value": value}
    exercise = ExerciseOutcome(1.0, 2.0, score=score)
    return SubmissionOutcome("11", student, status, [], 1.0, 2.0, {"Capstone": exercise}, "bubblewrap", 5)


def ranks(found: Any, **names: Any) -> list[tuple[int, str]]:
    (board,) = boards(found, {entry.student: names.get(entry.student, entry.student) for entry in found})
    return [(entry.rank, entry.name) for entry in board.entries]


def test_more_accuracy_and_less_error_are_better():
    values = (("ann", 0.5), ("bob", 0.9), ("cid", 0.7))
    assert ranks([outcome(*row) for row in values]) == [(1, "bob"), (2, "cid"), (3, "ann")]
    errors = [outcome(*row, metric="word_error_rate") for row in values]
    assert ranks(errors) == [(1, "ann"), (2, "cid"), (3, "bob")]


def test_equal_scores_share_a_rank():
    found = [outcome("ann", 0.5), outcome("bob", 0.9), outcome("cid", 0.9)]
    assert ranks(found) == [(1, "bob"), (1, "cid"), (3, "ann")]


def test_who_failed_or_has_no_score_is_not_on_it():
    found = [outcome("ann", 0.5), outcome("bob", None), outcome("cid", 0.9, status="failed")]
    assert ranks(found) == [(1, "ann")]


def test_each_track_has_a_board_of_its_own():
    found = [outcome("ann", 0.5), outcome("bob", 2.1, "mean_absolute_error", "forecaster")]
    assert [board.scored for board in boards(found, {"ann": "a", "bob": "b"})] == ["forecaster", "tagger"]


def test_no_name_gives_orders_to_a_page_or_a_terminal():
    evil = "<script>x</script>\x1b[31m\u202e"
    found = boards([outcome("ann", 0.5)], {"ann": evil})
    page, text = as_page("<title>", found), as_text(found)
    assert "<script" not in page and "&lt;script&gt;" in page and "&lt;title&gt;" in page
    assert not set("\x1b\u202e") & set(page + text)


def test_made_up_names_differ_stay_and_need_the_key():
    names = pseudonyms(STUDENTS, KEY)
    assert len(set(names.values())) == len(STUDENTS)
    assert pseudonyms(reversed(STUDENTS), KEY) == names
    others = pseudonyms(STUDENTS, b"x" * 32)
    assert sum(names[student] == others[student] for student in STUDENTS) == 0
    few = pseudonyms(STUDENTS[:10], KEY)
    assert few.items() <= names.items(), "a larger class changes nobody's name, but in a rare clash"


def test_two_who_would_share_a_made_up_name_both_get_a_longer_one():
    names = list(pseudonyms([f"student-{number}" for number in range(6000)], KEY).values())
    shared = [name for name in names if int(name.split()[2]) >= 1000]
    assert len(set(names)) == len(names) and len(shared) > 1
    short = Counter(f"{name.rsplit(' ', 1)[0]} {int(name.split()[2]) % 1000}" for name in shared)
    assert min(short.values()) == 2


def test_words_of_made_up_names_are_distinct():
    assert len(set(ADJECTIVES)) == len(ADJECTIVES) == 32 and len(set(ANIMALS)) == len(ANIMALS) == 32


def test_the_key_is_drawn_once_and_a_damaged_one_is_told(tmp_path):
    key = course_key(tmp_path)
    assert len(key) == 32 and course_key(tmp_path) == key != course_key(tmp_path / "another course")
    path = tmp_path / "seeds" / "pseudonyms.key"
    assert path.stat().st_mode & 0o077 == 0, "nobody else reads it"
    for text in ("no hex", "abcd"):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"pseudonyms\.key is damaged"):
            course_key(tmp_path)


def test_nothing_to_rank_is_told_with_the_remedy(tmp_path, monkeypatch, capsys):
    from grade_course import NAME, make_course

    course = make_course(tmp_path)
    monkeypatch.chdir(course.root)
    assert main(["leaderboard", NAME]) == 2
    assert f"unrolled grade {NAME}" in capsys.readouterr().err
    without_score = SubmissionOutcome(NAME, "ann", "graded", [], 1, 1, {}, "none", 5)
    write_outcome(course.root / "autograder/course/outcomes", without_score)
    assert main(["leaderboard", NAME]) == 2
