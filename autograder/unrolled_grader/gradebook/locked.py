"""Waits for a gradebook that another program has locked; any other failure becomes an error with a remedy."""

import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

Done = TypeVar("Done")
LOCK_SECONDS = 120.0  # how long another program may hold the gradebook
LOCK_PAUSE = 0.2
# SQLSTATE: serialization failure, deadlock detected, lock not available
POSTGRESQL_BUSY = ("40001", "40P01", "55P03")
REMEDIES = {
    sqlite3.SQLITE_READONLY: "make it writable for this user",
    sqlite3.SQLITE_PERM: "make it writable for this user",
    sqlite3.SQLITE_CANTOPEN: "see that it is there, and that this user may write it and its folder",
    sqlite3.SQLITE_FULL: "free some space on its disk",
}
REMEDY = "see that the database is there, and `nbgrader db upgrade` after an update of nbgrader"


class CannotRecord(RuntimeError):
    """Nothing more can be recorded; the message names the remedy. What was recorded stays."""


def retry_while_locked(
    work: Callable[[], Done], roll_back: Callable[[], None], gradebook: str, tell: Callable[[str], None]
) -> Done:
    """Run `work` and return its result; where another program has locked the gradebook, wait and run it again.

    Args:
        work: what is to be done, whole or not at all.
        roll_back: takes back what a try that failed has done.
        gradebook: its address, for the message.
        tell: called with a message when this function begins to wait.

    Raises:
        CannotRecord: the gradebook stays locked, or cannot be used.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    told = False
    while True:
        try:
            return work()
        except DBAPIError as error:
            roll_back()
            if not _is_locked(error) or time.monotonic() > deadline:
                raise CannotRecord(_words(error, gradebook)) from error
            if not told:
                told = True
                tell("the gradebook is in use by another program; waiting for it")
            time.sleep(LOCK_PAUSE)
        except BaseException:
            roll_back()
            raise


def _is_locked(error: DBAPIError) -> bool:
    """Say whether waiting may help, by the error code of the database driver."""
    busy = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return _sqlite_code(error) in busy or getattr(error.orig, "pgcode", None) in POSTGRESQL_BUSY


def _words(error: DBAPIError, gradebook: str) -> str:
    said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    if _is_locked(error):
        remedy = f"another program has held it for {LOCK_SECONDS:g} seconds; end it (Formgrader? a database tool?)"
    else:
        remedy = REMEDIES.get(_sqlite_code(error), REMEDY)
    return f"the gradebook {gradebook} cannot be used ({said}): {remedy}. Then run the same command again"


def _sqlite_code(error: DBAPIError) -> int:
    """Return SQLite's primary result code; 0 where the error is another database's."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
