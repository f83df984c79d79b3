"""`unrolled bundle --out FILE.zip`: the course for students, in a zip that runs by itself with `make lab`.

In it: the released notebooks and the pages of notebooks/reference, `utils/unrolled`, the data catalogue, and set-up
files cut down to what these need. Not in it: solutions, the grader, and anything that needs them. The same course
gives the same bytes. With --self-study it lends the worked answers too (`borrow`, `solution`): not for graded work.
"""

import argparse
import sys
from pathlib import Path

from unrolled_grader.course import find_root, lessons
from unrolled_grader.release.bundle import FOLDER, write_bundle
from unrolled_grader.release.leaks import leaks_of_bundle


def run(arguments: list[str]) -> int:
    """Run the verb. Exit status 1, and no zip, where something leaked."""
    parser = argparse.ArgumentParser(prog="unrolled bundle", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="FILE.zip", help="default: dist/unrolled-students.zip")
    parser.add_argument("--self-study", action="store_true", help="lend the worked answers; not for graded work")
    parser.add_argument("--after-tries", type=int, default=5, metavar="N", help="tries that open a solution (5)")
    options, root = parser.parse_args(arguments), find_root()
    out = options.out or root / "dist" / "unrolled-students.zip"
    bundle = write_bundle(root, out, options.self_study, options.after_tries)
    leaked = leaks_of_bundle(bundle, lessons(root), options.self_study)
    if leaked:
        out.unlink()
        for leak in leaked:
            print(f"unrolled bundle: {leak}", file=sys.stderr)
        return 1
    print(f"{out}: {out.stat().st_size / 2**20:.1f} MB. Students unpack it and run `make lab` in {FOLDER}/")
    return 0
