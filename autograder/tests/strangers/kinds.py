"""How a stranger's answer says what it is an answer to, and which hints would be right."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stranger:
    """A wrong answer, the lesson's number, the exercise and the ids of the known mistakes that are right to name."""

    lesson: str
    exercise: str
    right: tuple[str, ...]
    answer: Any


STRANGERS: list[Stranger] = []
RIGHT_STRANGERS: list[Stranger] = []


def wrong(lesson: str, exercise: str, *right: str) -> Callable[[Any], Any]:
    """Keep an answer among the strangers."""

    def keep(answer: Any) -> Any:
        STRANGERS.append(Stranger(lesson, exercise, right, answer))
        return answer

    return keep


def right(lesson: str, exercise: str) -> Callable[[Any], Any]:
    """Keep a right answer among the strangers."""

    def keep(answer: Any) -> Any:
        RIGHT_STRANGERS.append(Stranger(lesson, exercise, (), answer))
        return answer

    return keep
