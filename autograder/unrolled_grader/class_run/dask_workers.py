"""Grades on a Dask cluster instead of this machine's workers. Its workers grade; they record nothing.

Whoever may connect to a scheduler can run code on its workers: use Dask with TLS there.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from unrolled_grader import fast_import  # noqa: F401  before nbformat, which Dask may bring
from unrolled_grader.class_run import fingerprint
from unrolled_grader.class_run.worker import GradingJob, SubmissionGrader
from unrolled_grader.confine import IsolationUnavailable, open_template
from unrolled_grader.grading.assignment import CannotGrade
from unrolled_grader.grading.handed_in import HandedIn

import dask  # isort: skip
from distributed import Client, KilledWorker, WorkerPlugin, as_completed  # isort: skip

JOIN_SECONDS = 15  # for the scheduler of a cluster to answer
TRIES = 3  # times that a submission is graded, if its worker process dies
AHEAD = 2  # submissions that each worker is given, so that it never waits for the next
SETTINGS = {
    # failures are counted here: Dask would count one for each submission that the dead worker held
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.comm.timeouts.connect": "30s",
    "distributed.admin.log-length": 0,
    "distributed.admin.low-level-log-length": 4,  # else the last 1000 messages are kept, each with its submission
}
Tasks = Iterator[tuple[str, HandedIn]]
Found = Iterator[tuple[str, Any]]  # a name, and the result's bytes or an exception
_setups: dict[str, "WorkerSetup"] = {}
_one_at_a_time = threading.Lock()  # judging a test redirects the output of the whole process


class WrongVersion(RuntimeError):
    """A worker has another grader, or other packages, than this machine."""


class WorkerSetup(WorkerPlugin):
    """Opens the grader of a job on each worker, also on one that joins later or was restarted."""

    def __init__(self, job: GradingJob) -> None:
        self.name = f"unrolled-{job.key}"
        self._job = job

    def setup(self, worker: Any) -> None:
        """Set up the worker: called by Dask, in it."""
        self._grader: SubmissionGrader | None = None
        _setups[self._job.key] = self

    def teardown(self, worker: Any) -> None:
        """Take down what `setup` made, in the worker."""
        _setups.pop(self._job.key, None)
        if self._grader is not None:
            self._grader.close()

    def grader(self) -> SubmissionGrader:
        """Return the grader. The thread that grades makes it, for its first submission.

        Raises:
            WrongVersion: this worker grades with another version than the job asks for.
        """
        if self._grader is None:
            job = self._job
            if differing := _differing(job.versions, fingerprint.versions()):
                raise WrongVersion(differing)
            template = open_template(job.isolation, job.limits, job.assignment.imports())
            self._grader = SubmissionGrader(job, template)
        return self._grader


def _differing(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Say which versions of this machine differ from a worker's; nothing where all are the same."""
    names = [name for name in here if here[name] != there.get(name)]
    told = [f"{name} {there.get(name)} there, {here[name]} here" for name in names if name != "Unrolled"]
    return "; ".join(["another Unrolled"] * ("Unrolled" in names) + told)


def grade_one(key: str, handed_in: HandedIn) -> bytes:
    """Grade a submission on the worker's grader: the task. Raises LookupError where the worker has none yet."""
    with _one_at_a_time:
        return _setups[key].grader().grade(handed_in)


class Cluster:
    """A cluster that grades one job; a context manager.

    Args:
        scheduler: its address, such as tcp://HOST:8786.

    Raises:
        CannotGrade: no scheduler answers there.
    """

    def __init__(self, scheduler: str) -> None:
        self._undo = contextlib.ExitStack()
        self._undo.enter_context(dask.config.set(SETTINGS))
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._scheduler = scheduler
        try:
            self._client = self._join(scheduler)
        except BaseException:
            self._undo.close()
            raise

    def _join(self, address: str) -> Client:
        try:
            return self._undo.enter_context(Client(address, set_as_default=False, timeout=JOIN_SECONDS))
        except (OSError, TimeoutError, ValueError) as error:
            raise CannotGrade(f"no Dask scheduler answers at {address} ({error}). Start `dask scheduler`") from error

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster."""
        self._undo.close()

    @property
    def number(self) -> int:
        """How many workers there are now."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def grade(self, job: GradingJob, tasks: Tasks) -> Found:
        """Grade submissions; yield (name, the result's bytes or the exception) as each one ends.

        Raises:
            CannotGrade: there is no worker, or one has another version of the grader.
            IsolationUnavailable: a worker cannot confine student code.
        """
        plugin = WorkerSetup(job)
        try:
            self._client.wait_for_workers(1, timeout=60)
        except TimeoutError as error:
            raise CannotGrade(f"the scheduler at {self._scheduler} has no workers. Start `dask worker`") from error
        self._client.register_plugin(plugin)
        try:
            yield from self._grade(job, tasks)
        finally:
            self._client.unregister_worker_plugin(plugin.name)

    def _grade(self, job: GradingJob, tasks: Tasks) -> Found:
        died: list[tuple[str, HandedIn]] = []
        for name, handed_in, found in self._spread(job, tasks, AHEAD * max(1, self.number)):
            if isinstance(found, KilledWorker):
                died.append((name, handed_in))
            else:
                yield name, found
        for name, handed_in in died:  # one at a time: a submission that kills its worker now takes no other one with it
            for _ in range(TRIES - 1):
                found = next(self._spread(job, iter([(name, handed_in)]), 1))[2]
                if not isinstance(found, KilledWorker):
                    break
            else:
                found = RuntimeError(f"its worker process died {TRIES} times; is there memory enough?")
            yield name, found

    def _spread(self, job: GradingJob, tasks: Tasks, ahead: int) -> Iterator[tuple[str, HandedIn, Any]]:
        waiting: dict[Any, tuple[str, HandedIn]] = {}
        done = as_completed(raise_errors=False, loop=self._client.loop)

        def more() -> None:
            for name, handed_in in tasks:
                future = self._client.submit(grade_one, job.key, handed_in, pure=False)
                waiting[future] = name, handed_in
                done.add(future)
                if len(waiting) >= ahead:
                    return

        more()
        while waiting:
            future = next(done)
            name, handed_in = waiting.pop(future)
            error = future.exception()
            if isinstance(error, WrongVersion):
                remedy = "Install the same there, and start the worker again"
                raise CannotGrade(f"a worker has other versions than this machine: {error}. {remedy}")
            if isinstance(error, IsolationUnavailable):
                raise error
            found = future.result() if error is None else error
            future.release()
            more()
            yield name, handed_in, found
