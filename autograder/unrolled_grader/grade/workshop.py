"""What the submissions of a batch share: one warm template of student processes, one grader a lesson."""

import atexit
from contextlib import suppress

from unrolled_grader.confine import Limits, Template, open_template
from unrolled_grader.grade.assignment import Assignment
from unrolled_grader.grade.execute import Grader


class Workshop:
    """Opens a template when it is first needed and keeps it until `close`."""

    def __init__(self) -> None:
        self._template: Template | None = None
        self._wanted: tuple[str, Limits] | None = None
        self._grader: Grader | None = None

    def template(self, isolation: str, limits: Limits) -> Template:
        """The template of this isolation (one of `confine.ISOLATIONS`), under these limits.

        Raises:
            IsolationUnavailable: this machine cannot confine student code so; the message names the remedy.
        """
        if self._template is None or self._wanted != (isolation, limits):
            self.close()
            self._template = open_template(isolation, limits).__enter__()
            self._wanted = isolation, limits
        return self._template

    def grader(self, assignment: Assignment, isolation: str, limits: Limits) -> Grader:
        """The grader of an assignment, its check table and trusted names made once."""
        template = self.template(isolation, limits)
        grader = self._grader
        if grader is None or grader.assignment is not assignment or grader.template is not template:
            grader = self._grader = Grader(assignment, template)
        return grader

    def close(self) -> None:
        """End the template and with it all that is left of student processes."""
        template, self._template, self._grader = self._template, None, None
        if template is not None:
            with suppress(OSError):
                template.__exit__(None, None, None)


WORKSHOP = Workshop()
atexit.register(WORKSHOP.close)
