"""Each layer of the confinement, measured: student processes are started, and try what they must not be able to do.

Nothing is believed because it was asked for.
"""

import ctypes
import os
import socket
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from unrolled_grader.confine import bubblewrap
from unrolled_grader.confine.isolation import open_template
from unrolled_grader.confine.limits import Limits
from unrolled_grader.confine.processes import floor, free_memory
from unrolled_grader.confine.results import IsolationUnavailable, Layer, StudentProcessEnded
from unrolled_grader.confine.student import StudentProcess
from unrolled_grader.confine.template import Template
from unrolled_grader.course import CONFIG

PROBE_LIMITS = Limits(cell_seconds=10, grace=0.5, memory=64 * 2**20, disk=8 * 2**20, output=1_000_000)
STARTED = "student process"
NAMESPACES = ("user", "pid", "mnt", "ipc", "net", "uts", "cgroup")
HOME_WORK = "/home/student/notebook"
OWN_PLACES = ("/home/student", "/tmp", "/dev/shm", "/dev/mqueue")


def probe_layers(isolation: str = "auto", hidden: Iterable[Path] = ()) -> list[Layer]:
    """Measure just now what confines a student process here, layer by layer. `hidden` are further places that it must
    not see: the course, the exchange.

    Where no student process can be started at all, that is the one layer, off, and its detail the reason.
    """
    try:
        with open_template(isolation, PROBE_LIMITS, warm=()) as template:
            started = Layer(STARTED, True, f"starts; isolation: {template.isolation}")
            template_hidden = [str(path) for path in hidden if path.exists()]
            view = Probe("view", lambda template, student: _view(template, student, template_hidden), KERNEL)
            return [started, *(measure(template, probe) for probe in (*PROBES, view))]
    except IsolationUnavailable as error:
        return [Layer(STARTED, False, str(error))]


Seen = tuple[bool, str]


@dataclass(frozen=True)
class Probe:
    """One layer: how it is tried, and what it needs where it is off."""

    name: str
    attempt: Callable[[Template, StudentProcess], Seen]
    needs: str


def measure(template: Template, probe: Probe) -> Layer:
    """Try one layer by a fresh student process."""
    with template.start({"beside.txt": b"a file"}) as student:
        try:
            on, detail = probe.attempt(template, student)
        except (StudentProcessEnded, IsolationUnavailable, OSError) as error:
            on, detail = False, f"the probe failed: {error}"
    return Layer(probe.name, on, detail, "" if on else probe.needs)


def _tried(student: StudentProcess, source: str) -> str:
    """Run a probe in the student process; what it assigned to `seen`."""
    result = student.run_cell(textwrap.dedent(source))
    if result.error:
        raise OSError(f"{result.error.kind}: {result.error.message}")
    return str(student.fetch("seen"))


def _user(template: Template, student: StudentProcess) -> Seen:
    seen = _tried(
        student,
        """
        import os
        tries = {"become root": lambda: os.setuid(0), "give a file away": lambda: os.chown("beside.txt", 0, 0),
                 "jump the queue": lambda: os.nice(-5)}
        seen = []
        for name, attempt in tries.items():
            try:
                attempt()
                seen.append(name)
            except OSError:
                pass
        seen = ", ".join(seen + ["be root"] * (os.getuid() == 0))
    """,
    )
    return not seen, f"can {seen}" if seen else "an ordinary user, without capabilities"


def _namespaces(template: Template, student: StudentProcess) -> Seen:
    # an engine of containers has one user namespace for all of them
    wanted = [name for name in NAMESPACES if (template.isolation, name) != ("container", "user")]
    mine = _own_namespaces(student, wanted)
    with template.start() as other:
        theirs = _own_namespaces(other, wanted)
    ours = [os.readlink(f"/proc/self/ns/{name}") if os.path.isdir("/proc/self/ns") else "" for name in wanted]
    shared = [name for name, one, two, three in zip(wanted, mine, theirs, ours, strict=True) if one in (two, three)]
    reached = _reached(student)
    if shared or reached:
        return False, f"shared with the grader or another submission: {', '.join(shared)}; reached: {reached or '-'}"
    return True, f"own {', '.join(wanted)} for each submission; the grader's processes and channels are out of reach"


def _own_namespaces(student: StudentProcess, wanted: list[str]) -> list[str]:
    paths = [f"/proc/self/ns/{name}" for name in wanted]
    return _tried(student, f"import os\nseen = ' '.join(os.readlink(path) for path in {paths!r})").split()


def _reached(student: StudentProcess) -> str:
    """Say which of four things that only shared namespaces show the student process finds: "" for none."""
    with _segment() as segment, socket.socket(socket.AF_UNIX) as server:
        name = f"unrolled-probe-{os.getpid()}"
        if os.path.isdir("/proc"):
            server.bind(f"\0{name}")
            server.listen()
        return _tried(
            student,
            f"""
            import os, socket
            seen = ["its name (uts)"] * (socket.gethostname() == {socket.gethostname()!r})
            try:
                socket.socket(socket.AF_UNIX).connect("\\0{name}")
                seen.append("a socket (net)")
            except OSError:
                pass
            if os.path.isdir("/proc/{os.getpid()}") and open("/proc/{os.getpid()}/comm").read() == {_comm()!r}:
                seen.append("its process (pid)")
            segments = [line.split()[1] for line in open("/proc/sysvipc/shm")]
            seen = ", ".join(seen + ["shared memory (ipc)"] * ({segment!r} in segments))
        """,
        )


@contextmanager
def _segment() -> Iterator[str]:
    """Make a piece of System V shared memory of this process; yield its number."""
    libc = ctypes.CDLL(None, use_errno=True)
    number = libc.shmget(0, 4096, 0o1600)
    try:
        yield str(number)
    finally:
        if number >= 0:
            libc.shmctl(number, 0, None)


def _comm() -> str:
    path = Path("/proc/self/comm")
    return path.read_text() if path.exists() else ""


def _files(template: Template, student: StudentProcess) -> Seen:
    """Try whether it sees the grader's package or any other file of ours, or writes anywhere but in its own places."""
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0o644)
        hidden = [str(Path(__file__).resolve()), file.name, str(Path.cwd() / CONFIG)]
        if template.isolation != "container":  # whose image has passwords of its own, of nobody
            hidden.append("/etc/passwd")
        return _seen_or_writable(student, hidden)


def _seen_or_writable(student: StudentProcess, hidden: list[str]) -> Seen:
    seen = _tried(
        student,
        f"""
        import os
        seen = [path for path in {hidden!r} if os.path.exists(path)]
        for folder, folders, _ in os.walk("/"):
            folders[:] = [name for name in folders
                          if os.path.join(folder, name) not in ("/proc", "/sys", *{OWN_PLACES!r})]
            if len(seen) < 5 and os.access(folder, os.W_OK):
                try:
                    open(os.path.join(folder, "planted-by-a-probe"), "w").close()
                    os.unlink(os.path.join(folder, "planted-by-a-probe"))
                    seen.append(folder)
                except OSError:
                    pass
        seen = ", ".join(seen[:4] + ["more"] * (len(seen) > 4))
    """,
    )
    return not seen, f"can see or change {seen}" if seen else "read-only; no grader, no course, no home, no passwords"


def _view(template: Template, student: StudentProcess, hidden: list[str]) -> Seen:
    """Try whether what is mounted inside is what the list names, and whether anything of ours can be reached."""
    seen = _tried(
        student,
        f"""
        import os
        mounts = {{line.split()[4] for line in open("/proc/self/mountinfo")}}  # a blank is written by its code
        mounts = sorted(path.encode("latin-1", "backslashreplace").decode("unicode_escape") for path in mounts)
        seen = "\\n".join(["", *mounts] + ["HIDDEN " + path for path in {hidden!r} if os.path.exists(path)])
    """,
    )
    lines = seen.split("\n")[1:]
    reached = [line.removeprefix("HIDDEN ") for line in lines if line.startswith("HIDDEN ")]
    if reached:
        return False, f"can see {', '.join(reached)}"
    if template.isolation == "container":  # the image is a system of its own
        return True, "nothing of the course's own folders"
    allowed = [*bubblewrap.view().paths(), "/", "/proc", "/dev", "/tmp", "/home/student"]
    odd = [line for line in lines if not any(line == path or line.startswith(f"{path}/") for path in allowed[:-5])]
    odd = [line for line in odd if line not in allowed and not line.startswith("/dev/") and line != HOME_WORK]
    masked = {part for part in bubblewrap._masked(bubblewrap.view()) if isinstance(part, str)}
    odd = [line for line in odd if line not in masked]
    if odd:
        return False, f"holds what is not on the list: {', '.join(odd[:4])}"
    return True, f"{len(lines)} places, each on the list; neither course nor exchange"


def _nothing_stays(template: Template, student: StudentProcess) -> Seen:
    """Try whether the next submission finds what one has planted, and whether what it starts ends with it."""
    _tried(
        student,
        """
        import os, subprocess
        for folder in ("/tmp", "/dev/shm", os.path.expanduser("~"), "/var/tmp"):
            try:
                open(os.path.join(folder, "planted-by-a-probe"), "w").close()
            except OSError:
                pass
        sleeper = subprocess.Popen(["sleep", "60.125"], start_new_session=True)
        seen = ""
    """,
    )
    left = student.children()
    student.close()
    alive = [pid for pid in left if Path(f"/proc/{pid}").exists()]
    with template.start() as other:
        seen = _tried(
            other,
            """
            import glob, os
            folders = ("/tmp", "/dev/shm", os.path.expanduser("~"), "/var/tmp")
            names = [os.path.join(folder, "planted-by-a-probe") for folder in folders]
            seen = [name for name in names if os.path.exists(name)]
            for name in seen:
                os.unlink(name)
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    seen += ["a process"] * (open(path, "rb").read() == b"sleep\\x0060.125\\x00")
                except OSError:
                    pass
            seen = ", ".join(seen)
        """,
        )
    if seen or alive:
        return False, f"left behind: {seen or 'a process'}"
    return True, "files and processes end with their submission"


def _network(template: Template, student: StudentProcess) -> Seen:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = _tried(
            student,
            f"""
            import socket
            try:
                socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), 2).close()
                seen = "reached a server of this machine"
            except OSError as error:
                seen = ""
            interfaces = [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line]
            if interfaces not in ([], ["lo"]):
                seen += f" has the interfaces {{', '.join(interfaces)}}"
        """,
        )
    return not seen, seen.strip() or "no interface but an unconfigured loopback; sockets refused"


def _seccomp(template: Template, student: StudentProcess) -> Seen:
    """Try calls that any user may make where there is no filter: a refusal is the filter's."""
    seen = _tried(
        student,
        """
        import ctypes, socket
        libc = ctypes.CDLL(None, use_errno=True)
        tries = {"memfd_create": lambda: libc.memfd_create(b"x", 0), "shmget": lambda: libc.shmget(0, 4096, 0o1600),
                 "ptrace": lambda: libc.ptrace(0, 0, 0, 0), "personality": lambda: libc.personality(0xFFFFFFFF)}
        seen = [name for name, attempt in tries.items() if attempt() != -1 or ctypes.get_errno() != 1]
        try:
            socket.socket(socket.AF_INET).close()
            seen.append("an internet socket")
        except PermissionError:
            pass
        seen = ", ".join(seen)
    """,
    )
    return not seen, f"let through: {seen}" if seen else "refused: memfd_create, shmget, ptrace, internet sockets"


def _limits(template: Template, student: StudentProcess) -> Seen:
    limits = template.limits
    seen = _tried(
        student,
        f"""
        import mmap, resource, threading
        def files():
            kept = [open("/dev/null") for _ in range({limits.files} + 1)]
        def memory():
            mmap.mmap(-1, {limits.memory} * 16).close()
        def threads():
            done = threading.Event()
            try:
                for _ in range({limits.threads} + 1):
                    threading.Thread(target=done.wait, daemon=True).start()
            finally:
                done.set()
        seen = []
        for attempt in files, memory, threads:
            try:
                attempt()
                seen.append(attempt.__name__)
            except (OSError, RuntimeError, MemoryError):
                pass
        for name in "RLIMIT_FSIZE", "RLIMIT_CPU", "RLIMIT_CORE":  # too slow to be tried
            seen += [name] * (resource.getrlimit(getattr(resource, name))[1] < 0)
        seen = ", ".join(seen)
    """,
    )
    return not seen, f"not limited: {seen}" if seen else "memory, processor time, threads, files, sizes"


def _watchdog(template: Template, student: StudentProcess) -> Seen:
    """Let twelve processes take 100 MiB each; one alone would be stopped by its own limits."""
    try:
        seen = _tried(
            student,
            """
            import os, time
            pids = []
            for _ in range(12):
                pid = os.fork()
                if pid == 0:
                    kept = b"x" * (100 << 20)
                    time.sleep(3)
                    os._exit(0)
                pids.append(pid)
            seen = sum(os.waitpid(pid, 0)[1] == 0 for pid in pids)
        """,
        )
    except StudentProcessEnded as error:
        return error.ended == "memory", error.reason
    return int(seen) < 12, f"{seen} of 12 processes held 100 MiB each"


def _kernel_memory(template: Template, student: StudentProcess) -> Seen:
    """Try each kind of memory that no process is charged for: refused, or ended by who watches."""
    seen = _tried(
        student,
        """
        import ctypes, fcntl, mmap, os, socket
        libc = ctypes.CDLL(None, use_errno=True)
        def zero():
            mmap.mmap(os.open("/dev/zero", os.O_RDWR), 1 << 20, mmap.MAP_SHARED)
        def wide(option):
            socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, option, 1 << 26)
        def called(*arguments):
            if libc.syscall(*arguments) < 0:
                raise OSError
        keys, rings = ((248, 206) if os.uname().machine == "x86_64" else (217, 0))
        def spared():
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write("0")
        tries = {
            "shared memory": lambda: mmap.mmap(-1, 1 << 20), "shared memory of /dev/zero": zero,
            "wide sockets": lambda: wide(socket.SO_SNDBUF),
            "datagrams": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
            "wide pipes": lambda: fcntl.fcntl(os.pipe()[1], 1031, 1 << 20),
            "keyrings": lambda: called(keys, b"user", b"k", b"x", 1, -3),
            "rings of asynchronous I/O": lambda: called(rings, 1, ctypes.byref(ctypes.c_ulong(0))),
            "being spared by the kernel": spared,
        }
        seen = []
        for name, attempt in tries.items():
            try:
                attempt()
                seen.append(name)
            except OSError:
                pass
        seen = ", ".join(seen)
    """,
    )
    return not seen, f"can have {seen}" if seen else "shared memory, wide buffers, keyrings, rings: each refused"


def _sockets(template: Template, student: StudentProcess) -> Seen:
    """Put more into the buffers of sockets than a submission may hold."""
    try:
        seen = _tried(
            student,
            """
            import os, socket, time
            kept, held = [], 0
            for _ in range(5):
                if os.fork() == 0:
                    for _ in range(120):
                        kept.append(socket.socketpair())
                        kept[-1][0].setblocking(False)
                        try:
                            while True: kept[-1][0].send(b"x" * 65536)
                        except OSError: pass
                    time.sleep(1)
                    os._exit(0)
            time.sleep(1)
            seen = "five processes filled 600 sockets"
        """,
        )
    except StudentProcessEnded as error:
        return error.ended == "memory", error.reason
    return False, seen


def _floor(template: Template, student: StudentProcess) -> Seen:
    """Say whether it is known how much memory is free, and what of it is kept."""
    free, total = free_memory()
    if not total:
        return False, "it is not told how much memory is free"
    return True, f"the youngest submission ends below {floor(total) >> 20} MiB free (now {free >> 20} MiB)"


def _cell_clock(template: Template, student: StudentProcess) -> Seen:
    try:
        student.run_cell("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", timeout=0.3)
    except StudentProcessEnded as error:
        return error.ended == "timeout", "an endless loop that ignores interrupts was killed"
    return False, "an endless loop went on"


def _notebook_clock(template: Template, student: StudentProcess) -> Seen:
    """Run cells that are each within their time, and together are not."""
    with template.start(seconds=1) as slow:
        try:
            for _ in range(20):
                slow.run_cell("import time; time.sleep(0.3)")
        except StudentProcessEnded as error:
            return error.ended == "timeout", "twenty cells of 0.3 s were stopped after 1 s"
    return False, "a notebook went on past its time"


def _output(template: Template, student: StudentProcess) -> Seen:
    try:
        student.run_cell("while True: print('x' * 10_000)", timeout=5)
    except StudentProcessEnded as error:
        return error.ended == "output", error.reason
    return False, "output is not bounded"


LINUX = "the grader on Linux, with `unrolled grade` (not --isolation none)"
KERNEL = "a kernel that lets ordinary users make namespaces; without, the container way (Docker or Podman)"
PROBES = (
    Probe("user", _user, LINUX),
    Probe("namespaces", _namespaces, KERNEL),
    Probe("file system", _files, KERNEL),
    Probe("nothing stays", _nothing_stays, KERNEL),
    Probe("network", _network, KERNEL),
    Probe("system calls", _seccomp, "a kernel with seccomp filters, on an x86_64 or aarch64 machine"),
    Probe("resource limits", _limits, LINUX),
    Probe("memory", _watchdog, "a grader that sees /proc (Linux), or the container way"),
    Probe("kernel's memory", _kernel_memory, "a kernel with seccomp filters, on an x86_64 or aarch64 machine"),
    Probe("full sockets", _sockets, "a grader that sees /proc (Linux), or the container way"),
    Probe("memory floor", _floor, "a grader that sees /proc (Linux)"),
    Probe("time of a cell", _cell_clock, LINUX),
    Probe("time in all", _notebook_clock, LINUX),
    Probe("output", _output, LINUX),
)
