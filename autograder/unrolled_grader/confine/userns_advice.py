"""Why a machine refuses user namespaces, and what its owner can do: the usual cases, looked up where they show."""

from pathlib import Path

SWITCHES = (
    # file below /proc/sys, the value that refuses, who sets it so, the remedy
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor keeps programs without a profile from using user namespaces (Ubuntu 24.04 does so by default)",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 "
        "(in /etc/sysctl.d/60-unrolled.conf to keep it), or an AppArmor profile with `userns,` for bwrap",
    ),
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "this kernel lets only root make user namespaces (older Debian, hardened kernels)",
        "sudo sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    ("user/max_user_namespaces", "0", "user namespaces are off", "sudo sysctl -w user.max_user_namespaces=15000"),
)
CONTAINER_MARKS = (".dockerenv", "run/.containerenv")
CONTAINER = (
    "this is a container, and Docker's default filter refuses namespaces in it and masks parts of /proc. "
    "Do: start it with `docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined ...` "
    "(and `--security-opt apparmor=unconfined` where AppArmor is on)"
)


def remedies(root: Path = Path("/")) -> list[str]:
    """Return the reasons found on this machine, each with its remedy; none where none of the usual ones holds.

    `root` is where the file system starts.
    """
    found = []
    for name, refusing, reason, remedy in SWITCHES:
        switch = root / "proc/sys" / name
        if switch.is_file() and switch.read_text().strip() == refusing:
            found.append(f"{reason}. Do: {remedy}")
    if any((root / mark).exists() for mark in CONTAINER_MARKS):
        found.append(CONTAINER)
    return found
