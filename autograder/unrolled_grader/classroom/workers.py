"""The workers of a class run: Dask's, on this machine or on a cluster. They grade; they record nothing.

What listens, listens on this machine only and speaks TLS with a certificate made for the run: Dask runs what it is
sent, so that another user of the machine must not be able to send.
"""

import contextlib
import logging
import signal
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

from unrolled_grader import quick_start  # noqa: F401  before nbformat, which Dask may bring
from unrolled_grader.classroom import fingerprint
from unrolled_grader.classroom.station import Order, Station
from unrolled_grader.confine import IsolationUnavailable, Template, open_template, processors
from unrolled_grader.confine.lend import BorrowedTemplate, Offer
from unrolled_grader.grade.assignment import CannotGrade
from unrolled_grader.grade.handed_in import HandedIn

import dask  # isort: skip
from distributed import Client, KilledWorker, LocalCluster, Security, WorkerPlugin, as_completed  # isort: skip

JOIN_SECONDS = 15  # for the scheduler of a cluster to answer
TRIES = 3  # of a submission in whose time its worker died
AHEAD = 2  # submissions a worker has at hand, so that it never waits for the next
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,  # we count ourselves: Dask would blame all that a dead worker held
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.profile.enabled": False,
    "distributed.worker.daemon": True,
    "distributed.comm.timeouts.connect": "30s",
    "distributed.admin.log-length": 0,
    "distributed.admin.tick.interval": "1 s",  # Dask watches itself fifty times a second, in every process
    "distributed.admin.tick.cycle": "10 s",
    "distributed.admin.system-monitor.interval": "10 s",
    "distributed.admin.low-level-log-length": 4,  # else the last 1000 messages are kept, each with its submission
    "distributed.scheduler.http.routes": [],  # Dask's web servers cannot be left out: they have no page
    "distributed.worker.http.routes": [],
}
Tasks = Iterator[tuple[str, HandedIn]]
Found = Iterator[tuple[str, Any]]  # a name, and the result's bytes or an exception
_stations: dict[str, "StationPlugin"] = {}
_one_at_a_time = threading.Lock()  # a trusted test redirects the process's output


class WrongVersion(RuntimeError):
    """A worker has another grader, or other packages, than this machine."""


class StationPlugin(WorkerPlugin):
    """Opens the station of an order on each worker, also on one that joins later or was restarted.

    Args:
        order: what is to be graded.
        lender: where a template is lent, for workers of this machine; others open their own.
        spread: each worker grades on a processor of its own.
    """

    def __init__(self, order: Order, lender: Offer | None, spread: bool) -> None:
        self.name = f"unrolled-{order.key}"
        self._order, self._lender, self._spread = order, lender, spread

    def setup(self, worker: Any) -> None:
        """In the worker."""
        if self._lender:
            with contextlib.suppress(ValueError):  # not in the main thread
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at the terminal is the main process's affair
        there = processors.available()
        self._processor = there[worker.name % len(there)] if self._spread else None
        self._station: Station | None = None
        _stations[self._order.key] = self

    def teardown(self, worker: Any) -> None:
        """In the worker."""
        _stations.pop(self._order.key, None)
        if self._station is not None:
            self._station.close()

    def station(self) -> Station:
        """The station, opened when the first submission comes, by the thread that grades."""
        if self._station is None:
            order = self._order
            if self._processor is not None:
                processors.keep_this_thread_on(self._processor)
            if fingerprint.of_grader() != order.grader:
                raise WrongVersion
            self._station = Station(order, self._template())
        return self._station

    def _template(self) -> Template:
        if self._lender:
            return BorrowedTemplate(self._lender)
        return open_template(self._order.isolation, self._order.limits, self._order.assignment.imports())


def grade_one(key: str, handed_in: HandedIn) -> bytes:
    """The task: grade a submission on the worker's station. Raises LookupError where the worker has none yet."""
    with _one_at_a_time:
        return _stations[key].station().grade(handed_in)


class Workers:
    """A cluster that grades one order; a context manager.

    Args:
        number: how many worker processes on this machine.
        scheduler: the address of a cluster that runs already, in place of workers here.
    """

    def __init__(self, number: int, scheduler: str | None = None) -> None:
        self._undo = contextlib.ExitStack()
        self._undo.enter_context(dask.config.set(SETTINGS))
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._scheduler = scheduler
        self._one_a_processor = scheduler is None and number == len(processors.available())
        try:
            self._client = self._join(scheduler) if scheduler else self._start(number)
        except BaseException:
            self._undo.close()
            raise

    def _start(self, number: int) -> Client:
        folder = self._undo.enter_context(tempfile.TemporaryDirectory(prefix="unrolled-workers-"))
        cluster = LocalCluster(
            n_workers=number, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=0,
            dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0", local_directory=folder,
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL, security=Security.temporary(),
        )  # fmt: skip
        self._undo.callback(cluster.close, timeout=10)
        return self._undo.enter_context(Client(cluster, set_as_default=False))

    def _join(self, address: str) -> Client:
        try:
            return self._undo.enter_context(Client(address, set_as_default=False, timeout=JOIN_SECONDS))
        except (OSError, TimeoutError, ValueError) as error:
            raise CannotGrade(f"no Dask scheduler answers at {address} ({error}). Start `dask scheduler`") from error

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers of this machine, or leave the cluster."""
        self._undo.close()

    @property
    def number(self) -> int:
        """How many workers there are now."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def grade(self, order: Order, lender: Offer | None, tasks: Tasks) -> Found:
        """Grade submissions, in whatever order they come to an end: (name, result's bytes or the exception).

        Raises:
            CannotGrade: there is no worker, or one has another version of the grader.
            IsolationUnavailable: a worker cannot confine student code.
        """
        plugin = StationPlugin(order, lender, self._one_a_processor)
        try:
            self._client.wait_for_workers(1, timeout=60)
        except TimeoutError as error:
            raise CannotGrade(f"the scheduler at {self._scheduler} has no workers. Start `dask worker`") from error
        self._client.register_plugin(plugin)
        try:
            yield from self._grade(order, tasks)
        finally:
            if self._scheduler:
                self._client.unregister_worker_plugin(plugin.name)

    def _grade(self, order: Order, tasks: Tasks) -> Found:
        died: list[tuple[str, HandedIn]] = []
        for name, handed_in, found in self._spread(order, tasks, AHEAD * max(1, self.number)):
            if isinstance(found, KilledWorker):
                died.append((name, handed_in))
            else:
                yield name, found
        for name, handed_in in died:  # one at a time: who kills a worker now, kills no other's
            for _ in range(TRIES - 1):
                found = next(self._spread(order, iter([(name, handed_in)]), 1))[2]
                if not isinstance(found, KilledWorker):
                    break
            else:
                found = RuntimeError(f"its worker process died {TRIES} times; is there memory enough?")
            yield name, found

    def _spread(self, order: Order, tasks: Tasks, ahead: int) -> Iterator[tuple[str, HandedIn, Any]]:
        waiting: dict[Any, tuple[str, HandedIn]] = {}
        done = as_completed(raise_errors=False, loop=self._client.loop)

        def more() -> None:
            for name, handed_in in tasks:
                future = self._client.submit(grade_one, order.key, handed_in, pure=False)
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
                raise CannotGrade("a worker has another version of Unrolled, NumPy or torch than this machine")
            if isinstance(error, IsolationUnavailable):
                raise error
            found = future.result() if error is None else error
            future.release()
            more()
            yield name, handed_in, found
