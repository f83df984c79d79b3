"""Finds out whether anything has changed since a class was graded, from the states of files. Imports next to nothing.

A run over the whole class leaves an index: the state (time, size, inode) and the digest of every file that its grades
depend on or were written to, and what the run printed. It leaves one only if everything was recorded, and no file
changed from before it was read to the end of the run. If now all states are the same, or differ where the content is
the same, there is nothing to grade. In all other cases, also without a whole index, a full run decides what to do.
"""

import contextlib
import glob
import importlib.util
import json
import os
import stat
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from unrolled_grader.files import digest, read_signed, users_cache, write_signed

CODE, FILES, ITSELF = "code", "files", "itself"  # all files but compiled ones; all files; a folder's own state
PASSING = ("_", "COLUMNS", "LINES", "OLDPWD", "SHLVL")  # variables that no configuration depends on
TICK = 0.02  # seconds; a file system's clock may stand still so long
State = list[Any]  # of a file: kind, size, times and inode; of a link also where it leads and the state of that
MAX_READ = 256 * 2**20  # bytes of a file: a larger one is known by its size and times alone
States = dict[str, dict[str, State]]


@dataclass(frozen=True)
class RunSummary:
    """What a run prints and returns: the lesson, how many submissions were graded before and have not changed, the
    text, how many have which status, and the exit status."""

    lesson: str
    submissions: int
    text: str
    statuses: Mapping[str, int]
    status: int


@dataclass
class Watch:
    """The files that a run depends on, found by patterns of `glob`. `key` is a digest of all else it depends on.

    Where a state cannot be read, or the index cannot be written, no index is left: the next run is a full one.
    """

    path: Path
    key: str
    _patterns: dict[str, str] = field(default_factory=dict)
    _states: States = field(default_factory=dict)
    _sees_all: bool = True

    def add(self, kind: str, *patterns: str) -> None:
        """Watch the files that these patterns find; `kind` is CODE, FILES or ITSELF."""
        new = dict.fromkeys(patterns, kind)
        self._patterns |= new
        try:
            self._states |= look(new)
        except OSError:
            self._sees_all = False

    def keep(self, answer: RunSummary, template: dict[str, Any]) -> None:
        """Write the index, if all watched files are as they were when they were added. `template` has the settings of
        the template of student processes."""
        with contextlib.suppress(OSError):
            self._keep(answer, template)

    def _keep(self, answer: RunSummary, template: dict[str, Any]) -> None:
        states = look(self._patterns) if self._sees_all else None
        if states is not None and states == self._states:
            digests = {path: {name: _content(path, name) for name in _plain(found)} for path, found in states.items()}
            _write(self.path, self.key, self._patterns, states, digests, answer, template)


def look(patterns: Mapping[str, str]) -> States:
    """Return the states of all files, by the path that a pattern found and the name below that path.

    Raises:
        OSError: a state cannot be read.
    """
    return {path: _look(path, kind) for pattern, kind in patterns.items() for path in glob.glob(pattern)}


def _look(path: str, kind: str) -> dict[str, State]:
    about = os.stat(path)
    if kind == ITSELF or not stat.S_ISDIR(about.st_mode):
        return {"": _state(about)}
    found: dict[str, State] = {}
    folders = [""]
    while folders:
        above = folders.pop()
        with os.scandir(os.path.join(path, above)) as entries:
            for entry in entries:
                name = above + entry.name
                if not entry.is_dir(follow_symlinks=False):
                    found[name] = _link(entry) if entry.is_symlink() else _state(entry.stat())
                elif kind != CODE or entry.name != "__pycache__":
                    found[name + "/"] = []
                    folders.append(name + "/")
    return found


def _state(about: os.stat_result) -> State:
    return [stat.S_IFMT(about.st_mode), about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]


def _link(entry: os.DirEntry[str]) -> State:
    try:
        target = _state(os.stat(entry.path))
    except OSError:
        target = []
    return [*_state(entry.stat(follow_symlinks=False)), os.readlink(entry.path), target]


def _plain(found: Mapping[str, State]) -> list[str]:
    """Return the names of plain files that are small enough to be read: a student's sparse file may have a terabyte."""
    files = {name: state for name, state in found.items() if len(state) == 5 and state[0] == stat.S_IFREG}
    return [name for name, state in files.items() if state[1] <= MAX_READ]


def _content(path: str, name: str) -> str:
    return digest(Path(path, name).read_bytes())


# --- the index ---------------------------------------------------------------------------------------------


def key_of(root: Path, *options: object) -> str:
    """Return a digest of what a run depends on beside files: options, environment, Python."""
    environment = sorted(item for item in os.environ.items() if item[0] not in PASSING)
    return digest(str(root), os.getcwd(), repr(options), sys.version, sys.executable, repr(environment))


def index_of(root: Path, lesson: str) -> Path:
    """Return the path of a class's index: among this user's caches, as the course's own folders are not known yet."""
    return users_cache() / "classes" / f"{digest(str(root), lesson)}.json"


def watch_code(root: Path, lesson: str, key: str) -> Watch:
    """Return a watch for one lesson that watches all code already: configuration, grader, installed packages."""
    watch = Watch(index_of(root, lesson), key)
    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    watch.add(ITSELF, *map(glob.escape, packages))
    watch.add(FILES, glob.escape(str(root)) + "/*.py")
    grader = Path(__file__).parents[1]
    library = importlib.util.find_spec("unrolled")  # found, not imported
    assert library is not None and library.origin is not None
    watch.add(CODE, *(glob.escape(str(folder)) for folder in (grader, Path(library.origin).parent)))
    return watch


def prepared_like(root: Path, lesson: str) -> dict[str, Any] | None:
    """Return the settings of the last full run's template of student processes; None where there are none."""
    content = read_signed(index_of(root, lesson))
    return json.loads(content).get("template") if content else None


def summary_if_unchanged(root: Path, lesson: str, key: str) -> RunSummary | None:
    """Return the summary of the last run, if nothing has changed since; None if something has, or there is no index."""
    path = index_of(root, lesson)
    content = read_signed(path)
    kept = json.loads(content) if content else {}
    if kept.get("key") != key:
        return None
    try:
        states = look(kept["patterns"])
        if states == kept["states"]:
            return RunSummary(**kept["answer"])
        if not _same_content(states, kept["states"], kept["digests"]):
            return None
        found = RunSummary(**kept["answer"])
        _write(path, key, kept["patterns"], states, kept["digests"], found, kept["template"])
    except OSError:
        return None
    return found


def _same_content(states: States, before: States, digests: Mapping[str, Mapping[str, str]]) -> bool:
    if states.keys() != before.keys():
        return False
    for path, found in states.items():
        if found.keys() != before[path].keys():
            return False
        for name in [name for name in found if found[name] != before[path][name]]:
            known = digests[path].get(name)
            if found[name][:2] != before[path][name][:2] or known is None or known != _content(path, name):
                return False
    return True


def _write(
    path: Path,
    key: str,
    patterns: Mapping[str, Any],
    states: States,
    digests: Mapping[str, Any],
    found: RunSummary,
    template: Mapping[str, Any],
) -> None:
    kept = {"key": key, "patterns": patterns, "states": states, "digests": digests}
    write_signed(path, json.dumps({**kept, "answer": asdict(found), "template": template}).encode())


def let_the_clock_move() -> None:
    """Wait until the file system's clock has moved: a file written after this call has a later time than one before."""
    time.sleep(TICK)
