"""Does the filter, read as the kernel reads it, refuse what it should on both kinds of machine, and no more?"""

import errno
import struct
from typing import Any

import pytest

from unrolled_grader.confine.student_side import seccomp

ERRNO = 0x00050000
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
HARMLESS = {
    "x86_64": {"read": 0, "write": 1, "mmap": 9, "fork": 57, "execve": 59, "futex": 202, "openat": 257},
    "aarch64": {"read": 63, "write": 64, "mmap": 222, "execve": 221, "futex": 98, "openat": 56},
}


def decide(machine: str, number: int, *arguments: int, architecture: int | None = None) -> Any:
    """Return what the filter gives for a system call, by a little BPF machine."""
    code = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    words = [number, architecture or ARCHITECTURES[machine], 0, 0]
    for argument in (*arguments, *[0] * (6 - len(arguments))):
        words += [argument & 0xFFFFFFFF, argument >> 32]
    value, at = 0, 0
    while True:
        operation, if_true, if_false, operand = code[at]
        at += 1
        if operation == seccomp.RETURN:
            return operand
        if operation == seccomp.LOAD:
            value = words[operand // 4]
            continue
        if operation == seccomp.AND:
            value &= operand
            continue
        test = {
            seccomp.JUMP_EQUAL: value == operand,
            seccomp.JUMP_SET: bool(value & operand),
            seccomp.JUMP_FROM: value >= operand,
        }[operation]
        at += if_true if test else if_false


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_every_denied_call_fails_with_eperm(machine):
    column = list(ARCHITECTURES).index(machine)
    for calls in seccomp.DENIED.values():
        for name, numbers in calls.items():
            if numbers[column] >= 0:
                assert decide(machine, numbers[column]) == ERRNO | errno.EPERM, name


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_everyday_calls_pass(machine):
    for name, number in HARMLESS[machine].items():
        assert decide(machine, number) == seccomp.ALLOW, name


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_clone_makes_threads_and_processes_but_no_namespaces(machine):
    clone = seccomp.CLONE[list(ARCHITECTURES).index(machine)]
    assert decide(machine, clone, 17) == seccomp.ALLOW  # fork: SIGCHLD
    assert decide(machine, clone, 0x003D0F00) == seccomp.ALLOW  # a thread
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert decide(machine, clone, flag | 17) == ERRNO | errno.EPERM
    assert decide(machine, seccomp.CLONE3[0]) == ERRNO | errno.ENOSYS


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize("call", ["SOCKET", "SOCKETPAIR"])
def test_sockets_are_streams_of_this_machine_only(machine, call):
    number = getattr(seccomp, call)[list(ARCHITECTURES).index(machine)]
    for flags in (0, 0o4000, 0o2000000):  # SOCK_NONBLOCK, SOCK_CLOEXEC
        assert decide(machine, number, 1, 1 | flags) == seccomp.ALLOW
    for family in (2, 10, 16, 17, 30, 38, 40):  # inet, inet6, netlink, packet, tipc, alg, vsock
        assert decide(machine, number, family, 1) == ERRNO | errno.EACCES
    for kind in (2, 3, 5):  # datagrams, raw, packets
        assert decide(machine, number, 1, kind) == ERRNO | errno.EACCES


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_memory_is_shared_through_files_only(machine):
    number = seccomp.MMAP[list(ARCHITECTURES).index(machine)]
    for flags in (0x22, 0x02, 0x01, 0x20022, 0x40022):  # private, of a file, a stack, huge pages
        assert decide(machine, number, 0, 4096, 3, flags) == seccomp.ALLOW
    for flags in (0x21, 0x40021, 0x8021):  # with huge pages, filled at once
        assert decide(machine, number, 0, 4096, 3, flags) == ERRNO | errno.ENOMEM


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_buffers_of_sockets_and_pipes_stay_as_they_are(machine):
    column = list(ARCHITECTURES).index(machine)
    for option in seccomp.SOCKET_OPTIONS:
        assert decide(machine, seccomp.SETSOCKOPT[column], 3, 1, option) == ERRNO | errno.EPERM
    assert decide(machine, seccomp.SETSOCKOPT[column], 3, 1, 20) == seccomp.ALLOW  # a time limit
    assert decide(machine, seccomp.SETSOCKOPT[column], 3, 6, 7) == seccomp.ALLOW  # not the socket's own level
    assert decide(machine, seccomp.FCNTL[column], 3, 1031) == ERRNO | errno.EPERM
    assert decide(machine, seccomp.FCNTL[column], 3, 4) == seccomp.ALLOW


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_keys_cannot_be_typed_into_a_terminal(machine):
    number = seccomp.IOCTL[list(ARCHITECTURES).index(machine)]
    assert decide(machine, number, 0, 0x5412) == ERRNO | errno.EPERM
    assert decide(machine, number, 0, 0x5401) == seccomp.ALLOW


def test_calls_in_another_machines_numbers_kill():
    assert decide("x86_64", 1, architecture=0x40000003) == seccomp.KILL  # the 32-bit way in
    assert decide("x86_64", 0x40000000 | 1) == seccomp.KILL  # x32
    assert decide("aarch64", 1, architecture=ARCHITECTURES["x86_64"]) == seccomp.KILL


def test_an_unknown_machine_is_refused():
    with pytest.raises(seccomp.Unsupported, match="riscv64"):
        seccomp.program("riscv64")
