"""Probes of what a student process sees: files, other processes, the network, what earlier submissions left."""

import ctypes
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unrolled_grader.confine import bubblewrap
from unrolled_grader.confine.one_probe import Seen, run_probe
from unrolled_grader.confine.student import StudentProcess
from unrolled_grader.confine.template import Template
from unrolled_grader.course import CONFIG

NAMESPACES = ("user", "pid", "mnt", "ipc", "net", "uts", "cgroup")
HOME_WORK = "/home/student/notebook"
OWN_PLACES = ("/home/student", "/tmp", "/dev/shm", "/dev/mqueue")
MOST_FOLDERS = 20_000  # that are tried: an installation may have millions, on a slow disk


def user(template: Template, student: StudentProcess) -> Seen:
    """Try whether it can act as root, give files away, or raise its priority."""
    seen = run_probe(
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


def namespaces(template: Template, student: StudentProcess) -> Seen:
    # an engine of containers has one user namespace for all of them
    """Try whether it shares a namespace with the grader or with another submission, or reaches one of theirs."""
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
    return run_probe(student, f"import os\nseen = ' '.join(os.readlink(path) for path in {paths!r})").split()


def _reached(student: StudentProcess) -> str:
    """Say which of four things that only shared namespaces show the student process finds: "" for none."""
    with _segment() as segment, socket.socket(socket.AF_UNIX) as server:
        name = f"unrolled-probe-{os.getpid()}"
        if os.path.isdir("/proc"):
            server.bind(f"\0{name}")
            server.listen()
        return run_probe(
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


def files(template: Template, student: StudentProcess) -> Seen:
    """Try whether it sees the grader's package or any other file of ours, or writes anywhere but in its own places."""
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0o644)
        hidden = [str(Path(__file__).resolve()), file.name, str(Path.cwd() / CONFIG)]
        if template.isolation != "container":  # whose image has passwords of its own, of nobody
            hidden.append("/etc/passwd")
        return _seen_or_writable(student, hidden)


def _seen_or_writable(student: StudentProcess, hidden: list[str]) -> Seen:
    seen = run_probe(
        student,
        f"""
        import os
        seen = [path for path in {hidden!r} if os.path.exists(path)]
        for number, (folder, folders, _) in enumerate(os.walk("/")):
            if number == {MOST_FOLDERS}:
                break
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


def view(template: Template, student: StudentProcess, hidden: list[str]) -> Seen:
    """Try whether what is mounted inside is what the list names, and whether anything of ours can be reached."""
    seen = run_probe(
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
    masked = {part for part in bubblewrap.mask_options(bubblewrap.view()) if isinstance(part, str)}
    odd = [line for line in odd if line not in masked]
    if odd:
        return False, f"holds what is not on the list: {', '.join(odd[:4])}"
    return True, f"{len(lines)} places, each on the list; neither course nor exchange"


def nothing_stays(template: Template, student: StudentProcess) -> Seen:
    """Try whether the next submission finds what one has planted, and whether what it starts ends with it."""
    run_probe(
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
        seen = run_probe(
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


def network(template: Template, student: StudentProcess) -> Seen:
    """Try whether it reaches a server of this machine, and which network interfaces it has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = run_probe(
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
