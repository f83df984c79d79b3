"""`unrolled bundle --out FILE.zip`: the course for students, in a zip that runs by itself with `make lab`.

In it: the released notebooks and the pages of notebooks/reference, `utils/unrolled`, the data catalogue, and set-up
files cut down to what these need. Not in it: solutions, the grader, and anything that needs them. The same course
gives the same bytes.
"""

import argparse
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from unrolled_grader.build.bundle_files import made_files
from unrolled_grader.build.leaks import leaks_of_bundle
from unrolled_grader.course import REFERENCE, CourseError, find_root, lessons

FOLDER = "unrolled"  # what the zip unpacks to
COPIED = (f"notebooks/{REFERENCE}", "utils/unrolled", "utils/setup/install.sh", "utils/jupyter", "datasets")
NEW_YEAR = (1980, 1, 1, 0, 0, 0)  # the first date a zip can hold: the bytes must not depend on the day


def write_bundle(root: Path, out: Path) -> Path:
    """Write the student zip of the course; return its path.

    Raises:
        CourseError: no lesson has been released yet.
    """
    files = dict(sorted({**dict(_copied(root)), **made_files(root)}.items()))
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", NEW_YEAR)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return out


def _copied(root: Path) -> Iterator[tuple[str, bytes]]:
    released = [paths.released for paths in lessons(root) if paths.released.is_dir()]
    if not released:
        raise CourseError(f"{root / 'notebooks'} holds no released lesson. Run `unrolled release` first")
    licences = sorted(root.glob("LICENSE*"))
    for start in [*released, *(root / name for name in COPIED), *licences]:
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            name = path.relative_to(root)
            if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in name.parts):
                yield name.as_posix(), path.read_bytes()


def run(arguments: list[str]) -> int:
    """The verb. Exit status 1, and no zip, where something leaked."""
    parser = argparse.ArgumentParser(prog="unrolled bundle", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="FILE.zip", help="default: dist/unrolled-students.zip")
    root = find_root()
    out = parser.parse_args(arguments).out or root / "dist" / "unrolled-students.zip"
    leaked = leaks_of_bundle(write_bundle(root, out), lessons(root))
    if leaked:
        out.unlink()
        for leak in leaked:
            print(f"unrolled bundle: {leak}", file=sys.stderr)
        return 1
    print(f"{out}: {out.stat().st_size / 2**20:.1f} MB. Students unpack it and run `make lab` in {FOLDER}/")
    return 0
