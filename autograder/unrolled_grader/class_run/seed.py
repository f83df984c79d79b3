"""The seed of a lesson's hidden inputs, kept in the course's folder."""

import json
import os
import secrets
from pathlib import Path

from unrolled_grader.files import write_whole
from unrolled_grader.grading.assignment import CannotGrade

SMALLEST = 1  # seed 0 is that of the students' own table, which shows them the expected values
BITS = 128


def grading_seed(course: Path, lesson: str, wanted: int | None = None) -> int:
    """Return the seed of a lesson's hidden inputs: drawn at the first grading, kept in the course's folder ever after.

    Args:
        course: where the course's records lie (autograder/course).
        lesson: the lesson's name.
        wanted: sets the seed, for example to that of an earlier report.

    Raises:
        CannotGrade: the seed's file is damaged, or students know the inputs of this seed.
    """
    path = course / "seeds" / f"{lesson}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if wanted is not None:
        write_whole(path, _text(wanted))
    while True:
        try:
            seed = int(json.loads(path.read_text(encoding="utf-8"))["seed"])
        except FileNotFoundError:
            _draw_seed(path)
        except (ValueError, KeyError, TypeError) as error:
            raise CannotGrade(f"{path} is damaged ({error}). Write the seed of the last report into it") from error
        else:
            if seed < SMALLEST:
                raise CannotGrade(f"{path}: the seed is {seed}; hidden inputs need one of at least {SMALLEST}")
            return seed


def _draw_seed(path: Path) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(_text(SMALLEST + secrets.randbits(BITS)))
    try:
        os.link(draft, path)  # fails where another process was first, and leaves that one's seed
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _text(seed: int) -> bytes:
    return json.dumps({"seed": seed}).encode()
