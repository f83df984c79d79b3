"""Does the container way run on a real engine? Against Debian's Podman, where it is installed."""

from collections.abc import Iterator

import pytest
import real_engine

from unrolled_grader.confine import Limits, Template, open_template

pytestmark = pytest.mark.skipif(bool(real_engine.missing()), reason=real_engine.missing() or "-")
LIMITS = Limits(cell_seconds=20, grace=2, memory=300 * 2**20, disk=32 * 2**20)


@pytest.fixture(scope="module", autouse=True)
def engine(tmp_path_factory: pytest.TempPathFactory) -> None:
    real_engine.make_image(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="module")
def template(engine: None) -> Iterator[Template]:
    with open_template("container", LIMITS) as opened:
        yield opened


def test_what_the_course_needs_runs(template):
    with template.start({"mine.py": b"x = 3"}) as student:
        result = student.run_cell(
            "import torch, matplotlib, numpy as np, threading, subprocess, asyncio, mine\n"
            "from unrolled import check\n"
            "thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()\n"
            "print(subprocess.run(['echo', 'program'], capture_output=True, text=True).stdout)\n"
            "await asyncio.sleep(0)\n"
            "print(torch.ones(3).sum().item(), mine.x)"
        )
        assert result.error is None, result.error
        assert "thread" in result.outputs[0]["text"] and "3.0 3" in result.outputs[0]["text"]
