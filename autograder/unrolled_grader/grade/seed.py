"""The seed of a lesson's hidden inputs, kept in the course's folder."""

import json
import os
import secrets
from pathlib import Path

from unrolled_grader.grade.assignment import CannotGrade


def grading_seed(course: Path, lesson: str, wanted: int | None = None) -> int:
    """The seed of a lesson's hidden inputs: drawn at the first grading, kept in the course's folder ever after.

    Args:
        course: where the course's records lie (autograder/course).
        lesson: the lesson's name.
        wanted: sets the seed, to grade again as some report says it was graded.
    """
    path = course / "seeds" / f"{lesson}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if wanted is not None:
        path.write_text(json.dumps({"seed": wanted}), encoding="utf-8")
    while True:
        try:
            return int(json.loads(path.read_text(encoding="utf-8"))["seed"])
        except FileNotFoundError:
            _draw_seed(path)
        except (ValueError, KeyError, TypeError) as error:
            raise CannotGrade(f"{path} is damaged ({error}). Write the seed of the last report into it") from error


def _draw_seed(path: Path) -> None:
    seed = 1 + secrets.randbelow(2**31 - 2)  # 0 is the students' own table's
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps({"seed": seed}), encoding="utf-8")
    try:
        os.link(draft, path)  # fails where another process was first, and leaves that one's seed
    except FileExistsError:
        pass
    finally:
        draft.unlink()
