"""Times a submission in classes of different sizes, measures the memory of the processes that grade, and draws both."""

import argparse
import os
import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean

from bench.class_course import ClassCourse, class_course
from bench.rows import rows
from unrolled_grader.course import LessonPaths, choose_lessons

SIZES = (50, 100, 250, 500, 1000)
PICTURE = "utils/pictures/class_size.png"
HEADS = [
    "submissions", "class [s]", "again [s]", "times faster", "each [ms]", "against the smallest then",
    "main [MiB]", "workers [MiB]",
]  # fmt: skip


class Memory:
    """Records the resident memory of the processes below this one, twice a second; a context manager."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float, float]] = []  # seconds, MiB of the main process, MiB of its workers
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._start = time.monotonic()

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.5):
            for main in _children(os.getpid()):
                workers = [pid for pid in _children(main) if _command(pid) == _command(main)]  # its forks
                self.seen.append((time.monotonic() - self._start, _resident(main), sum(map(_resident, workers))))

    def growth(self) -> tuple[str, str]:
        """Return the MiB of the main process and of its workers: after a quarter of their time, and at their end."""
        most = max((workers for *_, workers in self.seen), default=0)
        full = [look for look in self.seen if look[2] > 0.6 * most]  # while none of them is missing
        if not full:
            return "-", "-"
        early, late = full[len(full) // 4], full[-1]
        return f"{early[1]:.0f} to {late[1]:.0f}", f"{early[2]:.0f} to {late[2]:.0f}"


@dataclass(frozen=True)
class Graded:
    """A class: its seconds, its seconds when it is graded again unchanged, the seconds for a submission, the memory."""

    whole: float
    again: float
    each: float
    memory: Memory


def measure(root: Path, lessons: list[LessonPaths], wanted: argparse.Namespace) -> str:
    """Return a table with one line for each size, and draw PICTURE.

    The speed of a shared machine changes, so each class is compared with two of the smallest size, one graded just
    before it and one just after.
    """
    lesson = choose_lessons(root, [wanted.graded_lesson])[0]
    first, *larger = sorted({min(size, wanted.largest) for size in SIZES})
    with class_course(root, lesson) as course:
        smallest, found = [_grade(course, first)], []
        for size in larger:
            found.append(_grade(course, size))
            smallest.append(_grade(course, first))
    beside = [smallest[0].each, *(mean((one.each, other.each)) for one, other in pairwise(smallest))]
    classes = dict(zip((first, *larger), (smallest[0], *found), strict=True))
    lines = [_line(size, graded, near) for (size, graded), near in zip(classes.items(), beside, strict=True)]
    _draw(root / PICTURE, classes, beside)
    return "\n".join([rows(f"Classes of {lesson.name}, two workers", HEADS, lines), f"  drawn: {PICTURE}"])


def _grade(course: ClassCourse, size: int) -> Graded:
    course.hand_in(size)
    course.forget()
    with Memory() as memory:
        timed = course.run("unrolled", "grade", course.lesson, "--workers", "2")
    again = course.run("unrolled", "grade", course.lesson)
    return Graded(timed.whole, again.whole, timed.each, memory)


def _line(size: int, graded: Graded, near: float) -> list[str]:
    times = [f"{graded.whole:.1f}", f"{graded.again:.2f}", f"{graded.whole / graded.again:.0f}"]
    return [str(size), *times, f"{1000 * graded.each:.1f}", f"{graded.each / near:.3f}", *graded.memory.growth()]


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return []


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _resident(pid: int) -> float:
    """Return the resident memory in MiB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
    except OSError:
        return 0.0


def _draw(path: Path, classes: dict[int, Graded], beside: list[float]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    sizes, each = list(classes), [1000 * graded.each for graded in classes.values()]
    near = [1000 * seconds for seconds in beside]
    left.plot(sizes, each, "o-", label="this class")
    left.plot(sizes, near, "s--", label=f"a class of {sizes[0]} at the same time")
    left.set(xlabel="submissions in the class", ylabel="ms a submission, two workers", ylim=(0, 1.3 * max(each + near)))
    left.legend(loc="lower right")
    seconds, main, workers = zip(*classes[sizes[-1]].memory.seen, strict=True)
    right.plot(seconds, main, label="main process")
    right.plot(seconds, workers, "--", label="both workers")
    right.set(xlabel=f"seconds, {sizes[-1]} submissions", ylabel="resident memory [MiB]", ylim=(0, None))
    right.legend()
    figure.savefig(path, dpi=110)
    plt.close(figure)
