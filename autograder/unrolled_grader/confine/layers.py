"""Each layer of the confinement, measured: student processes are started, and try what they must not be able to do.

Nothing is believed because it was asked for. What can be seen from outside (user, namespaces, filter) is read there.
"""

import os
import socket
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path

from unrolled_grader.confine.results import IsolationUnavailable, Layer, Limits, StudentProcessEnded
from unrolled_grader.confine.student import StudentProcess
from unrolled_grader.confine.template import Template, open_template
from unrolled_grader.course import CONFIG

PROBE_LIMITS = Limits(cell_seconds=10, grace=0.5, memory=64 * 2**20, disk=8 * 2**20, output=1_000_000)
NOT_STARTED = "student process"
NAMESPACES = ("user", "pid", "mnt", "ipc", "net", "uts")


def layers(isolation: str = "auto") -> list[Layer]:
    """What confines a student process here, layer by layer, as measured just now.

    Where no student process can be started at all, that is the one layer, off, and its detail the reason.
    """
    try:
        with open_template(isolation, PROBE_LIMITS) as template:
            return [_measure(template, name, probe) for name, probe in PROBES]
    except IsolationUnavailable as error:
        return [Layer(NOT_STARTED, False, str(error))]


Seen = tuple[bool, str]


def _measure(template: Template, name: str, probe: Callable[[Template, StudentProcess], Seen]) -> Layer:
    with template.start({"beside.txt": b"a file"}) as student:
        try:
            on, detail = probe(template, student)
        except (StudentProcessEnded, IsolationUnavailable, OSError) as error:
            on, detail = False, f"the probe failed: {error}"
    return Layer(name, on, detail)


def _tried(student: StudentProcess, source: str) -> str:
    """Run a probe in the student process; what it assigned to `seen`."""
    result = student.run_cell(textwrap.dedent(source))
    if result.error:
        raise OSError(f"{result.error.kind}: {result.error.message}")
    return str(student.fetch("seen"))


def _status(student: StudentProcess) -> dict[str, str]:
    lines = Path(f"/proc/{student.pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _user(template: Template, student: StudentProcess) -> Seen:
    status = _status(student)
    user, capabilities = int(status["Uid"].split()[0]), int(status["CapEff"], 16)
    detail = f"uid {user} outside, {'no' if not capabilities else 'some'} capabilities"
    return user != 0 and not capabilities, detail


def _namespaces(template: Template, student: StudentProcess) -> Seen:
    shared = [name for name in NAMESPACES if _namespace(student.pid, name) == _namespace(os.getpid(), name)]
    with template.start() as other:
        shared += [name for name in NAMESPACES if _namespace(student.pid, name) == _namespace(other.pid, name)]
    if shared:
        return False, f"shared with this process or with another submission: {', '.join(dict.fromkeys(shared))}"
    return True, f"own {', '.join(NAMESPACES)} for each submission"


def _namespace(pid: int, name: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{name}")


def _files(template: Template, student: StudentProcess) -> Seen:
    """It must see neither the grader's package nor any other file of ours, and write nowhere but in its own places."""
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0o644)
        hidden = [str(Path(__file__).resolve()), file.name, "/etc/passwd", str(Path.cwd() / CONFIG)]
        return _seen_or_writable(student, hidden)


def _seen_or_writable(student: StudentProcess, hidden: list[str]) -> Seen:
    seen = _tried(student, f"""
        import os
        seen = [path for path in {hidden!r} if os.path.exists(path)]
        writable = [line.split()[1] for line in open("/proc/self/mounts") if "rw" in line.split()[3].split(",")]
        seen += [path for path in writable if not path.startswith(("/proc", "/dev/", "/home/student", "/tmp"))]
        seen = ", ".join(seen[:4] + ["more"] * (len(seen) > 4))
    """)
    return not seen, f"can see or change {seen}" if seen else "read-only; no grader, no course, no home, no passwords"


def _nothing_stays(template: Template, student: StudentProcess) -> Seen:
    """What a submission plants, the next one must not find; what it starts must end with it."""
    _tried(student, """
        import os, subprocess
        for folder in ("/tmp", "/dev/shm", os.path.expanduser("~"), "/var/tmp"):
            try:
                open(os.path.join(folder, "planted-by-a-probe"), "w").close()
            except OSError:
                pass
        sleeper = subprocess.Popen(["sleep", "60"], start_new_session=True)
        seen = ""
    """)
    left = student.children()
    student.close()
    alive = [pid for pid in left if Path(f"/proc/{pid}").exists()]
    with template.start() as other:
        seen = _tried(other, """
            import os
            folders = ("/tmp", "/dev/shm", os.path.expanduser("~"), "/var/tmp")
            names = [os.path.join(folder, "planted-by-a-probe") for folder in folders]
            seen = ", ".join(name for name in names if os.path.exists(name))
            for name in seen.split(", ") if seen else []:
                os.unlink(name)
        """)
    if seen or alive or not left:
        return False, f"left behind: {seen or 'a process'}"
    return True, "files and processes end with their submission"


def _network(template: Template, student: StudentProcess) -> Seen:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = _tried(student, f"""
            import socket
            try:
                socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), 2).close()
                seen = "reached a server of this machine"
            except OSError as error:
                seen = ""
            interfaces = [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line]
            if interfaces not in ([], ["lo"]):
                seen += f" has the interfaces {{', '.join(interfaces)}}"
        """)
    return not seen, seen.strip() or "no interface but an unconfigured loopback; sockets refused"


def _seccomp(template: Template, student: StudentProcess) -> Seen:
    mode = _status(student).get("Seccomp")
    seen = _tried(student, """
        import ctypes, os, subprocess
        libc = ctypes.CDLL(None, use_errno=True)
        tries = {"unshare": lambda: libc.unshare(0x10000000), "ptrace": lambda: libc.ptrace(0, 0, 0, 0)}
        seen = ", ".join(name for name, attempt in tries.items() if attempt() != -1 or ctypes.get_errno() != 1)
    """)
    if mode == "2" and not seen:
        return True, "filter on; unshare and ptrace refused"
    return False, f"no filter, or it lets through: {seen or 'unknown calls'}"


def _limits(template: Template, student: StudentProcess) -> Seen:
    limits = template.limits
    seen = _tried(student, f"""
        import resource
        wanted = {{"files": (resource.RLIMIT_NOFILE, {limits.files}),
                   "file size": (resource.RLIMIT_FSIZE, {limits.disk}),
                   "threads": (resource.RLIMIT_NPROC, {limits.threads}), "core": (resource.RLIMIT_CORE, 0)}}
        seen = [name for name, (number, most) in wanted.items() if not 0 <= resource.getrlimit(number)[1] <= most]
        if resource.getrlimit(resource.RLIMIT_AS)[1] < 0 or resource.getrlimit(resource.RLIMIT_CPU)[1] < 0:
            seen.append("memory or processor time")
        seen = ", ".join(seen)
    """)
    return not seen, f"not limited: {seen}" if seen else "memory, processor time, threads, files, sizes"


def _watchdog(template: Template, student: StudentProcess) -> Seen:
    try:
        student.run_cell("import time\nkept = [b'x' * 2**20 for _ in range(100)]\ntime.sleep(3)")
    except StudentProcessEnded as error:
        return error.ended == "memory", error.reason
    return False, "100 MiB were held where 64 MiB are allowed"


def _clock(template: Template, student: StudentProcess) -> Seen:
    try:
        student.run_cell("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", timeout=0.3)
    except StudentProcessEnded as error:
        return error.ended == "timeout", "an endless loop that ignores interrupts was killed"
    return False, "an endless loop went on"


def _output(template: Template, student: StudentProcess) -> Seen:
    try:
        student.run_cell("while True: print('x' * 10_000)", timeout=5)
    except StudentProcessEnded as error:
        return error.ended == "output", error.reason
    return False, "output is not bounded"


PROBES: tuple[tuple[str, Callable[[Template, StudentProcess], Seen]], ...] = (
    ("user", _user),
    ("namespaces", _namespaces),
    ("file system", _files),
    ("nothing stays", _nothing_stays),
    ("network", _network),
    ("system calls", _seccomp),
    ("resource limits", _limits),
    ("memory watchdog", _watchdog),
    ("wall clock", _clock),
    ("output", _output),
)
