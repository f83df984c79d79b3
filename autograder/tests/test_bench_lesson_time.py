"""Are the times of lessons given in a unit that does not depend on the machine, and their limit too?"""

import argparse
from types import SimpleNamespace

import pytest

from bench import lesson_time, yardstick

PIECE = {"NumPy": 0.25, "torch": 0.5, "Python": 0.25}  # one second in all


@pytest.mark.parametrize(
    ("seconds", "slower", "told"),
    [
        (30.0, 1.0, ["06_x", "30.0", "0.25", "0.50", "0.25", "30", ""]),
        (60.0, 2.0, ["06_x", "60.0", "0.50", "1.00", "0.50", "30", ""]),
        (41.0, 1.0, ["06_x", "41.0", "0.25", "0.50", "0.25", "41", "over"]),
    ],
)
def test_a_slower_machine_gives_the_same_number_of_pieces(seconds, slower, told):
    piece = {part: taken * slower for part, taken in PIECE.items()}
    assert lesson_time.line("06_x", seconds, piece) == told


def test_the_table_has_a_piece_beside_each_lesson_and_their_sum(monkeypatch):
    monkeypatch.setattr(lesson_time.yardstick, "measure", lambda: PIECE)
    monkeypatch.setattr(lesson_time, "execute_lesson", lambda paths: SimpleNamespace(seconds=12.34))
    lessons = [SimpleNamespace(name=name) for name in ("01_a", "02_b")]
    table = lesson_time.measure(None, lessons, argparse.Namespace())
    assert "40 pieces, that is 60 s where a piece takes 1.5 s" in table
    *_, first, second, total = table.splitlines()
    assert first.split() == ["01_a", "12.3", "0.25", "0.50", "0.25", "12"]
    assert second.split()[0] == "02_b" and total.split() == ["all", "24.7"]


def test_each_part_of_the_piece_does_its_work_and_is_timed():
    small = {
        "NumPy": lambda: yardstick.numpy_work(2),
        "torch": lambda: yardstick.torch_work(1),
        "Python": lambda: yardstick.python_work(10),
    }
    assert small.keys() == yardstick.WORK.keys()
    assert all(yardstick.seconds(work) > 0 for work in small.values())


def test_the_whole_piece_runs_in_a_process_of_its_own():
    assert list(yardstick.measure()) == list(yardstick.WORK)
