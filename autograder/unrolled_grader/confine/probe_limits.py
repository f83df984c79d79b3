"""Probes of what a student process may use: system calls, memory of every kind, time, output."""

from unrolled_grader.confine.one_probe import Seen, run_probe
from unrolled_grader.confine.processes import floor, free_memory
from unrolled_grader.confine.results import StudentProcessEnded
from unrolled_grader.confine.student import StudentProcess
from unrolled_grader.confine.template import Template


def system_calls(template: Template, student: StudentProcess) -> Seen:
    """Try calls that any user may make where there is no filter: a refusal is the filter's."""
    seen = run_probe(
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


def resource_limits(template: Template, student: StudentProcess) -> Seen:
    """Try whether it can open more files, map more memory or start more threads than the limits allow."""
    limits = template.limits
    seen = run_probe(
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


def memory(template: Template, student: StudentProcess) -> Seen:
    """Let twelve processes take 100 MiB each; one alone would be stopped by its own limits."""
    try:
        seen = run_probe(
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


def kernel_memory(template: Template, student: StudentProcess) -> Seen:
    """Try each kind of memory that no process is charged for: refused, or ended by the watchdog."""
    seen = run_probe(
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


def sockets(template: Template, student: StudentProcess) -> Seen:
    """Put more into the buffers of sockets than a submission may hold."""
    try:
        seen = run_probe(
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


def memory_floor(template: Template, student: StudentProcess) -> Seen:
    """Say whether it is known how much memory is free, and what of it is kept."""
    free, total = free_memory()
    if not total:
        return False, "it is not told how much memory is free"
    return True, f"the youngest submission ends below {floor(total) >> 20} MiB free (now {free >> 20} MiB)"


def cell_clock(template: Template, student: StudentProcess) -> Seen:
    """Try whether a cell that ignores interrupts is killed when its time is over."""
    try:
        student.run_cell("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", timeout=0.3)
    except StudentProcessEnded as error:
        return error.ended == "timeout", "an endless loop that ignores interrupts was killed"
    return False, "an endless loop went on"


def notebook_clock(template: Template, student: StudentProcess) -> Seen:
    """Run cells that are each within their time, and together are not."""
    with template.start(seconds=1) as slow:
        try:
            for _ in range(20):
                slow.run_cell("import time; time.sleep(0.3)")
        except StudentProcessEnded as error:
            return error.ended == "timeout", "twenty cells of 0.3 s were stopped after 1 s"
    return False, "a notebook went on past its time"


def output(template: Template, student: StudentProcess) -> Seen:
    """Try whether a cell that prints without end is stopped."""
    try:
        student.run_cell("while True: print('x' * 10_000)", timeout=5)
    except StudentProcessEnded as error:
        return error.ended == "output", error.reason
    return False, "output is not bounded"
