"""Class runs as processes of their own, for tests that kill them: `python class_child.py OFFER`.

OFFER is the JSON of a shared template's `Offer`. Everything is imported once; each line of standard input, the JSON of
a folder, a file for what is printed, a limit on the size of files (0: none) and options, starts a run in a fork, and is
answered by its process id and, when it has ended, its status as subprocess counts.
"""

import json
import os
import resource
import sys
from io import TextIOWrapper
from typing import Any, cast

from unrolled_grader.class_run import grading_pool, template_start
from unrolled_grader.commands.grade import run
from unrolled_grader.confine import Limits
from unrolled_grader.confine.shared_template import Offer, RemoteTemplate


def in_fork(offer: dict[str, Any], folder: str, printed: str, limit: int, options: list[str]) -> int:
    os.chdir(folder)
    target = os.open(printed, os.O_WRONLY | os.O_TRUNC)
    os.dup2(target, 1)
    os.dup2(target, 2)
    cast(TextIOWrapper, sys.stdout).reconfigure(line_buffering=True)
    lent = RemoteTemplate(Offer(offer["address"], offer["isolation"], Limits(**offer["limits"])))
    vars(template_start)["open_template"] = lambda isolation, limits, warm: lent
    grading_pool.FEW = 10**6
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return run(options)


if __name__ == "__main__":
    offer = json.loads(sys.argv[1])
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            status = 70
            try:
                status = in_fork(offer, *json.loads(line))
            finally:
                os._exit(status)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
