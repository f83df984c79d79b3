"""The warm template: imports what notebooks use, once, then forks a student process for each submission.

It runs no student code, and knows no reference answer and no test. One byte on the control socket asks for a fork,
with two descriptors beside it: the channel of the submission, and a pipe on which its end is reported.
When the control socket closes, the template ends, and with it (in bubblewrap) all that is left of its forks.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Sequence
from typing import Any, NoReturn

from . import huge_pages, namespaces, resources, seccomp
from .wire import Channel

READY = b"R"


def main(settings: str) -> NoReturn:
    """Warm up, send READY, then fork on request until the control socket closes."""
    options = json.loads(settings)
    control = socket.socket(fileno=options["control"])
    shell = warm_up(options["warm"])
    huge_pages.gather()
    control.sendall(READY)
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not request:
            os._exit(0)
        _reap()
        if len(descriptors) == 2 and _forked(descriptors[1]):
            try:
                control.close()
                _stand_by(shell, descriptors[0], descriptors[1], options)
            finally:
                os._exit(1)  # a fork never becomes a second template
        for descriptor in descriptors:
            os.close(descriptor)


def warm_up(modules: Sequence[str]) -> Any:
    """Do everything that is slow the first time, import `modules`, and return the shell. Exits where a second thread is
    left: a fork copies only the thread that forks."""
    gc.disable()  # what is imported stays: looking for garbage meanwhile takes an eighth of the time
    import numpy as np

    for name in (*modules, "ipywidgets", "unrolled.check", f"{__package__}.serve"):
        with contextlib.suppress(ImportError):  # a notebook may name what is not installed; it will say so
            importlib.import_module(name)
            if name == "torch":
                _warm_torch(sys.modules[name])
            if name == "torch.optim":
                _warm_optimizer(sys.modules["torch"])
    from .kernel import make_shell

    shell = make_shell()
    shell.run_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2], label='x')\nplt.legend()\nplt.title('x')")
    shell.collector.take()
    gc.freeze()  # a reset collects garbage, and would otherwise look at everything imported so far
    shell.reset(new_session=True)
    shell.execution_count = 1
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
    threads = os.listdir("/proc/self/task") if os.path.isdir("/proc/self/task") else ["one"]
    if len(threads) != 1:
        sys.exit(f"the template has {len(threads)} threads, so it cannot be forked")
    gc.freeze()  # the collector of a fork then leaves the shared pages alone
    gc.enable()
    return shell


def _warm_torch(torch: Any) -> None:
    torch.set_num_threads(1)  # before torch does anything: forks of a template that used two threads hang
    importlib.import_module("torch.nn.functional")


def _warm_optimizer(torch: Any) -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.zeros(1)
    torch.optim.Adam([weight]).step()  # its first step imports a second's worth of torch


def _forked(report: int) -> bool:
    """Fork, and say whether this is the fork. Where the kernel refuses (a fork bomb runs beside it), that is reported,
    and the template lives on, and with it all other forks."""
    try:
        return os.fork() == 0
    except OSError as error:
        os.write(report, b"E" + f"the kernel made no process: {error}".encode()[:500])
        return False


def _reap() -> None:
    """Collect the forks that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _stand_by(shell: Any, channel: int, report: int, options: dict[str, Any]) -> NoReturn:
    """Enter namespaces in the fork, start the student process as the first one there, and report how it ended."""
    status = -1
    resources.go_first()
    try:
        if "namespaces" in options["layers"]:
            namespaces.enter()
        else:
            os.setsid()
        child = os.fork()
        if child == 0:
            os.close(report)
            live(shell, Channel(socket.socket(fileno=channel), sources=True), (channel,), options)
        os.close(channel)
        status = _wait(child, report)
    except BaseException as error:  # told, so that the trusted side can say what the kernel refused
        os.write(report, b"E" + str(error).encode()[:500])
        os._exit(1)
    os.write(report, b"S" + struct.pack("=i", status))
    os._exit(0)


def _wait(child: int, report: int) -> int:
    """Wait for the child; return its status. Kill it when the trusted side ends: an error of `report` tells that."""
    if hasattr(os, "pidfd_open"):
        watch = select.poll()
        watch.register(report, 0)  # an error: nobody reads it any more
        watch.register(os.pidfd_open(child), select.POLLIN)
        if report in dict(watch.poll()):
            os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def live(shell: Any, channel: Channel, descriptors: tuple[int, ...], options: dict[str, Any]) -> NoReturn:
    """Become the student process: set up folders, limits and filter, then answer requests until the channel closes.

    `descriptors` are the channel's. In `options`, "layers" names the layers that this process puts around itself.
    """
    from .serve import Submission  # warm by now

    try:
        home = _settle(options)
        _close_all_but(*descriptors)
        os.nice(10)  # the grader must get its turn while a fork bomb runs
        if "limits" in options["layers"]:
            resources.limit(**options["limits"])
        sys.path.insert(0, "")  # as in a kernel: modules beside the notebook, or where it has gone, come first
        random.seed(0)  # Python seeds it anew in each fork
        submission = Submission(shell, channel, home, options["flood"])
        if "filter" in options["layers"]:
            seccomp.install()
        channel.send((0, "hello", os.getpid()))
    except BaseException as error:
        channel.send((0, "unfit", f"{type(error).__name__}: {error}"[:500]))
        os._exit(1)
    submission.serve()


def _settle(options: dict[str, Any]) -> str:
    """Make this process's own folders and return its home. Without namespaces, home is a new folder in the options'
    "folder"."""
    if "namespaces" in options["layers"]:
        namespaces.settle(options["disk"], options["kept_in_tmp"])
        namespaces.give_up_capabilities()
        return namespaces.HOME
    home = tempfile.mkdtemp(dir=options["folder"])
    os.environ["HOME"] = os.environ["TMPDIR"] = home
    os.makedirs(os.path.join(home, "notebook"))
    os.chdir(os.path.join(home, "notebook"))
    return home


def _close_all_but(*kept: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    highest = max(int(name) for name in os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 256
    for descriptor in set(range(3, highest + 1)) - set(kept):
        with contextlib.suppress(OSError):
            os.close(descriptor)
