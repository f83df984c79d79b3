"""What `check` says of wrong lines: run for the first page, with the course's own check and table."""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from unrolled.check.table import TABLE_NAME
from unrolled_grader.course import CourseError, LessonPaths

LESSON, EXERCISE = "02_vanilla_rnn", "softmax"
RUN = """\
import numpy as np
from unrolled import check

{code}

try:
    check({exercise})
except Exception as error:
    print(error)
"""


@dataclass(frozen=True)
class WrongLine:
    """A wrong answer, and how it comes about."""

    title: str
    code: str


WRONG = (
    WrongLine(
        "The formula, written down as it stands",
        "def softmax(z):\n    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)",
    ),
    WrongLine("The axis left out", "def softmax(z):\n    return np.exp(z) / np.exp(z).sum()"),
)


def said_of(wrong: WrongLine, lesson: LessonPaths) -> str:
    """Return what `check` says of it, from a process of its own: nothing is noted in anybody's record.

    Raises:
        CourseError: check says nothing, or did not run.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / lesson.name
        place.mkdir()
        shutil.copy(lesson.released / TABLE_NAME, place)
        text = RUN.format(code=wrong.code, exercise=EXERCISE)
        command = [sys.executable, "-W", "ignore", "-c", text]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=60)
    if done.returncode or not done.stdout.strip():
        raise CourseError(f"check({EXERCISE}) did not answer for the first page:\n{done.stderr[-1000:]}")
    return done.stdout.strip()
