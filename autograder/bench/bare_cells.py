"""Times the cells of submissions alone, in one warm process: a lower bound of the time that grading takes.

Run as a program, `python bare_cells.py LESSON FOLDER...`, it prints the seconds of each submission as JSON. Demo cells,
which the grader leaves out, are left out here too; tests run as students run them.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LEFT_OUT = ("demo",)


def seconds_of(notebook: str, folders: Iterable[Path]) -> float:
    """Return the mean seconds that the cells of a notebook take, over these folders, in one new process."""
    command = [sys.executable, __file__, notebook, *map(str, folders)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "MPLBACKEND": "Agg"})
    return statistics.mean(json.loads(done.stdout.splitlines()[-1]))


def main(lesson: str, folders: list[str]) -> None:
    """Warm up, run each submission once, and print the seconds."""
    import matplotlib.pyplot
    import torch
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    torch.set_num_threads(1)
    matplotlib.pyplot.switch_backend("Agg")
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.zeros(1)
    torch.optim.Adam([weight]).step()  # its first step imports a second's worth of torch
    shell = InteractiveShell.instance()
    taken = []
    for folder in [folders[0], *folders]:  # the first one warms up
        os.chdir(folder)
        cells = json.loads(Path(f"{lesson}.ipynb").read_text(encoding="utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if _runs(cell)]
        shell.reset(new_session=False)  # not timed: it looks through all that torch has imported
        start = time.perf_counter()
        with capture_output():
            for source in sources:
                shell.run_cell(source)
        taken.append(time.perf_counter() - start)
        matplotlib.pyplot.close("all")
    print(json.dumps(taken[1:]))


def _runs(cell: dict[str, Any]) -> bool:
    return cell["cell_type"] == "code" and cell["metadata"].get("unrolled", {}).get("role") not in LEFT_OUT


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
