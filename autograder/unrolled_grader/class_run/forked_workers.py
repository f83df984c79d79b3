"""Worker processes on this machine: forks of this process, which has already imported all that grading needs.

They grade and record nothing. When a worker dies, the submission that it was grading is tried again, and no other is
affected. (New processes, such as Dask's workers, compute for 4 seconds before their first submission.)
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any, NoReturn

from unrolled_grader.class_run.worker import GradingJob, SubmissionGrader
from unrolled_grader.confine import IsolationUnavailable, cores, open_template
from unrolled_grader.confine.shared_template import Offer, RemoteTemplate
from unrolled_grader.grading.assignment import CannotGrade
from unrolled_grader.grading.handed_in import HandedIn

TRIES = 3  # times that a submission is graded, if its worker process dies
AHEAD = 2  # submissions that each worker is given, so that it never waits for the next
FORK = multiprocessing.get_context("fork")
Task = tuple[str, HandedIn]
Found = Iterator[tuple[str, Any]]  # a name, and the result's bytes or an exception


class WorkerPool:
    """A pool of workers; a context manager. Make it before any thread starts: a fork copies only the thread that forks.

    Args:
        number: how many workers.
    """

    def __init__(self, number: int) -> None:
        self._shares = cores.shares(number)
        self._job: tuple[GradingJob, Offer | None] | None = None
        self._workers: list[_Worker] = []
        for place in range(number):
            self._workers.append(self._new(place))

    def _new(self, place: int) -> "_Worker":
        return _Worker(
            place, self._shares[place], [other.connection for other in self._workers if other.place != place]
        )

    @property
    def pids(self) -> list[int]:
        """The workers' process ids."""
        return [worker.pid for worker in self._workers]

    def grade(self, job: GradingJob, offer: Offer | None, tasks: Iterator[Task]) -> Found:
        """Grade submissions; yield (name, the result's bytes or the exception) as each one ends.

        Args:
            job: what is to be graded, and how.
            offer: a template that all workers share; without one each worker opens its own.
            tasks: (name, submission).
        """
        self._job = job, offer
        for worker in self._workers:
            worker.connection.send(self._job)
        tries: dict[str, int] = {}
        again: deque[Task] = deque()  # given to workers that died; those that were not being graded come first
        while True:
            for worker in self._workers:
                while len(worker.at_hand) < AHEAD and (task := _next(again, tasks)) is not None:
                    self._give(worker, task)
            busy = {worker.connection: worker for worker in self._workers if worker.at_hand}
            if not busy:
                return
            for connection in wait(list(busy)):
                worker = busy[connection]  # type: ignore[index]  # `wait` is typed to return sockets and numbers too
                try:
                    name, found = worker.connection.recv()
                except (EOFError, OSError):
                    dead, rest = worker.at_hand[0], list(worker.at_hand)[1:]
                    again.extendleft(reversed(rest))
                    self._replace(worker)
                    tries[dead[0]] = tries.get(dead[0], 0) + 1
                    if tries[dead[0]] < TRIES:
                        again.append(dead)
                        continue
                    name = dead[0]
                    found = RuntimeError(f"its worker process died {TRIES} times; is there memory enough?")
                else:
                    worker.at_hand.popleft()
                    task = _next(again, tasks)
                    if task is not None:
                        self._give(worker, task)
                yield name, found

    def _give(self, worker: "_Worker", task: Task) -> None:
        worker.at_hand.append(task)
        try:
            worker.connection.send(task)
        except OSError:  # the worker is dead, which `wait` will show
            return

    def _replace(self, worker: "_Worker") -> None:
        worker.end()
        new = self._new(worker.place)
        self._workers[worker.place] = new
        new.connection.send(self._job)

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.end()

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()


def _next(again: deque[Task], tasks: Iterator[Task]) -> Task | None:
    return again.popleft() if again else next(tasks, None)


class _Worker:
    """One worker as this process sees it; `at_hand` are the submissions it was given and has not answered."""

    def __init__(self, place: int, processors: list[int], others: list[Connection]) -> None:
        self.place = place
        self.at_hand: deque[Task] = deque()
        self.connection, theirs = FORK.Pipe()
        self._process = FORK.Process(
            target=_work, args=(theirs, processors, [self.connection, *others]), name=f"grading worker {place}",
            daemon=True,
        )  # fmt: skip
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Its pid."""
        return self._process.pid or 0

    def end(self) -> None:
        """Kill the worker, and wait until it is gone."""
        self.connection.close()
        self._process.kill()
        self._process.join()


# --- in the worker -------------------------------------------------------------------------------------------


def _work(connection: Connection, processors: list[int], others: list[Connection]) -> NoReturn:
    """Grade submissions until the main process closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches workers too: only the main process acts on it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()
    if processors:
        cores.keep_this_thread_on(processors)
    messages: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_read, args=(connection, messages), daemon=True).start()
    grader: SubmissionGrader | None = None
    while True:
        first, second = messages.get()
        if isinstance(first, GradingJob):
            grader = None
            job, offer = first, second
            continue
        try:
            if grader is None:
                borrow = RemoteTemplate(offer) if offer else None
                template = borrow or open_template(job.isolation, job.limits, job.assignment.imports())
                grader = SubmissionGrader(job, template)
            found: Any = grader.grade(second)
        except Exception as error:
            found = error
        _answer(connection, first, found)


def _answer(connection: Connection, name: str, found: Any) -> None:
    """Send a result. Exceptions that end the run are sent as they are, all others as the text of a RuntimeError."""
    if isinstance(found, Exception) and type(found) not in (IsolationUnavailable, CannotGrade):
        found = RuntimeError(f"{type(found).__name__}: {found}")
    try:
        connection.send((name, found))
    except OSError:
        os._exit(0)


def _read(connection: Connection, messages: "SimpleQueue[Any]") -> None:
    """Read messages as they come, so that their sender never waits; end this process when the connection closes."""
    while True:
        try:
            messages.put(connection.recv())
        except (EOFError, OSError):
            os._exit(0)
