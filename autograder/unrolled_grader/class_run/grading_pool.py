"""Grades submissions: in this process if they are one or two, in its forks if they are more, or on a cluster. Templates
and workers are started while other things are prepared."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Self

from unrolled_grader.class_run.forked_workers import WorkerPool
from unrolled_grader.class_run.template_start import TemplateStart
from unrolled_grader.class_run.worker import GradingJob, SubmissionGrader
from unrolled_grader.confine import IsolationUnavailable, Limits, modules_to_warm
from unrolled_grader.confine.shared_template import TemplateServer
from unrolled_grader.confine.template import ForkingTemplate
from unrolled_grader.grading.assignment import CannotGrade
from unrolled_grader.grading.handed_in import HandedIn

FEW = 2  # up to so many submissions are graded in this process


class GradingPool:
    """Grades submissions; a context manager that ends the processes it started.

    Args:
        workers: how many processes on this machine.
        scheduler: the address of a Dask cluster in their place, or None.
        isolation: of student processes.
        limits: of student processes.
        template_start: a template that was begun before the settings were read; used if it fits them.
    """

    def __init__(
        self,
        workers: int,
        scheduler: str | None,
        isolation: str,
        limits: Limits,
        template_start: TemplateStart | None = None,
    ) -> None:
        self._number, self._scheduler = workers, scheduler
        self._isolation, self._limits = isolation, limits
        self._template_start = template_start
        self._template: TemplateStart | None = None
        self._pool: WorkerPool | None = None

    def begin(self, submissions: int, imports: Iterable[str]) -> None:
        """Start the processes that so many submissions, which import these modules, will need. Returns at once."""
        if self._scheduler is not None:
            return
        if submissions > FEW and self._pool is None:
            self._pool = self._new_pool()
        if self._template is None:
            wanted = {"isolation": self._isolation, "limits": asdict(self._limits), "warm": modules_to_warm(imports)}
            fits = self._template_start is not None and self._template_start.settings == wanted
            self._template = self._template_start if fits else TemplateStart(wanted)

    @property
    def prepared(self) -> dict[str, Any]:
        """How student processes are prepared, as `TemplateStart` takes it; empty where none were."""
        return self._template.settings if self._template else {}

    def _new_pool(self) -> WorkerPool:
        return WorkerPool(self._number)

    def grade(self, job: GradingJob, tasks: Iterator[tuple[str, HandedIn]]) -> Iterator[tuple[str, Any]]:
        """Grade submissions; yield (name, the result's bytes or an exception) as each one ends. `begin` comes first.

        Raises:
            IsolationUnavailable: student code cannot be confined here.
            CannotGrade: there are no workers, or they have another version of the grader.
        """
        if self._scheduler is not None:
            try:
                from unrolled_grader.class_run.dask_workers import Cluster
            except ImportError as error:
                raise CannotGrade(f"{error}: a cluster needs Dask. Run `pip install 'unrolled[cluster]'`") from error
            with Cluster(self._scheduler) as cluster:
                yield from cluster.grade(job, tasks)
            return
        assert self._template is not None, "begin comes first"
        template = self._template.template()
        if self._pool is None:
            yield from self._grade_here(SubmissionGrader(job, template), tasks)
            return
        with contextlib.ExitStack() as stack:
            offer = None
            if isinstance(template, ForkingTemplate):  # of other kinds of templates each worker opens its own
                offer = stack.enter_context(TemplateServer(template)).offer
            for name, found in self._pool.grade(job, offer, tasks):
                if isinstance(found, IsolationUnavailable):
                    raise found
                yield name, found

    def _grade_here(self, grader: SubmissionGrader, tasks: Iterator[tuple[str, HandedIn]]) -> Iterator[tuple[str, Any]]:
        for name, handed_in in tasks:
            try:
                found: Any = grader.grade(handed_in)
            except IsolationUnavailable:
                raise
            except Exception as error:  # one submission's, whatever it is
                found = error
            yield name, found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        if self._pool is not None:
            self._pool.close()
        for started in (self._template, self._template_start):
            if started is not None:
                started.close()
