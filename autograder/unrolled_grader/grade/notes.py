"""What the grader has to say about a submission, in words a teacher understands."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """One remark on a submission. `look` asks for a person: the submission's status becomes "flagged"."""

    text: str
    look: bool = False


class NotGradable(Exception):
    """The submission cannot be graded at all; the message says why and what to do. Its status is "failed"."""


class UnfitName(NotGradable):
    """The student's folder has a name that cannot be written into a gradebook or a report."""
