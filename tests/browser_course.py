"""A scratch course in a real browser: JupyterLab started by `make lab`, and a Chromium that looks at it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
COPIED = ("Makefile", "requirements.lock", "pyproject.toml", "nbgrader_config.py", "utils/setup", "utils/jupyter")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",  # the tests may run as root, in a container
    "--disable-gpu",
    # no connections of its own, which a closed network would refuse by the hundred
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START = 90  # seconds JupyterLab may take on a busy machine; it takes about five


def copy_course(folder: Path, *lessons: str) -> Path:
    """Copy a course with these lessons into `folder`. It shares the environment that runs the tests."""
    for name in (*COPIED, *(f"solutions/{lesson}" for lesson in lessons)):
        source, copy = ROOT / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb", "checks.json"))
        else:
            shutil.copy(source, copy)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def run_in(course: Path, *command: str) -> str:
    """Run one of the environment's programs in the course; return its output. Raises AssertionError if it fails."""
    program = Path(sys.prefix) / "bin" / command[0]
    done = subprocess.run([program, *command[1:]], cwd=course, capture_output=True, text=True, timeout=300)
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{said[-3000:]}"
    return said


@contextmanager
def make_lab(course: Path, target: str = "lab") -> Iterator[str]:
    """Run `make lab` (or `make teach`) on a free port without opening a browser; yield the address it would open."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"LAB_OPTIONS=--no-browser --port={port}"
    # -o: the shared environment is ready, and make must not install it anew for this copy
    command = ["make", "-o", ".venv/.installed-in", target, options]
    log = course / f"{target}.log"
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=course, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield _address(server, log)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + START
    while time.monotonic() < end:
        found = re.search(r"http://127\.0\.0\.1:\S+token=\w+", log.read_text())
        if found:
            return found.group()
        assert server.poll() is None, f"make stopped:\n{log.read_text()[-3000:]}"
        time.sleep(0.1)
    raise AssertionError(f"make gave no address within {START} s:\n{log.read_text()[-3000:]}")


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome; the variable CHROMIUM names another."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUM)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
