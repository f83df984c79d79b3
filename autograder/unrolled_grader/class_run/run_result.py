"""The results of a run over a class: exit statuses, counts, exceptions. Imports nothing."""

from dataclasses import dataclass

DONE, COULD_NOT_RUN, NEEDS_A_PERSON, STOPPED = 0, 2, 3, 128  # to STOPPED the signal's number is added, as shells do


@dataclass
class Counts:
    """What a run did: submissions executed, taken from the cache, and left as they were; the run's seconds."""

    executed: int = 0
    from_store: int = 0
    unchanged: int = 0
    seconds: float = 0.0


class Trouble(Exception):
    """The run cannot go on; the message says why, and what to do."""


class Stopped(Exception):
    """A signal stopped the run. Arguments: the signal's number, how many submissions the run recorded."""
