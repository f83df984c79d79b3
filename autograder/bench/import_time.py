"""Times `import unrolled`, beyond the import of NumPy."""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

from bench.rows import rows
from unrolled_grader.course import LessonPaths

REPEATS = 7
PROGRAM = """
import time
start = time.perf_counter()
import numpy
middle = time.perf_counter()
import unrolled
print(middle - start, time.perf_counter() - middle)
"""


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """Return a table of the median times over fresh processes."""
    taken = [_once() for _ in range(REPEATS)]
    numpy, unrolled = (statistics.median(column) for column in zip(*taken, strict=True))
    line = [f"{numpy * 1000:.0f}", f"{unrolled * 1000:.0f}", f"{unrolled / numpy:.2f}"]
    heads = ["", "numpy [ms]", "unrolled over it [ms]", "ratio"]
    return rows(f"Import, median of {REPEATS} fresh processes", heads, [["import", *line]])


def _once() -> tuple[float, float]:
    said = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout
    first, second = said.split()
    return float(first), float(second)
