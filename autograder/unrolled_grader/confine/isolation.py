"""Which isolation: asked for by name, or the best that this machine has."""

import os
import sys

from unrolled_grader.confine.container import ContainerTemplate
from unrolled_grader.confine.results import IsolationUnavailable, Limits
from unrolled_grader.confine.template import REMEDY, ForkingTemplate, Template
from unrolled_grader.isolations import ISOLATIONS


def open_template(isolation: str = "auto", limits: Limits | None = None) -> Template:
    """A warm template; a context manager.

    Args:
        isolation: "bubblewrap", "container" (Docker or Podman), "none" (a plain process: student code can read and
            change all that you can), or "auto", the first of the first two that this machine has, and never "none".
        limits: what a submission may use.

    Raises:
        IsolationUnavailable: this machine cannot do so; the message says what to do.
    """
    limits = limits or Limits()
    if isolation not in ISOLATIONS:
        raise IsolationUnavailable(f"there is no isolation {isolation!r}: choose one of {', '.join(ISOLATIONS)}")
    if not hasattr(os, "fork"):
        raise IsolationUnavailable("grading needs Linux or macOS; on Windows use WSL 2")
    if isolation == "container":
        return ContainerTemplate(limits)
    if isolation == "none":
        return ForkingTemplate("none", limits)
    try:
        return _bubblewrap(limits)
    except IsolationUnavailable as error:
        if isolation != "auto":
            raise
        return _container_instead(limits, error)


def _bubblewrap(limits: Limits) -> Template:
    if not sys.platform.startswith("linux"):
        raise IsolationUnavailable(f"bubblewrap runs on Linux only; {REMEDY}")
    return ForkingTemplate("bubblewrap", limits)


def _container_instead(limits: Limits, error: IsolationUnavailable) -> Template:
    try:
        return ContainerTemplate(limits)
    except IsolationUnavailable as second:
        raise IsolationUnavailable(f"{error}. No container in its place either: {second}") from error
