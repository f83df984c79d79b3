"""Does each layer of the confinement hold by itself, with the others switched off?

A layer that only holds because another one does is no layer. Here student processes run with one layer at a time,
and each must stop what it is there for, while the probes of the others say "off".
"""

import errno
import importlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from grade_course import NAME, Course, make_course

from unrolled_grader.confine import bubblewrap
from unrolled_grader.confine.processes import Bounds, StudentTree, Watchdog
from unrolled_grader.confine.student_side import seccomp
from unrolled_grader.confine.student_side.namespaces import HOME
from unrolled_grader.confine.template import ForkingTemplate

layers_module = importlib.import_module("unrolled_grader.confine.probes")  # the package has a function of this name
PROBES = {probe.name: probe for probe in layers_module.PROBES}
STUDENT_SIDE = Path(bubblewrap.HERE)
MIB = 2**20


class Only(ForkingTemplate):
    """Student processes with no layers of their own but these."""

    def __init__(self, isolation, *layers):
        self._only = list(layers)
        super().__init__(isolation, layers_module.PROBE_LIMITS)

    def _layers(self):
        return self._only

    def _settings(self):
        # without namespaces a submission in bubblewrap has no home of its own: it takes the template's
        return {**super()._settings(), **({"folder": HOME} if self.protected else {})}


WALLS = {"namespaces", "file system", "nothing stays"}
TRUSTED = {"memory", "time of a cell", "time in all", "output"}
# what runs: isolation, the layers around the student process; what then must be on, and what off
ALONE = {
    "the filter": ("none", ["filter"], {"system calls"}, {*WALLS, "resource limits"}),
    "resource limits": ("none", ["limits"], {"resource limits"}, {*WALLS, "network", "system calls"}),
    "namespaces": ("bubblewrap", ["namespaces"], {*WALLS, "user", "network"}, {"system calls", "resource limits"}),
    "the view of files": (
        "bubblewrap", [], {"file system", "network"}, {"namespaces", "nothing stays", "system calls", "resource limits"}
    ),
    "the trusted side's": ("none", [], TRUSTED, {*WALLS, "network", "system calls", "resource limits"}),
}  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_alone_a_layer_stops_what_it_is_for_and_the_others_are_off(name):
    isolation, layers, on, off = ALONE[name]
    with Only(isolation, *layers) as template:
        measured = [layers_module.measure(template, PROBES[probe]) for probe in sorted(on | off)]
    wrong = [layer for layer in measured if layer.on != (layer.name in on)]
    assert wrong == []


# --- user ------------------------------------------------------------------------------------------------


def test_the_launcher_alone_takes_root_away():
    """The program that it enters is a Python here, in the place of bubblewrap: no namespace, filter or limit."""
    probe = """
        import json, os
        def refused(attempt):
            try:
                attempt()
            except OSError as error:
                return error.errno
        print(json.dumps([
            os.getuid(), os.getgroups() if os.getuid() == 65534 else [],
            refused(lambda: open("/etc/shadow")), refused(lambda: os.kill(1, 0)), refused(lambda: os.setuid(0)),
            refused(lambda: os.mkdir("/usr/planted-by-a-test")),
        ]))
    """
    interpreter, prefix = os.path.realpath(sys.executable), sys.base_prefix
    assert interpreter.startswith(prefix)
    spec = {
        "sources": [prefix], "bwrap": [0, os.path.relpath(interpreter, prefix)],
        "command": ["-S", "-c", textwrap.dedent(probe)], "uid": 65534, "gid": 65534,
        "environment": {"PYTHONHOME": "/mnt/0" if os.getuid() == 0 else prefix, "LD_LIBRARY_PATH": f"{prefix}/lib"},
    }  # fmt: skip
    command = [sys.executable, "-I", "-S", str(STUDENT_SIDE / "bwrap_entry.py"), json.dumps(spec)]
    user, groups, *errors = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    assert (user != 0, groups) == (True, [])
    assert set(errors) == {errno.EACCES, errno.EPERM}


# --- what is seen ----------------------------------------------------------------------------------------


def secrets(course: Course) -> list[Path]:
    """Write files that no student may see: the course's, other submissions', the instructor's, the machine's."""
    root = Path(__file__).parents[2]
    shown = [Path(outside) for outside, _ in bubblewrap.view().bound]
    folders = [root / "solutions", root / "notebooks", root / "autograder", course.root]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    home = Path.home()
    files += [path for path in home.glob("*") if path.is_file()] + list(home.glob(".ssh/*"))
    files += [path for path in Path("/etc").glob("*") if path.is_file() and path.name not in bubblewrap.ETC]
    return [path for path in files if not path.is_symlink() and not any(map(path.is_relative_to, shown))]


def test_no_file_that_is_seen_is_one_of_ours(student, tmp_path):
    """Every path inside is visited; a file is known by its device and number, wherever it may be mounted."""
    course = make_course(tmp_path / "course")
    course.submit("ann", course.solved())
    hidden = secrets(course)
    names = {path.name for path in hidden}
    assert {"gradebook.db", f"{NAME}.ipynb", f"{NAME}.py", "exercises.py", "passwd", "shadow"} <= names
    numbers = sorted({(about.st_dev, about.st_ino) for about in (path.stat() for path in hidden)})
    student.run_cell(
        textwrap.dedent(f"""
        import os
        hidden, found, count = {{tuple(pair) for pair in {numbers!r}}}, [], 0
        for folder, folders, names in os.walk("/"):
            folders[:] = [name for name in folders if os.path.join(folder, name) != "/proc"]
            for name in names:
                path, count = os.path.join(folder, name), count + 1
                about = os.lstat(path)
                if (about.st_dev, about.st_ino) in hidden:
                    found.append(path)
    """),
        timeout=60,
    )
    assert student.fetch("found") == []
    assert student.fetch("count") > 10_000, "the walk saw the libraries"


# --- system calls ----------------------------------------------------------------------------------------

HARMLESS = {"msgget": (4711, 0)}  # with -1 it would leave a queue behind
# for these the kernel asks for a right over the whole machine first: a tester who is not root has none
RIGHTS = {errno.EPERM} if os.getuid() else set()
CALLER = """
import ctypes, json, os, sys
sys.path.insert(0, sys.argv[1])
from student_side import seccomp
os.setsid()
if sys.argv[3] == "filtered":
    seccomp.install()
libc = ctypes.CDLL(None, use_errno=True)
seen = {}
for name, (number, arguments) in json.loads(sys.argv[2]).items():
    ctypes.set_errno(0)
    given = [ctypes.c_long(value) for value in arguments]
    seen[name] = 0 if libc.syscall(ctypes.c_long(number), *given) != -1 else ctypes.get_errno()
print(json.dumps(seen))
"""


def called(family: str, filtered: str) -> Any:
    """Return the error number of each call of a family, in a process without any other layer; 0 where it went well."""
    column = seccomp.MACHINES[os.uname().machine][0]
    numbers = {name: numbers[column] for name, numbers in seccomp.DENIED[family].items() if numbers[column] >= 0}
    calls = {name: (number, HARMLESS.get(name, [-1] * 6)) for name, number in numbers.items()}
    command = [sys.executable, "-c", CALLER, str(STUDENT_SIDE), json.dumps(calls), filtered]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


@pytest.mark.parametrize("family", seccomp.DENIED)
def test_alone_the_filter_refuses_a_family_that_the_kernel_would_look_at(family):
    """With senseless arguments: without the filter the kernel finds those wrong, with it refuses to look."""
    without, filtered = called(family, "bare"), called(family, "filtered")
    assert set(filtered.values()) == {errno.EPERM}
    assert errno.EPERM not in set(without.values()) - RIGHTS


# --- resource limits -------------------------------------------------------------------------------------

LIMITED = {
    "memory": ("mmap.mmap(-1, 2**30)", "Cannot allocate memory"),
    "files": ("kept = [open('/dev/null') for _ in range(100)]", "Too many open files"),
    "file size": ("open(sys.argv[2], 'wb').write(bytes(2**21))", "File too large"),
    "threads": ("os.fork()", "Resource temporarily unavailable"),
    "processor time": ("while True: pass", "SIGXCPU"),
}


@pytest.mark.parametrize("name", LIMITED)
def test_alone_a_resource_limit_holds(name, tmp_path):
    source, says = LIMITED[name]
    tmp_path.chmod(0o777)
    program = textwrap.dedent(f"""
        import mmap, os, sys
        sys.path.insert(0, sys.argv[1])
        from student_side import resources
        if os.getuid() == 0:
            os.setuid(54321)  # root's processes are not counted, and nobody else has this number
            resources.limit(memory=2**28, cpu_seconds=1, disk=2**20, files=40, threads=1)
        else:
            resources.limit(memory=2**28, cpu_seconds=1, disk=2**20, files=40, threads=0)
        {source}
    """)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.getuid() and folder.name.startswith(("pytest", "popen")):
            folder.chmod(0o755)
    command = [sys.executable, "-c", program, str(STUDENT_SIDE), str(tmp_path / "large")]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    ended = signal.Signals(-done.returncode).name if done.returncode < 0 else ""
    assert says in done.stderr + ended


# --- the watchdog ----------------------------------------------------------------------------------------


def watched(program: str, bounds: Any) -> Any:
    """Return what the watchdog says of a plain process that runs this; None if it says nothing for two seconds."""
    said = []
    process = subprocess.Popen([sys.executable, "-c", program], start_new_session=True)
    tree, watchdog = StudentTree(process.pid), Watchdog()
    try:
        watchdog.watch(tree, bounds, lambda *excess: said.append(excess))
        deadline = time.monotonic() + 2
        while not said and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        watchdog.forget(tree)
        tree.kill()
        process.wait()
        tree.close()
    return said[0] if said else None


FAMILY = "import os, time\nfor _ in range(3): os.fork()\nkept = b'x' * ({} << 20)\ntime.sleep(30)"


def test_alone_the_watchdog_counts_the_memory_of_all_processes():
    """Eight processes of 20 MiB; none of them is large."""
    held, _ = watched(FAMILY.format(20), Bounds(100 * MIB, 100 * MIB, 100))
    assert held > 100 * MIB
    assert watched(FAMILY.format(1), Bounds(200 * MIB, 200 * MIB, 100)) is None


def test_alone_the_watchdog_counts_processes():
    held, processes = watched(FAMILY.format(1), Bounds(2**40, 2**40, 5))
    assert held == 0 and processes > 5
