"""Can a student process see, reach, change or leave anything that is not its own?"""

import errno
import os
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import SECRET

import unrolled_grader
from unrolled_grader.confine import StudentProcess, bubblewrap, open_template
from unrolled_grader.confine.probe_view import NAMESPACES

ROOT = Path(__file__).parents[2]


def tell(student: StudentProcess, source: str) -> Any:
    """Run a cell; return the value that it assigned to `told`."""
    result = student.run_cell(textwrap.dedent(source))
    assert result.error is None, result.error
    return student.fetch("told")


def gone(pids: list[int], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


# --- sees ------------------------------------------------------------------------------------------------


def test_it_reads_the_words_of_the_courses_own_corpus(student):
    """They lie beside the catalogue, in a file of their own."""
    assert tell(student, "from unrolled import data\ntold = len(data.french_english_pairs('all'))") == 24_000


def test_it_sees_what_the_allow_list_names_and_nothing_else(student):
    allowed = [*bubblewrap.view().paths(), "/proc", "/dev", "/tmp", "/home/student"]
    others = tell(
        student,
        f"""
        import os
        allowed, told, waiting = {allowed!r}, [], ["/"]
        while waiting:
            folder = waiting.pop()
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                if path in allowed:
                    continue
                if os.path.isdir(path) and any(good.startswith(path + "/") for good in allowed):
                    waiting.append(path)
                else:
                    told.append(path)
    """,
    )
    assert others == []


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "solutions", ROOT / "autograder", ROOT / "notebooks", ROOT / "nbgrader_config.py",
        Path(unrolled_grader.__file__), Path(__file__), Path("/etc/passwd"), Path("/etc/shadow"), Path("/var"),
        Path("/run"), Path("/boot"), Path("/proc/1/root/etc/passwd"), Path("/sys/kernel"),
    ],
)  # fmt: skip
def test_it_does_not_see(student, path):
    # the folders above what it sees are there, empty
    if tell(student, f"import os\ntold = os.path.exists({str(path)!r})"):
        assert tell(student, f"told = os.path.isdir({str(path)!r})")
        assert not [name for name in tell(student, f"told = os.listdir({str(path)!r})") if name != "unrolled_grader"]


def test_a_secret_file_that_anyone_may_read_is_not_there(student, tmp_path):
    secret = tmp_path / "gradebook-of-a-test.db"
    secret.write_text("points")
    secret.chmod(0o644)
    assert (
        tell(
            student,
            f"""
        import os
        told = os.path.exists({str(secret)!r})
        for folder, _, names in os.walk("/tmp"):
            told = told or "gradebook-of-a-test.db" in names
    """,
        )
        is False
    )


def test_the_grader_cannot_be_imported_and_the_course_package_can(student):
    assert student.run_cell("import unrolled_grader.grading").error.kind == "ModuleNotFoundError"
    assert student.run_cell("from unrolled import check, plots").error is None


def test_the_environment_is_not_inherited(student):
    told = tell(
        student,
        """
        import os, glob
        told = repr(dict(os.environ))
        for path in glob.glob("/proc/*/environ"):
            told += open(path, errors="replace").read()
    """,
    )
    assert SECRET not in told
    assert "UNROLLED_TEST_SECRET" not in told


def test_it_has_no_descriptor_but_its_own(student):
    told = tell(
        student,
        """
        import os
        told = {}
        for name in os.listdir("/proc/self/fd"):
            try:
                told[name] = os.readlink(f"/proc/self/fd/{name}")
            except OSError:
                pass  # the one that listed the folder
    """,
    )
    kinds = sorted(target.split(":")[0] for target in told.values())
    written = [f"/home/student/.{name} (deleted)" for name in ("stdout", "stderr")] * 2
    event_loop = ["anon_inode", "socket", "socket"]
    assert kinds == sorted(["/dev/null", *written, "socket", *event_loop])


def test_it_sees_no_process_but_its_own(student):
    assert tell(student, "import os\ntold = sorted(int(n) for n in os.listdir('/proc') if n.isdigit())") == [1]


def test_every_namespace_is_its_own(student, template):
    with template.start() as other:
        for name in NAMESPACES:
            ids = {os.readlink(f"/proc/{pid}/ns/{name}") for pid in (os.getpid(), student.pid, other.pid)}
            assert len(ids) == 3, name


# --- may -------------------------------------------------------------------------------------------------


def test_it_runs_as_nobody_without_capabilities(student):
    lines = Path(f"/proc/{student.pid}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert "0" not in status["Uid"].split()
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_it_writes_nowhere_but_in_its_own_places(student):
    mounts = tell(student, "told = open('/proc/self/mounts').read()")
    writable = [line.split()[1] for line in mounts.splitlines() if "rw" in line.split()[3].split(",")]
    devices = [f"/dev/{name}" for name in bubblewrap.DEVICES]
    assert set(writable) <= {"/proc", "/home/student", "/tmp", "/dev/shm", *devices}
    assert (
        tell(
            student,
            """
        import os
        told = []
        for folder, folders, _ in os.walk("/"):
            own = ("/proc", "/home/student", "/tmp")
            folders[:] = [name for name in folders if os.path.join(folder, name) not in own]
            if os.access(folder, os.W_OK) and folder != "/dev/shm":
                told.append(folder)
    """,
        )
        == []
    )


def test_its_own_places_are_of_bounded_size(student):
    result = student.run_cell("for path in '/tmp/a', '/dev/shm/b': open(path, 'wb').write(bytes(20 << 20))")
    assert result.error.kind == "OSError"
    assert "No space left" in result.error.message


def test_no_network_is_reached(student):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        result = student.run_cell(f"import socket; socket.create_connection({address!r}, 2)")
    assert result.error.kind == "PermissionError"
    assert tell(student, "told = open('/proc/net/dev').read().count(':')") == 1  # loopback, and that is down


def test_without_the_filter_the_network_namespace_alone_holds(student):
    """The layers are independent: sockets that the filter lets through (AF_UNIX) find no one either."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0unrolled-test")
        server.listen()
        result = student.run_cell("import socket; socket.socket(socket.AF_UNIX).connect('\\0unrolled-test')")
    assert result.error.kind == "ConnectionRefusedError"


CALLS = {
    "unshare": "libc.unshare(0x10000000)", "mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "ptrace": "libc.ptrace(0, 0, 0, 0)", "memfd_create": "libc.memfd_create(b'x', 0)",
    "setns": "libc.setns(0, 0)", "shmget": "libc.shmget(0, 4096, 0o1600)",
    "clone with a user namespace": "libc.syscall(56 if x86 else 220, 0x10000000 | 17, 0, 0, 0, 0)",
    "io_uring": "libc.syscall(425, 8, 0)", "bpf": "libc.syscall(321 if x86 else 280, 0, 0, 0)",
    "keyctl": "libc.syscall(250 if x86 else 219, 0, -3, 0)", "umount": "libc.umount2(b'/home/student', 2)",
    "chroot": "libc.chroot(b'/tmp')",
    "sched_setaffinity": "libc.sched_setaffinity(0, 8, b'\\xff' * 8)",
    "process_vm_readv": "libc.process_vm_readv(1, 0, 0, 0, 0, 0)",
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_system_call_it_has_no_business_with_is_refused(student, name):
    number = tell(
        student,
        f"""
        import ctypes, os
        x86 = os.uname().machine == "x86_64"
        libc = ctypes.CDLL(None, use_errno=True)
        told = ctypes.get_errno() if ({CALLS[name]}) == -1 else 0
    """,
    )
    assert number == errno.EPERM


def test_honest_programs_get_by_with_what_is_left(student):
    result = student.run_cell("""
import multiprocessing, subprocess, threading, asyncio, tempfile, torch
from torch.utils.data import DataLoader
with multiprocessing.Pool(2) as pool:
    assert pool.map(abs, [-1, -2]) == [1, 2]
assert subprocess.run(["echo", "a"], capture_output=True).stdout == b"a\\n"
thread = threading.Thread(target=print, args=("from a thread",)); thread.start(); thread.join()
assert len(list(DataLoader(torch.arange(8), batch_size=4, num_workers=2))) == 2
await asyncio.sleep(0)
with tempfile.NamedTemporaryFile() as file: file.write(b"x")
torch.nn.Linear(3, 3)(torch.ones(2, 3)).sum().backward()
""")
    assert result.error is None, result.error


# --- leaves ----------------------------------------------------------------------------------------------


def test_what_one_submission_plants_the_next_does_not_find(template):
    """Every folder is tried; so are the modules, the shell and the environment that forks share with the template."""
    with template.start() as first:
        planted = tell(
            first,
            """
            import os, sys, builtins, json, IPython
            told = 0
            for folder, folders, _ in os.walk("/"):
                folders[:] = [name for name in folders if os.path.join(folder, name) != "/proc"]
                try:
                    open(os.path.join(folder, "planted"), "w").close()
                    told += 1
                except OSError:
                    pass
            builtins.planted = json.planted = IPython.planted = 1
            os.environ["PLANTED"] = "1"
            get_ipython().events.register("pre_run_cell", lambda *a: None)
        """,
        )
        assert planted > 3  # its own places
        with template.start() as second:
            found = tell(
                second,
                """
                import os, builtins, json, IPython
                told = [module.__name__ for module in (builtins, json, IPython) if hasattr(module, "planted")]
                told += ["PLANTED"] * ("PLANTED" in os.environ)
                for folder, folders, names in os.walk("/"):
                    folders[:] = [name for name in folders if os.path.join(folder, name) != "/proc"]
                    told += [folder] * ("planted" in names)
            """,
            )
    assert found == []


def test_two_submissions_at_once_cannot_talk(template):
    with template.start() as first, template.start() as second:
        first.run_cell("import socket\ns = socket.socket(socket.AF_UNIX); s.bind('\\0meet'); s.listen()")
        first.run_cell("from multiprocessing import shared_memory as m; kept = m.SharedMemory('meet', True, 100)")
        assert second.run_cell("import socket; socket.socket(socket.AF_UNIX).connect('\\0meet')").error
        assert second.run_cell("from multiprocessing import shared_memory as m; m.SharedMemory('meet')").error


def test_processes_left_behind_end_with_their_submission(template):
    with template.start() as student:
        student.run_cell("""
import os, subprocess
subprocess.Popen(["sleep", "600"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        import signal, time
        for number in range(1, 32):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        time.sleep(600)
    os._exit(0)
os.wait()
""")
        pids = [student.pid, *student.children()]
        assert len(pids) == 3
    assert gone(pids)


def test_two_templates_do_not_mix(template):
    with open_template("bubblewrap") as other, template.start() as first, other.start() as second:
        first.run_cell("x = 'first'; open('/tmp/x', 'w').close()")
        second.run_cell("x = 'second'")
        assert (first.fetch("x"), second.fetch("x")) == ("first", "second")
        assert tell(second, "import os\ntold = os.path.exists('/tmp/x')") is False


def test_nothing_lives_on_when_the_grader_is_killed():
    program = """
import sys, time
from unrolled_grader.confine import open_template
template = open_template("bubblewrap")
student = template.start()
student.run_cell("import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)")
print(template.process_id, student.pid, *student.children(), flush=True)
time.sleep(600)
"""
    grader = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        pids = [int(word) for word in grader.stdout.readline().split()]
    finally:
        grader.kill()
        grader.communicate()
    assert len(pids) == 3
    assert gone(pids)
