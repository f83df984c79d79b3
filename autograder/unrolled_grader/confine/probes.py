"""Measures each layer of the confinement: student processes are started, and try what they must not be able to do.

That a layer was asked for is no proof that it is there.
"""

from collections.abc import Iterable
from pathlib import Path

from unrolled_grader.confine import probe_limits, probe_view
from unrolled_grader.confine.isolation import open_template
from unrolled_grader.confine.one_probe import PROBE_LIMITS, Probe, measure
from unrolled_grader.confine.results import IsolationUnavailable, Layer

STARTED = "student process"


def probe_layers(isolation: str = "auto", hidden: Iterable[Path] = ()) -> list[Layer]:
    """Measure just now what confines a student process here, layer by layer. `hidden` are further places that it must
    not see: the course, the exchange.

    Where no student process can be started at all, the list has one layer, which is off; its `detail` is the reason.
    """
    try:
        with open_template(isolation, PROBE_LIMITS, warm=()) as template:
            started = Layer(STARTED, True, f"starts; isolation: {template.isolation}")
            there = [str(path) for path in hidden if path.exists()]
            view = Probe("view", lambda template, student: probe_view.view(template, student, there), KERNEL)
            return [started, *(measure(template, probe) for probe in (*PROBES, view))]
    except IsolationUnavailable as error:
        return [Layer(STARTED, False, str(error))]


LINUX = "the grader on Linux, with `unrolled grade` (not --isolation none)"
KERNEL = "a kernel that lets ordinary users make namespaces; without, the container way (Docker or Podman)"
SECCOMP = "a kernel with seccomp filters, on an x86_64 or aarch64 machine"
PROBES = (
    Probe("user", probe_view.user, LINUX),
    Probe("namespaces", probe_view.namespaces, KERNEL),
    Probe("file system", probe_view.files, KERNEL),
    Probe("nothing stays", probe_view.nothing_stays, KERNEL),
    Probe("network", probe_view.network, KERNEL),
    Probe("system calls", probe_limits.system_calls, SECCOMP),
    Probe("resource limits", probe_limits.resource_limits, LINUX),
    Probe("memory", probe_limits.memory, "a grader that sees /proc (Linux), or the container way"),
    Probe("kernel's memory", probe_limits.kernel_memory, SECCOMP),
    Probe("full sockets", probe_limits.sockets, "a grader that sees /proc (Linux), or the container way"),
    Probe("memory floor", probe_limits.memory_floor, "a grader that sees /proc (Linux)"),
    Probe("time of a cell", probe_limits.cell_clock, LINUX),
    Probe("time in all", probe_limits.notebook_clock, LINUX),
    Probe("output", probe_limits.output, LINUX),
)
