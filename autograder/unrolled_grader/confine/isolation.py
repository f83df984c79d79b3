"""Chooses how student code is isolated: as asked for by name, or the best way that this machine has."""

import os
import sys
from collections.abc import Iterable, Sequence

from unrolled_grader.confine.container import ContainerTemplate
from unrolled_grader.confine.limits import Limits
from unrolled_grader.confine.results import IsolationUnavailable
from unrolled_grader.confine.template import REMEDY, ForkingTemplate, Template
from unrolled_grader.options import ISOLATIONS

# slow to import, and they start no thread that stays: a template with a second thread cannot be forked
SAFE_TO_WARM = frozenset(
    {"torch", "torch.optim", "numpy", "matplotlib", "pandas", "scipy", "sklearn", "sympy", "networkx", "seaborn"}
)


def open_template(
    isolation: str = "auto", limits: Limits | None = None, warm: Iterable[str] = ("torch", "torch.optim")
) -> Template:
    """Open a warm template; a context manager.

    Args:
        isolation: "bubblewrap", "container" (Docker or Podman), "none" (a plain process: student code can read and
            change all that you can), or "auto", the first of the first two that this machine has, and never "none".
        limits: what a submission may use.
        warm: modules that submissions will import; those that are safe to share are imported once, for all.

    Raises:
        IsolationUnavailable: this machine cannot do so; the message says what to do.
    """
    limits, warm = limits or Limits(), modules_to_warm(warm)
    if isolation not in ISOLATIONS:
        raise IsolationUnavailable(f"there is no isolation {isolation!r}: choose one of {', '.join(ISOLATIONS)}")
    if not hasattr(os, "fork"):
        raise IsolationUnavailable("grading needs Linux or macOS; on Windows use WSL 2")
    if isolation == "container":
        return ContainerTemplate(limits, warm)
    if isolation == "none":
        return ForkingTemplate("none", limits, warm)
    try:
        return _bubblewrap(limits, warm)
    except IsolationUnavailable as error:
        if isolation != "auto":
            raise
        return _container_instead(limits, warm, error)


def modules_to_warm(modules: Iterable[str]) -> list[str]:
    """Return those of the modules that a template imports once for all submissions, sorted."""
    return sorted(SAFE_TO_WARM & set(modules))


def _bubblewrap(limits: Limits, warm: Sequence[str]) -> Template:
    if not sys.platform.startswith("linux"):
        raise IsolationUnavailable(f"bubblewrap runs on Linux only; {REMEDY}")
    return ForkingTemplate("bubblewrap", limits, warm)


def _container_instead(limits: Limits, warm: Sequence[str], error: IsolationUnavailable) -> Template:
    try:
        return ContainerTemplate(limits, warm)
    except IsolationUnavailable as second:
        raise IsolationUnavailable(f"{error}. No container in its place either: {second}") from error
