"""A submission's own namespaces, entered by a fork of the template before any of the student's code is read.

The template lives in bubblewrap's namespaces; its forks would share them, and with them a place to leave things for
the next submission. So each fork takes a user, pid, mount, ipc, net, uts and cgroup namespace of its own: no process of
another submission can be seen, `/proc` shows only its own, and the only writable places (the working folder, `/tmp`,
`/dev/shm`) are one private tmpfs of bounded size that is gone with the fork's last process. Then it gives up every
capability.
"""

import ctypes
import os
from pathlib import Path

HOME = "/home/student"
WORK = f"{HOME}/notebook"

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
ALL = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWCGROUP
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
PR_CAPBSET_DROP, PR_SET_DUMPABLE = 24, 4
CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Call mount(2). Raises OSError that names the target."""
    given = [None if text is None else text.encode() for text in (source, target, kind, options)]
    if _libc.mount(given[0], given[1], given[2], ctypes.c_ulong(flags), given[3]) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount: {os.strerror(number)}", target)


def enter() -> None:
    """Move this process into new namespaces; its next child is the first process of the new pid namespace.

    Raises OSError where the kernel refuses them.
    """
    user, group = os.getuid(), os.getgid()
    if _libc.unshare(ALL) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def settle(disk: int, kept_in_tmp: list[str]) -> None:
    """Give the first process of the new pid namespace a `/proc` and writable places of its own.

    Args:
        disk: how many bytes all writable places hold together.
        kept_in_tmp: read-only paths below /tmp that must stay visible (a Python environment may lie there).
    """
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    # read-only, as there one may tell the kernel whom to end first where memory is out
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)
    owner = f"uid={os.getuid()},gid={os.getgid()},mode=0700"
    mount("tmpfs", HOME, "tmpfs", MS_NOSUID | MS_NODEV, f"size={disk},nr_inodes=20000,{owner}")
    for folder in (WORK, f"{HOME}/.tmp", f"{HOME}/.shm", f"{HOME}/.config/matplotlib", f"{HOME}/.ipython"):
        os.makedirs(folder, mode=0o700)
    mount(f"{HOME}/.shm", "/dev/shm", None, MS_BIND)
    _own_tmp(f"{HOME}/.tmp", kept_in_tmp)
    os.chdir(WORK)


def _own_tmp(source: str, kept: list[str]) -> None:
    """Mount `source` over /tmp, and on top of it again the paths below /tmp that must stay visible."""
    held = [(path, os.open(path, os.O_PATH)) for path in kept]
    mount(source, "/tmp", None, MS_BIND)
    for path, descriptor in held:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            os.makedirs(path, exist_ok=True)
        else:
            os.close(os.open(path, os.O_CREAT, 0o600))
        mount(f"/proc/self/fd/{descriptor}", path, None, MS_BIND | MS_REC)
        os.close(descriptor)


def give_up_capabilities() -> None:
    """Drop every capability this process has, and every one it could get back by running a program."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in range(last + 1):
        _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if _libc.capset(header, nothing) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"capset: {os.strerror(number)}")
