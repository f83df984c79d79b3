"""Does collecting take over a submission's files, and nothing that its links lead to?"""

import os
from pathlib import Path

import pytest
from grade_course import NAME, Course, make_course
from nbgrader.exchange import ExchangeFactory

from unrolled_grader.nbgrader_plugin.collect import CollectFiles


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_course(tmp_path_factory.mktemp("collect"))


def hand_in(course: Course, student: str) -> Path:
    """Put a folder into the exchange, as `nbgrader submit` makes it."""
    folder = course.root / f"autograder/exchange/unrolled/inbound/{student}+{NAME}+2026-01-01 00:00:00 UTC"
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("2026-01-01 00:00:00 UTC")
    return folder


def test_links_are_not_followed_and_stop_nobody(course):
    secret = course.root / "autograder/course/gradebook.db"
    folder = hand_in(course, "ann")
    (folder / f"{NAME}.ipynb").write_text("{}")
    (folder / "data.txt").symlink_to(secret)
    (folder / "folder").symlink_to(course.paths.folder)
    (folder / "nowhere").symlink_to("/nonexistent")
    os.mkfifo(folder / "pipe")
    (hand_in(course, "bob") / "deep").mkdir()
    linked = course.root / f"autograder/exchange/unrolled/inbound/cid+{NAME}+2026-01-01 00:00:00 UTC"
    linked.symlink_to(course.paths.folder)
    config = course.config()
    factory = ExchangeFactory(config=config)
    assert factory.collect is CollectFiles
    factory.Collect(coursedir=course.coursedir(), config=config).start()
    assert {path.name for path in course.folder("ann").iterdir()} == {f"{NAME}.ipynb", "timestamp.txt"}
    assert {path.name for path in course.folder("bob").iterdir()} == {"deep", "timestamp.txt"}
    assert not list(course.folder("cid").iterdir())
