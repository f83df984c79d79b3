"""What a run over a class comes to, in words that need no imports."""

from dataclasses import dataclass

DONE, COULD_NOT_RUN, NEEDS_A_PERSON, STOPPED = 0, 2, 3, 128  # STOPPED and the signal's number, as shells count


@dataclass
class Counts:
    """What a run did: submissions executed, found in the store, and left alone; seconds."""

    executed: int = 0
    from_store: int = 0
    unchanged: int = 0
    seconds: float = 0.0


class Trouble(Exception):
    """The run cannot go on; the message says why, and what to do."""


class Stopped(Exception):
    """A run was stopped: the signal's number, how many submissions it recorded."""
