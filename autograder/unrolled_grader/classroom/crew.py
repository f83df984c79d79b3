"""Who grades: this process for a submission or two, its forks for a class, or a cluster. Started while other things
are prepared."""

import contextlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

from unrolled_grader.classroom.pool import WorkerPool
from unrolled_grader.classroom.station import Order, Station
from unrolled_grader.confine import IsolationUnavailable, Limits, Template, open_template
from unrolled_grader.confine.lend import Lender
from unrolled_grader.confine.template import ForkingTemplate
from unrolled_grader.grade.handed_in import HandedIn

FEW = 2  # so many are graded in this process


class Crew:
    """A context manager that ends all it started.

    Args:
        workers: how many processes on this machine.
        scheduler: the address of a Dask cluster in their place, or None.
        isolation: of student processes.
        limits: of student processes.
    """

    def __init__(self, workers: int, scheduler: str | None, isolation: str, limits: Limits) -> None:
        self._number, self._scheduler = workers, scheduler
        self._isolation, self._limits = isolation, limits
        self._threads = ThreadPoolExecutor(1)
        self._template: Future[Template] | None = None
        self._pool: WorkerPool | None = None

    def begin(self, submissions: int, imports: Iterable[str]) -> None:
        """Start what so many submissions need that import these modules; returns at once."""
        if self._scheduler is not None:
            return
        if submissions > FEW and self._pool is None:
            self._pool = self._new_pool()
        if self._template is None:
            self._template = self._threads.submit(open_template, self._isolation, self._limits, imports)

    def _new_pool(self) -> WorkerPool:
        return WorkerPool(self._number)

    def grade(self, order: Order, tasks: Iterator[tuple[str, HandedIn]]) -> Iterator[tuple[str, Any]]:
        """Grade submissions: (name, the result's bytes or an exception), in whatever order they come to an end.

        Raises:
            IsolationUnavailable: student code cannot be confined here.
            CannotGrade: there are no workers, or they are not fit.
        """
        if self._scheduler is not None:
            from unrolled_grader.classroom.cluster import Cluster  # brings Dask

            with Cluster(self._scheduler) as cluster:
                yield from cluster.grade(order, tasks)
            return
        assert self._template is not None, "begin comes first"
        template = self._template.result()
        if self._pool is None:
            yield from self._grade_here(Station(order, template), tasks)
            return
        with contextlib.ExitStack() as stack:
            lender = None
            if isinstance(template, ForkingTemplate):  # of others each worker opens its own
                lender = stack.enter_context(Lender(template)).offer
            for name, found in self._pool.grade(order, lender, tasks):
                if isinstance(found, IsolationUnavailable):
                    raise found
                yield name, found

    def _grade_here(self, station: Station, tasks: Iterator[tuple[str, HandedIn]]) -> Iterator[tuple[str, Any]]:
        for name, handed_in in tasks:
            try:
                found: Any = station.grade(handed_in)
            except IsolationUnavailable:
                raise
            except Exception as error:  # one submission's, whatever it is
                found = error
            yield name, found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        if self._pool is not None:
            self._pool.close()
        started = self._template
        if started is not None and not started.cancelled() and started.exception() is None:
            started.result().__exit__(None, None, None)
