"""A seccomp filter in pure Python: the system calls a student's code has no business with fail with EPERM.

It is the layer under the namespaces: should the kernel have a hole in one of these calls, a student's code cannot
reach it. A deny list, not an allow list: torch and glibc start to use new harmless calls with each release, and an
allow list would fail an honest student after an update. What is denied, and why, is in `DENIED`.
"""

import ctypes
import errno
import os
import struct

DENIED: dict[str, dict[str, tuple[int, int]]] = {
    # each call's number on (x86_64, aarch64); -1 where the machine has no such call
    "mounts and file handles: leave or change the file system view": {
        "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
        "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
        "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "open_tree_attr": (467, 467),
        "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "quotactl": (179, 60),
        "quotactl_fd": (443, 443), "fanotify_init": (300, 262), "swapon": (167, 224), "swapoff": (168, 225),
        "statmount": (457, 457), "listmount": (458, 458),
    },
    "namespaces: have capabilities again in a new one": {"unshare": (272, 97), "setns": (308, 268)},
    "other processes' memory and descriptors": {
        "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
        "kcmp": (312, 272), "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    },
    "memory that no limit and no watchdog sees": {
        "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
        "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "io_setup": (206, 0),
        "inotify_init": (253, -1), "inotify_init1": (294, 26),
        "landlock_create_ruleset": (444, 444), "landlock_add_rule": (445, 445), "landlock_restrict_self": (446, 446),
    },
    "large and young parts of the kernel, where holes have been": {
        "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
        "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "add_key": (248, 217),
        "request_key": (249, 218), "keyctl": (250, 219), "vmsplice": (278, 75), "personality": (135, 92),
        "modify_ldt": (154, -1), "migrate_pages": (256, 238), "move_pages": (279, 239),
        "lookup_dcookie": (212, 18),
    },
    "processors that are not its share: slow down who is graded beside it": {"sched_setaffinity": (203, 122)},
    "the machine itself: modules, clock, reboot": {
        "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
        "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142), "syslog": (103, 116),
        "acct": (163, 89), "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
        "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162), "vhangup": (153, 58),
        "iopl": (172, -1), "ioperm": (173, -1), "nfsservctl": (180, 42), "uselib": (134, -1),
    },
}  # fmt: skip
CLONE = (56, 220)
CLONE3 = (435, 435)
SOCKET = (41, 198)
SOCKETPAIR = (53, 199)
SETSOCKOPT = (54, 208)
MMAP = (9, 222)
FCNTL = (72, 25)
IOCTL = (16, 29)
FADVISE = (221, 223)

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH
NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW* flag that clone knows
X32 = 0x40000000
AF_UNIX, SOCK_STREAM, KIND = 1, 1, 0xF
MAP_SHARED, MAP_KIND, MAP_ANONYMOUS = 0x01, 0x0F, 0x20
SOL_SOCKET = 1
# SO_SNDBUF, SO_RCVBUF, their FORCE forms; SO_ATTACH_FILTER, SO_ATTACH_BPF and those for groups of sockets
SOCKET_OPTIONS = (7, 8, 32, 33, 26, 50, 51, 52)
F_SETPIPE_SZ = 1031
POSIX_FADV_DONTNEED = 4
TYPE_INTO_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: type into the terminal of the grader

LOAD, JUMP_EQUAL, JUMP_SET, JUMP_FROM, RETURN, AND = 0x20, 0x15, 0x45, 0x35, 0x06, 0x54
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
# offsets in struct seccomp_data; of arguments those of the low words
NUMBER, ARCHITECTURE, FIRST, SECOND, THIRD, FOURTH = 0, 4, 16, 24, 32, 40

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER_MODE = 38, 22, 2


class Unsupported(OSError):
    """This machine or kernel cannot have the filter."""


def program(machine: str | None = None) -> bytes:
    """Return the filter as BPF instructions for a machine ("x86_64" or "aarch64"; this one by default).

    Raises Unsupported for any other machine.
    """
    machine = machine or os.uname().machine
    if machine not in MACHINES:
        raise Unsupported(f"no system call filter is known for {machine} machines (only {', '.join(MACHINES)})")
    column, architecture = MACHINES[machine]
    code: list[bytes] = [_load(ARCHITECTURE), *_unless(architecture, KILL), _load(NUMBER)]
    if machine == "x86_64":
        code += [_instruction(JUMP_FROM, X32, 0, 1), _give(KILL)]  # the same calls under other numbers
    for calls in DENIED.values():
        for numbers in calls.values():
            if numbers[column] >= 0:
                code += _if(numbers[column], FAIL | errno.EPERM)
    code += _if(CLONE3[column], FAIL | errno.ENOSYS)  # its flags lie in memory, unseen; glibc falls back to clone
    code += _block(CLONE[column], [_load(FIRST), _instruction(JUMP_SET, NEW_NAMESPACES, 0, 1), *_fails()])
    for number in (SOCKET, SOCKETPAIR):
        code += _block(number[column], _unix_streams())
    # memory that several processes share and none is charged for: what needs it takes a file in /dev/shm
    shared = [_load(FOURTH), _instruction(AND, MAP_KIND | MAP_ANONYMOUS)]
    code += _block(MMAP[column], [*shared, *_if(MAP_SHARED | MAP_ANONYMOUS, FAIL | errno.ENOMEM)])
    options = [_load(SECOND), _instruction(JUMP_EQUAL, SOL_SOCKET, 1, 0), _give(ALLOW), _load(THIRD)]
    for option in SOCKET_OPTIONS:
        options += _if(option, FAIL | errno.EPERM)
    code += _block(SETSOCKOPT[column], options)
    code += _block(FCNTL[column], [_load(SECOND), *_if(F_SETPIPE_SZ, FAIL | errno.EPERM)])
    # a hint that throws files which everybody reads out of the machine's memory: taken, and nothing is done
    code += _block(FADVISE[column], [_load(FOURTH), *_if(POSIX_FADV_DONTNEED, FAIL)])
    keys = [_load(SECOND)]
    for request in TYPE_INTO_TERMINAL:
        keys += _if(request, FAIL | errno.EPERM)
    code += _block(IOCTL[column], keys)
    return b"".join([*code, _give(ALLOW)])


def install() -> None:
    """Put this process, and all it will ever start, under the filter, for good. Raises Unsupported."""
    code = program()
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):  # struct sock_fprog
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    filter_ = Program(len(code) // 8, ctypes.cast(instructions, ctypes.c_void_p))
    long = ctypes.c_ulong
    if libc.prctl(PR_SET_NO_NEW_PRIVS, long(1), long(0), long(0), long(0)) != 0:
        raise Unsupported(ctypes.get_errno(), "the kernel refuses no_new_privs")
    if libc.prctl(PR_SET_SECCOMP, long(FILTER_MODE), ctypes.byref(filter_), long(0), long(0)) != 0:
        raise Unsupported(ctypes.get_errno(), "the kernel refuses a seccomp filter")


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _load(offset: int) -> bytes:
    return _instruction(LOAD, offset)


def _give(action: int) -> bytes:
    return _instruction(RETURN, action)


def _if(value: int, action: int) -> list[bytes]:
    return [_instruction(JUMP_EQUAL, value, 0, 1), _give(action)]


def _unless(value: int, action: int) -> list[bytes]:
    return [_instruction(JUMP_EQUAL, value, 1, 0), _give(action)]


def _unix_streams() -> list[bytes]:
    """Allow AF_UNIX alone: no netlink, packet, vsock (which no network namespace holds) or crypto sockets. And streams
    alone: an event loop needs a pair; what was sent as datagrams stays in the kernel though the sender is gone."""
    family = [_load(FIRST), _instruction(JUMP_EQUAL, AF_UNIX, 1, 0), _give(FAIL | errno.EACCES)]
    kind = [_load(SECOND), _instruction(AND, KIND), _instruction(JUMP_EQUAL, SOCK_STREAM, 1, 0)]
    return [*family, *kind, _give(FAIL | errno.EACCES), _give(ALLOW)]


def _fails() -> list[bytes]:
    return [_give(FAIL | errno.EPERM)]


def _block(number: int, body: list[bytes]) -> list[bytes]:
    """Return `body` for one system call; it ends in ALLOW, as it has loaded an argument over the number."""
    body = [*body, _give(ALLOW)]
    return [_instruction(JUMP_EQUAL, number, 0, len(body)), *body]
