"""Does a student process start, whatever becomes of its template meanwhile?"""

import contextlib
import os
import signal
from typing import Any

import pytest
from process_tree import descendants

from unrolled_grader.confine import IsolationUnavailable, open_template
from unrolled_grader.confine.student_side import template as student_template
from unrolled_grader.confine.template import STARTS, ForkingTemplate


def test_a_template_that_was_killed_is_opened_again(template):
    with open_template("bubblewrap") as other:
        with other.start() as student:
            os.kill(other.process_id, signal.SIGKILL)
            os.kill(other.process_id, 0)  # not reaped before the template notices
        with other.start() as student:
            assert student.run_cell("1").error is None


def dies_as_students_start(template: ForkingTemplate, monkeypatch: pytest.MonkeyPatch, times: int) -> list[Any]:
    """Kill the template's sandbox whenever it is asked for a student process, so many times; return the list of who
    asks."""
    ask, asked = template.request_fork, []

    def ask_and_kill(*descriptors):
        ask(*descriptors)
        asked.append(descriptors)
        if len(asked) <= times:
            for pid in descendants(template.process_id):
                with contextlib.suppress(ProcessLookupError):  # the first one took it along
                    os.kill(pid, signal.SIGKILL)

    monkeypatch.setattr(template, "request_fork", ask_and_kill)
    return asked


@pytest.mark.parametrize("times", [1, 2])
def test_a_student_process_that_dies_as_it_starts_is_started_again(times, monkeypatch):
    with open_template("bubblewrap") as other:
        asked = dies_as_students_start(other, monkeypatch, times)
        with other.start({"a.txt": b"7"}) as student:
            assert student.run_cell("assert open('a.txt').read() == '7'").error is None
        assert len(asked) == times + 1


def test_where_none_starts_the_last_reason_is_told_with_a_remedy(monkeypatch):
    with open_template("bubblewrap") as other:
        asked = dies_as_students_start(other, monkeypatch, STARTS)
        with pytest.raises(IsolationUnavailable, match="could not be started: .*unrolled doctor"):
            other.start()
        assert len(asked) == STARTS


def test_a_fork_that_the_kernel_refuses_is_reported_and_the_template_goes_on(monkeypatch):
    def refused():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    read, write = os.pipe()
    assert student_template._forked(write) is False
    os.close(write)
    assert os.read(read, 600) == b"Ethe kernel made no process: [Errno 11] Resource temporarily unavailable"
    os.close(read)
