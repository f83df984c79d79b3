"""The trusted side of a warm template: open it once, start a student process for each submission.

The template ends, with all its forks, when this process closes the control socket or dies.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

from unrolled_grader.confine import bubblewrap
from unrolled_grader.confine.forked import ForkedProcess
from unrolled_grader.confine.limits import Limits
from unrolled_grader.confine.processes import Watchdog
from unrolled_grader.confine.results import IsolationUnavailable
from unrolled_grader.confine.student import StudentProcess
from unrolled_grader.confine.student_side.template import READY

WARM_UP_SECONDS = 180  # importing torch from a cold disk is slow
STARTS = 3  # tries to start a student process: its template may be killed, or the machine be full for a moment
PAUSE_SECONDS = 0.5  # between two tries
REMEDY = "`unrolled doctor` says what is missing and what to do; --isolation none grades without protection"


class Template(ABC):
    """Where student processes come from; a context manager.

    `isolation` is one of `options.ISOLATIONS` without "auto"; `protected` says whether student code is confined.
    """

    isolation: str
    protected: bool
    limits: Limits

    @abstractmethod
    def start(self, files: Mapping[str, bytes] | None = None, seconds: float | None = None) -> StudentProcess:
        """Start a fresh student process whose working folder has these files (relative path: content).

        `seconds` is the time for the whole notebook, by default that of the limits.

        Raises IsolationUnavailable if the machine refuses, ValueError for a file name that leads elsewhere.
        """

    @abstractmethod
    def close(self) -> None:
        """End the template, and with it every student process that still lives."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()


def with_files_and_time(
    student: StudentProcess, files: Mapping[str, bytes] | None, seconds: float | None
) -> StudentProcess:
    """Return the student process with its files in place and its time set. Closes it where that fails."""
    if seconds is not None:
        student.seconds_left = seconds
    try:
        student.put_files(files or {})
    except BaseException:
        student.close()
        raise
    return student


class ForkingTemplate(Template):
    """A warm template process, in bubblewrap or (isolation "none") a plain one, that forks for each submission."""

    def __init__(self, isolation: str, limits: Limits, warm: Sequence[str] = ()) -> None:
        self.isolation = isolation
        self._warm = list(warm)
        self.protected = isolation != "none"
        self.limits = limits
        self._watchdog = Watchdog()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[Any] | None = None
        self._launch()

    def start(self, files: Mapping[str, bytes] | None = None, seconds: float | None = None) -> StudentProcess:
        for number in range(STARTS):
            student = self._try_to_start(last=number == STARTS - 1)
            if student is not None:
                break
            time.sleep(PAUSE_SECONDS)
        assert student is not None
        return with_files_and_time(student, files, seconds)

    def _try_to_start(self, last: bool) -> StudentProcess | None:
        """Start a student process. Where it does not come up: return None, or in the last try raise
        IsolationUnavailable. Where the template cannot even be asked, `request_fork` raises it at once: a second try
        would fail too."""
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        try:
            if self.protected:
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            self.request_fork(theirs.fileno(), write)
        except BaseException:
            ours.close()
            os.close(read)
            raise
        finally:
            theirs.close()
            os.close(write)
        try:
            return self._connected(ours, read)
        except IsolationUnavailable:
            if last:
                raise
            return None

    @property
    def process_id(self) -> int | None:
        """The pid of the template's outermost process; None when it is closed."""
        return None if self._process is None else self._process.pid

    def _connected(self, ours: socket.socket, read: int) -> StudentProcess:
        process = ForkedProcess(ours, read, self.protected)
        try:
            student = StudentProcess(ours, process, self.limits)
            process.watch_with(self._watchdog, self.limits)
            return student
        except IsolationUnavailable as error:
            ours.close()
            os.close(read)
            raise IsolationUnavailable(f"{error}; {REMEDY}") from error

    def request_fork(self, *descriptors: int) -> None:
        """Ask for a fork with this channel and this pipe for its report. A killed template is started again, once.

        Raises:
            IsolationUnavailable: the template does not start.
        """
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._launch()
            try:
                socket.send_fds(self._control, [b"F"], descriptors)
            except OSError:
                self._launch()
                socket.send_fds(self._control, [b"F"], descriptors)

    def _launch(self) -> None:
        self._stop()
        self._folder = "" if self.protected else tempfile.mkdtemp(prefix="unrolled-")
        self._messages = self._open_messages()
        self._control, theirs = socket.socketpair()
        try:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                self._command(number), env=self._environment(), stdin=subprocess.DEVNULL, stdout=self._messages,
                stderr=self._messages, pass_fds=[number], start_new_session=True, cwd="/",
            )  # fmt: skip
        finally:
            theirs.close()
        self._control.settimeout(WARM_UP_SECONDS)
        try:
            ready = self._control.recv(1)
        except OSError:
            ready = b""
        if ready != READY:
            message = self._last_words()
            self._stop()
            raise IsolationUnavailable(f"the student template did not start: {message}; {REMEDY}")
        self._control.settimeout(None)

    def _command(self, control: int) -> list[str]:
        settings = {**self._settings(), "control": control}
        if self.protected:
            return bubblewrap.launcher(settings)
        folders = str(Path(__file__).parent), os.path.dirname(bubblewrap.package_folder())
        return [sys.executable, *bubblewrap.student_code("template", settings, *folders)]

    def _environment(self) -> dict[str, str]:
        if self.protected:
            return {}
        own = {"HOME": self._folder, "TMPDIR": self._folder, "PATH": os.environ.get("PATH", os.defpath)}
        elsewhere = {name: f"{self._folder}/{name.lower()}" for name in ("MPLCONFIGDIR", "IPYTHONDIR")}
        elsewhere |= {name: outside for name, _, outside in bubblewrap.data_places()}
        fork = {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"} if sys.platform == "darwin" else {}
        return {**bubblewrap.ENVIRONMENT, **own, **elsewhere, **fork}

    def _settings(self) -> dict[str, Any]:
        limits = self.limits
        resources = bubblewrap.resources(limits, limits.threads if self.protected else None)
        return {
            "layers": self._layers(), "folder": self._folder, "disk": limits.disk, "flood": limits.output,
            "kept_in_tmp": bubblewrap.kept_in_tmp() if self.protected else [], "limits": resources, "warm": self._warm,
        }  # fmt: skip

    def _layers(self) -> list[str]:
        """Name the layers that a student process puts around itself."""
        return ["namespaces", "limits", "filter"] if self.protected else ["limits"]

    def _open_messages(self) -> IO[bytes]:
        with tempfile.TemporaryFile() as file:  # a second descriptor of it outlives this block
            return os.fdopen(os.dup(file.fileno()), "w+b")

    def _last_words(self) -> str:
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
        self._messages.seek(0)
        lines = self._messages.read(20_000).decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _stop(self) -> None:
        if self._process is None:
            return
        self._control.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._messages.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        with self._lock:
            self._stop()
