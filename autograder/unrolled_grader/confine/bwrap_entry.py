"""Start bubblewrap from an unprivileged place. Run as a program of its own, `python -I -S bwrap_entry.py SPEC`.

A grader often runs as root (in a container, on a course's machine). Root is dropped before bubblewrap is entered:
root may exceed limits on processes, and what the confined process could do through a hole would be done as root.
But an unprivileged user may not see the Python installation (it may lie in root's home folder). So, in a mount
namespace of this process alone, every path that the confined process is to see is first bound to a place that anyone
may enter.
"""

import ctypes
import json
import os
import sys
from typing import Any

STAGE = "/mnt"  # covered in this process's own mount namespace only
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x00020000, 4096, 16384, 1 << 18


def main(spec: dict[str, Any]) -> None:
    """Bind the sources that `spec` names, and become bwrap. It has `sources`, bwrap's `command` with numbers
    of sources in place of their paths, `bwrap` (the number of a source, a path below it), `environment`, `uid` and
    `gid`."""
    sources = spec["sources"]
    if os.getuid() == 0:
        sources = stage(sources)
        os.setgroups([])
        os.setresgid(spec["gid"], spec["gid"], spec["gid"])
        os.setresuid(spec["uid"], spec["uid"], spec["uid"])
    number, below = spec["bwrap"]
    bwrap = os.path.join(sources[number], below)
    command = [sources[part] if isinstance(part, int) else part for part in spec["command"]]
    os.execve(bwrap, ["bwrap", *command], spec["environment"])


def stage(sources: list[str]) -> list[str]:
    """Bind each source below STAGE and return the new paths; the old ones where root lacks the right to mount."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:  # root in a container without CAP_SYS_ADMIN
        return sources

    def mount(source: bytes | None, target: str, kind: bytes | None, flags: int) -> None:
        if libc.mount(source, target.encode(), kind, ctypes.c_ulong(flags), b"mode=0755" if kind else None) != 0:
            sys.exit(f"mounting {target} failed: {os.strerror(ctypes.get_errno())}")

    mount(None, "/", None, MS_REC | MS_PRIVATE)
    held = [os.open(source, os.O_PATH) for source in sources]
    mount(b"tmpfs", STAGE, b"tmpfs", 0)
    staged = []
    for number, (source, descriptor) in enumerate(zip(sources, held, strict=True)):
        target = f"{STAGE}/{number}"
        if os.path.isdir(source):
            os.mkdir(target, 0o755)
        else:
            os.close(os.open(target, os.O_CREAT, 0o644))
        mount(f"/proc/self/fd/{descriptor}".encode(), target, None, MS_BIND | MS_REC)
        os.close(descriptor)
        staged.append(target)
    return staged


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
