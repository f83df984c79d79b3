"""What several test files share: one warm template of confined student processes, as warming one takes seconds; and
how `make test` deals tests out to processes."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from unrolled_grader.confine import Limits, StudentProcess, Template, open_template
from unrolled_grader.confine.shared_template import TemplateServer
from unrolled_grader.confine.template import ForkingTemplate

MIB = 2**20
TIGHT = Limits(cell_seconds=20, grace=1, memory=200 * MIB, disk=32 * MIB, output=2_000_000)
SECRET = "a-secret-of-the-environment"


@pytest.fixture(scope="session")
def template() -> Iterator[ForkingTemplate]:
    """Yield a template with tight limits, opened while the environment holds a secret."""
    os.environ["UNROLLED_TEST_SECRET"] = SECRET
    try:
        with open_template("bubblewrap", TIGHT) as opened:
            assert isinstance(opened, ForkingTemplate)
            yield opened
    finally:
        del os.environ["UNROLLED_TEST_SECRET"]


@pytest.fixture
def student(template: Template) -> Iterator[StudentProcess]:
    """Yield a fresh confined student process."""
    with template.start() as process:
        yield process


@pytest.fixture
def lent(template: ForkingTemplate) -> Iterator[str]:
    """Yield the offer of a template that is warm already."""
    with TemplateServer(template) as lender:
        yield json.dumps(asdict(lender.offer))


class FilesAndLessons(LoadFileScheduling):
    """A file's tests run in one process, as they share what takes long to make; the lessons of `test_lesson_runs.py`,
    which take minutes, in any."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        return f"{file}{test.partition('[')[2]}" if file.endswith("test_lesson_runs.py") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesAndLessons:
    """Return the scheduler of tests that replaces xdist's own."""
    return FilesAndLessons(config, log)
