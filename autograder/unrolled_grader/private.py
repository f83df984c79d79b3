"""Who else on this machine can read a course: folders for their owner alone, and a look with another user's eyes."""

import os
import stat
from collections import deque
from pathlib import Path

GROUP, OTHERS = 0o070, 0o007
READ, SEARCH = 0o044, 0o011  # of a group's and of others' rights
MOST = 20_000  # files and folders that one look goes through


def make_private(folder: Path, group: bool = False) -> None:
    """Make a folder that only its owner can read and write, and the owner's group where `group` is true. One that is
    there already is closed to all others, where it is this user's."""
    folder.mkdir(mode=0o770 if group else 0o700, parents=True, exist_ok=True)
    close(folder, group)


def close(path: Path, group: bool = False) -> None:
    """Take the rights of all others from a file or folder, where it is there and is this user's."""
    if not path.exists() or path.stat().st_uid != os.geteuid():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    kept = mode & ~(OTHERS if group else GROUP | OTHERS)
    if kept != mode:
        path.chmod(kept)


def seen_by_others(place: Path, group: bool = False) -> Path | None:
    """Return the first thing at or below `place` whose content another user of this machine can read: a file, or a
    folder's list of names. None where there is none, up to MOST things.

    Args:
        place: a file or folder, there or not.
        group: members of a thing's own group are no others: several people share the course.
    """
    place = place.resolve()
    if not place.exists() or not all(_may(above, SEARCH, group) for above in place.parents):
        return None
    listed: Path | None = None
    waiting, looked = deque([place]), 0
    while waiting and looked < MOST:
        path = waiting.popleft()
        looked += 1
        if not path.is_dir():
            if _may(path, READ, group):
                return path
            continue
        if _may(path, READ, group):
            listed = listed or path
        if _may(path, SEARCH, group):
            waiting += sorted(below for below in path.iterdir() if not below.is_symlink())
    return listed


def _may(path: Path, right: int, group: bool) -> bool:
    """Say whether some other user has this right."""
    about = path.stat()
    if about.st_mode & right & OTHERS:
        return True
    return not group and bool(about.st_mode & right & GROUP) and _has_others(about.st_gid, about.st_uid)


def _has_others(group: int, owner: int) -> bool:
    """Say whether a group has members beside a file's owner and root."""
    import grp  # not on Windows, where only students work
    import pwd

    named = set(grp.getgrgid(group).gr_mem) if group in {known.gr_gid for known in grp.getgrall()} else set()
    members = {known.pw_uid for known in pwd.getpwall() if known.pw_gid == group or known.pw_name in named}
    return bool(members - {owner, 0})
