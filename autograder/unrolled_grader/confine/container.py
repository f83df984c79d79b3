"""Confinement by Docker or Podman, where bubblewrap cannot run: a container for each submission.

A container has no network, a read-only root, small private folders in memory, no capabilities and no way to get any,
and limits on memory, processors and processes. It sees of the course what bubblewrap would show: the package `unrolled`
and the data. The next container warms up while a submission is graded. The wire runs over its stdin and stdout.

Only the command line of `docker` and `podman` is used. It is tested against a stand-in that records it and runs the
command under bubblewrap, and against Podman; never yet against Docker.
"""

import contextlib
import hashlib
import itertools
import os
import secrets
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from unrolled_grader.confine import bubblewrap, replies
from unrolled_grader.confine.limits import Limits
from unrolled_grader.confine.results import Ended, IsolationUnavailable
from unrolled_grader.confine.student import StudentProcess
from unrolled_grader.confine.student_side.in_container import REPORT
from unrolled_grader.confine.student_side.namespaces import HOME
from unrolled_grader.confine.template import WARM_UP_SECONDS, Template, with_files_and_time

ENGINES = ("docker", "podman")
ROOT = Path(__file__).parents[3]
RECIPE = Path("autograder/container/Dockerfile")
LOCK = Path("requirements.lock")
WARM = 768 * 2**20  # memory that numpy, torch and matplotlib take before a student's code runs
SHARED = 64 * 2**20  # /dev/shm
COMMAND_SECONDS = 30
MOST_PROCESSES = 16_384  # of one user, in all containers together
NONE_HERE = "neither Docker nor Podman is installed (one of them would do in bubblewrap's place)"
_numbers = itertools.count(1)


def image() -> str:
    """Return the image's name. It changes with what goes into the image, so that an image of an earlier version is
    never used."""
    content = b"".join((ROOT / path).read_bytes() for path in (RECIPE, LOCK))
    return f"unrolled-student:{hashlib.sha256(content).hexdigest()[:12]}"


def build_command(engine: str) -> str:
    """Say what to type to build the image."""
    return f"cd {shlex.quote(str(ROOT))} && {engine} build --tag {image()} --file {RECIPE} ."


def find_engine() -> str:
    """Find Docker or Podman, whichever runs and has the image. Raises IsolationUnavailable with the remedy."""
    if not all((ROOT / path).is_file() for path in (RECIPE, LOCK)):
        raise IsolationUnavailable("a container's image is built in a checkout of Unrolled, and this is none")
    reasons = []
    for engine in filter(shutil.which, ENGINES):
        # the quickest command that needs a running engine and the image
        found = _ask(engine, "image", "inspect", "--format", "{{.Id}}", image())
        if found is None:
            return engine
        missing = any(words in found.lower() for words in ("no such image", "not known", "not found"))
        reasons.append(f"{engine} lacks the image; do: {build_command(engine)}" if missing else f"{engine}: {found}")
    raise IsolationUnavailable("; ".join(reasons) or NONE_HERE)


def run_command(engine: str, name: str, limits: Limits, settings: dict[str, Any]) -> list[str]:
    """Return the command that starts one submission's container under this name."""
    memory = limits.memory + limits.disk + SHARED + WARM  # what lies in its folders in memory counts too
    size = f"rw,nosuid,nodev,mode=1777,size={limits.disk // 2}"
    student = f"{bubblewrap.STUDENT}:{bubblewrap.STUDENT}"
    options = [
        "--rm", "--interactive", "--name", name, "--hostname", "notebook", "--pull", "never", "--log-driver", "none",
        "--network", "none", "--ipc", "private", "--cgroupns", "private", "--read-only", "--user", student,
        "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--security-opt", "label=disable",  # SELinux would hide what is mounted, or want its files relabelled
        "--oom-score-adj", "1000", "--pids-limit", str(2 * limits.processes), "--cpus", "1",
        "--memory", str(memory), "--memory-swap", str(memory), "--shm-size", str(SHARED),
        "--ulimit", "core=0", "--ulimit", f"nofile={limits.files}:{limits.files}",
        "--tmpfs", f"{HOME}:{size}", "--tmpfs", f"/tmp:{size}", "--workdir", HOME,
    ]  # fmt: skip
    options += _limit_on_processes(engine)
    for outside, inside in mounted():
        options += ["--volume", f"{outside}:{inside}:ro"]
    for variable, value in [*bubblewrap.ENVIRONMENT.items(), *((name, inside) for name, inside, _ in _data())]:
        options += ["--env", f"{variable}={value}"]
    python = ["python", *bubblewrap.student_code("in_container", settings, bubblewrap.STUDENT_SIDE)]
    return [engine, "run", *options, image(), *python]


def _limit_on_processes(engine: str) -> list[str]:
    """Return the option that lets Podman start where it lacks the right to raise its own limits (on a virtual machine
    in a container, for one): it asks for more processes a user than root may give. `--pids-limit` is what bounds a
    submission."""
    return ["--ulimit", f"nproc={MOST_PROCESSES}:{MOST_PROCESSES}"] if engine == "podman" else []


def mounted() -> list[tuple[str, str]]:
    """Return the paths of this machine that are seen inside, read-only, as pairs (path here, path inside)."""
    here = [
        (bubblewrap.package_folder(), f"{bubblewrap.STUDENT_SIDE}/unrolled"),
        (str(bubblewrap.HERE / "student_side"), f"{bubblewrap.STUDENT_SIDE}/student_side"),
    ]
    return here + [(outside, inside) for _, inside, outside in _data()]


def _data() -> list[tuple[str, str, str]]:
    return bubblewrap.data_places()


def _ask(engine: str, *arguments: str) -> str | None:
    """Run a short command of the engine; return None if it succeeded, else the last line that it wrote to stderr."""
    try:
        done = subprocess.run(
            [engine, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if done.returncode == 0 else _last_line(done.stderr)


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip()[:500] if lines else "it said nothing"


class ContainerProcess:
    """One submission's container: started when the object is made, reached through the engine's command line."""

    pid = None  # a container may run on a machine of its own (macOS); its processes are not looked at from here

    def __init__(self, engine: str, limits: Limits, settings: dict[str, Any]) -> None:
        self.engine = engine
        self.name = f"unrolled-{os.getpid()}-{next(_numbers)}-{secrets.token_hex(4)}"
        self.connection, theirs = socket.socketpair()
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  `close` closes it, not this block
        with theirs:
            self._process = subprocess.Popen(
                run_command(engine, self.name, limits, settings),
                stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=self._said, start_new_session=True,
            )  # fmt: skip

    def peer_pid(self) -> None:
        """Return None: its stdout is a pipe, whose writer the kernel does not name; only the container holds it."""

    def attach(self, pid: int) -> None:
        """Do nothing: the pid means something only inside the container."""

    def children(self) -> list[int]:
        return []

    def interrupt(self) -> None:
        """Interrupt the code that runs now: the container's first process passes the signal on."""
        _ask(self.engine, "kill", "--signal", "INT", self.name)

    def kill(self) -> None:
        """End the container, and wait until it is gone."""
        if self._process.poll() is None:
            _ask(self.engine, "rm", "--force", self.name)
        try:
            self._process.wait(COMMAND_SECONDS)
        except subprocess.TimeoutExpired:  # the engine does not answer; its client at least must not stay
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        self.connection.close()
        self.kill()
        self._said.close()

    def how_it_ended(self) -> tuple[Ended, str]:
        """Say why it ended: as its first process reported, or in the engine's words if that process never ran."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._said.seek(0)
        said = _last_line(self._said.read()[-20_000:])
        words = said.split()
        if len(words) != 3 or words[0] != REPORT:
            return "exited", f"its container is gone ({said})"
        status, kills = int(words[1]), int(words[2])
        return ("memory", "it used up the memory of its container") if kills else (
            "exited", replies.how_it_ended(status)
        )  # fmt: skip


class ContainerTemplate(Template):
    """Starts one container for each submission; the next one is always warming up."""

    isolation, protected = "container", True

    def __init__(self, limits: Limits, warm: Sequence[str] = ()) -> None:
        self.limits = limits
        self.engine = find_engine()
        self._warm = list(warm)
        self._lock = threading.Lock()
        self._alive: list[StudentProcess] = []
        self._spare: ContainerProcess | None = self._new_container()
        self._first: StudentProcess | None = self._connected()  # here, so that a refusal is known at once

    def start(self, files: Mapping[str, bytes] | None = None, seconds: float | None = None) -> StudentProcess:
        with self._lock:
            student, self._first = self._first or self._connected(), None
            self._alive = [other for other in self._alive if not other.closed] + [student]
            self._spare = self._new_container()
        return with_files_and_time(student, files, seconds)

    def _new_container(self) -> ContainerProcess:
        return ContainerProcess(self.engine, self.limits, self._settings())

    def _connected(self) -> StudentProcess:
        """Return the student process of the spare container, which may still be warming up."""
        process, self._spare = self._spare or self._new_container(), None
        try:
            return StudentProcess(process.connection, process, self.limits, WARM_UP_SECONDS)
        except IsolationUnavailable as error:
            process.close()
            raise IsolationUnavailable(f"{self.engine}: {error}") from error

    def _settings(self) -> dict[str, Any]:
        # `--pids-limit` bounds threads: the kernel counts all that a user runs, in every container, for RLIMIT_NPROC
        resources = bubblewrap.resources(self.limits, threads=None)
        return {
            "layers": ["limits", "filter"], "folder": HOME, "flood": self.limits.output, "limits": resources,
            "warm": self._warm,
        }  # fmt: skip

    def close(self) -> None:
        with self._lock:
            for left in (*self._alive, self._first, self._spare):
                if left is not None:
                    left.close()
            self._alive, self._first, self._spare = [], None, None
