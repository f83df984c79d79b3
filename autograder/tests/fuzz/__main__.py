"""Fuzzes for a while and tells what came of it: `make fuzz`, or `python -m fuzz --seconds 600 [TARGET ...]`.

Exit status 1 where something was found; each finding is shown as an input for a test of its own.
"""

import argparse
import sys

from fuzz.engine import Fuzzer
from fuzz.targets import TARGETS


def main() -> int:
    names = [target.name for target in TARGETS]
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*names, []], metavar="TARGET", help=f"of {', '.join(names)}")
    parser.add_argument("--seconds", type=float, default=60, help="for each target (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the changes; the same seed makes the same inputs")
    wanted = parser.parse_args()
    found = False
    for target in TARGETS:
        if wanted.targets and target.name not in wanted.targets:
            continue
        findings = Fuzzer(target, wanted.seed).run(seconds=wanted.seconds)
        print(f"{target.name}: {findings}", flush=True)
        for what, data in findings.found.items():
            print(f"  {what}\n    {data[:2000]!r}")
        found = found or bool(findings.found)
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
