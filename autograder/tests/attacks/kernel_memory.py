"""Memory that is counted for no process: what the kernel keeps for one, and what several share.

A submission of the suite may hold 200 MiB. Each of these tries to hold 400 MiB or more, and says HELD if it could; they
stop there, so that a machine on which one succeeds lives on.
"""

from typing import Any

from attack import Attack

CHILDREN = """
import os, time
def child(work):
    pid = os.fork()
    if pid == 0:
        try: work()
        finally:
            time.sleep(1.2); os._exit(0)
    return pid
"""


def _attack(name: str, tries: str, before: str, **more: Any) -> Attack:
    return Attack(f"memory_{name}", tries, before, never="HELD", **more)


# in a Python of its own, which has all of the address space that torch takes in the notebook's
def alone(code: str) -> str:
    return f"""
import subprocess, sys
done = subprocess.run([sys.executable, "-S", "-c", {code!r}], capture_output=True, text=True)
print(done.stdout, done.stderr[-200:])
"""


SHARED = """
import mmap, os
m = mmap.mmap(%s, 420 << 20, mmap.MAP_SHARED)
for at in range(0, 420 << 20, 4 << 20):
    m[at:at + (4 << 20)] = b'x' * (4 << 20)
    m.madvise(mmap.MADV_DONTNEED, at, 4 << 20)
print("HE" + "LD")
"""
LIBC = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
size = 420 << 20
at = libc.mmap(ctypes.c_void_p(0), ctypes.c_size_t(size), 3, 0x21, -1, ctypes.c_long(0))
assert at not in (None, 2**64 - 1), ctypes.get_errno()
for start in range(0, size, 4 << 20):
    ctypes.memset(at + start, 1, 4 << 20)
    libc.madvise(ctypes.c_void_p(at + start), ctypes.c_size_t(4 << 20), 4)
print("HE" + "LD")
"""
SOCKETS = """
import socket
def fill(count, size, kind=None):
    kept, held = [], 0
    try:
        for _ in range(count):
            pair = socket.socketpair(socket.AF_UNIX, kind or socket.SOCK_STREAM)
            kept.append(pair)
            for one in pair:
                one.setblocking(False)
                if size:
                    try: one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
                    except OSError: pass
                try:
                    while True: held += one.send(b'x' * 65536)
                except OSError: pass
                if held > 450 << 20: return kept, held
    except OSError as error: pass
    return kept, held
"""
# each child says what it holds; who asks for all of it is ended before the last has answered
TOGETHER = """
import socket, struct
go, going = os.pipe()
told, tell = os.pipe()
kept, held = [], 0
def fill(s):
    global held
    s.setblocking(False)
    try:
        while True: held += s.send(b'x' * 65536)
    except OSError: pass
def work():
    os.read(go, 1)
    try:
        while held < 30 << 20:%s
    except OSError: pass
    os.write(tell, struct.pack("q", held))
for _ in range(24): child(work)
os.write(going, b'x' * 24)
total = 0
for _ in range(24): total += struct.unpack("q", os.read(told, 8))[0]
time.sleep(0.5)
print(total >> 20, "MiB")
if total > 400 << 20: print("HE" + "LD")
"""

KERNEL_MEMORY = [
    _attack("shared_anonymous", "shared memory without a name, touched and dropped in pieces", alone(SHARED % "-1")),
    _attack(
        "shared_zero",
        "/dev/zero, mapped: shared memory by another name",
        alone(SHARED % "os.open('/dev/zero', os.O_RDWR)"),
    ),
    _attack("shared_by_libc", "shared memory that libc maps, and a child keeps", alone(LIBC)),
    _attack(
        "sockets_wide",
        "sockets with wide buffers, full",
        SOCKETS
        + """
kept, held = fill(60, 1 << 26)
print(held >> 20, "MiB")
if held > 400 << 20: print("HE" + "LD")
""",
    ),
    _attack(
        "datagrams",
        "datagram sockets",
        CHILDREN
        + SOCKETS
        + """
kept, held = fill(110, 1 << 26, socket.SOCK_DGRAM)
print(held >> 20, "MiB")
if held > 400 << 20: print("HE" + "LD")
""",
    ),
    _attack(
        "sockets_in_flight",
        "sockets that lie in the queue of other sockets",
        SOCKETS
        + """
total, rounds = 0, []
for _ in range(30):
    kept, held = fill(20, 1 << 26)
    total += held
    a, b = socket.socketpair()
    try:
        socket.send_fds(a, [b"x"], [s.fileno() for pair in kept for s in pair][:200])
        rounds.append((a, b))
    except OSError as error: print(error); total -= held
    for pair in kept:
        for s in pair: s.close()
    if total > 400 << 20: print("HE" + "LD"); break
""",
    ),
    _attack(
        "pipes",
        "pipes made wide, full",
        CHILDREN
        + """
import fcntl, struct
def work():
    held, kept = 0, []
    try:
        for _ in range(110):
            r, w = os.pipe(); kept += [r, w]
            try: fcntl.fcntl(w, 1031, 1 << 20)
            except OSError: pass
            os.set_blocking(w, False)
            try:
                while True: held += os.write(w, b'x' * 65536)
            except OSError: pass
    except OSError: pass
    os.write(tell, struct.pack("q", held))
told, tell = os.pipe()
for _ in range(24): child(work)
total = sum(struct.unpack("q", os.read(told, 8))[0] for _ in range(24))
time.sleep(0.5)
print(total >> 20, "MiB")
if total > 400 << 20: print("HE" + "LD")
""",
    ),
    _attack(
        "asynchronous",
        "rings of asynchronous input and output, of which the machine has few",
        """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        made = 0
        for _ in range(64):
            ring = ctypes.c_ulong(0)
            made += libc.syscall(206, 4096, ctypes.byref(ring)) == 0
        if made: print("HE" + "LD", made, "rings")
        """,
    ),
    _attack(
        "other_sockets",
        "socketpair for kinds of sockets that socket() may not make",
        """
        import ctypes, errno
        libc = ctypes.CDLL(None, use_errno=True)
        pair = (ctypes.c_int * 2)()
        for family in (2, 10, 16, 17, 30, 38, 40, 44):
            for kind in (1, 2, 3, 5):
                if libc.socketpair(family, kind, 0, pair) == 0 or ctypes.get_errno() not in (errno.EACCES, errno.EPERM):
                    print("HE" + "LD: the kernel answered for family", family, ctypes.get_errno())
        """,
    ),
    _attack(
        "socket_filters",
        "programs for the kernel, laid on sockets",
        """
        import ctypes, socket, struct
        a, b = socket.socketpair()
        code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0) * 64)
        try:
            a.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", 64, ctypes.addressof(code)))
            print("HE" + "LD: a filter")
        except OSError as error: print(error)
        """,
    ),
    _attack(
        "keyrings",
        "keys in the kernel's keyrings",
        """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        made = sum(libc.syscall(248, b"user", b"key%d" % n, b"x" * 30000, 30000, -3) > 0 for n in range(100))
        if made: print("HE" + "LD", made, "keys")
        """,
    ),
    _attack(
        "secret_memory",
        "memory files, secret memory, System V, queues",
        """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        tries = [(319, b"x", 0), (447, 0), (29, 0, 4096, 0o1600), (68, 0, 0o1600), (240, b"q", 0o102, 0o600, 0)]
        if any(libc.syscall(*call) >= 0 for call in tries): print("HE" + "LD")
        """,
    ),
    _attack(
        "prefer_the_grader",
        "asks the kernel to spare it, so that the grader goes first",
        """
        score = open("/proc/self/oom_score_adj").read()
        try: open("/proc/self/oom_score_adj", "w").write("-500")
        except OSError: pass
        try: open("/proc/self/oom_score_adj", "w").write("0")
        except OSError: pass
        if int(open("/proc/self/oom_score_adj").read()) < 500: print("HE" + "LD: spared", score)
        """,
    ),
    _attack(
        "locks",
        "hundreds of thousands of file locks",
        """
        import fcntl, time
        file, n, start = open("/tmp/locks", "w"), 0, time.time()
        try:
            while time.time() - start < 1.2:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 4_000_000_000 - 2 * n); n += 1
        except OSError as error: print(error)
        print(n, "locks")
        if n * 200 > 400 << 20: print("HE" + "LD")
        """,
    ),
    _attack(
        "not_accepted",
        "connections that nobody accepts, full, and closed on the other side",
        """
import socket
kept, held = [], 0
try:
    for number in range(60):
        server = socket.socket(socket.AF_UNIX); server.bind(f"/tmp/s{number}"); server.listen(4096); kept.append(server)
        for _ in range(200):
            with socket.socket(socket.AF_UNIX) as sender:
                sender.setblocking(False)
                try: sender.connect(f"/tmp/s{number}")
                except OSError: break
                try:
                    while True: held += sender.send(b'x' * 65536)
                except OSError: pass
        if held > 400 << 20: print("HE" + "LD"); break
except OSError as error: print(error)
print(held >> 20, "MiB")
""",
    ),
    _attack(
        "left_datagrams",
        "datagrams whose senders are gone",
        """
import socket
kept, held = [], 0
try:
    for number in range(200):
        box = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); box.bind(f"/tmp/d{number}"); kept.append(box)
        for _ in range(30):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
                try: held += sender.sendto(b'x' * 1_000_000, f"/tmp/d{number}")
                except OSError: break
        if held > 400 << 20: print("HE" + "LD"); break
except OSError as error: print(error)
print(held >> 20, "MiB")
""",
    ),
    _attack(
        "events",
        "events of files that nobody reads",
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        os.mkdir("/tmp/seen")
        made = [libc.inotify_init1(0x800) for _ in range(120)]
        watching = [fd for fd in made if fd >= 0 and libc.inotify_add_watch(fd, b"/tmp/seen", 0xFFF) >= 0]
        names = ["/tmp/seen/" + letter * 250 for letter in "ab"]
        for name in names: open(name, "w").close()
        for number in range(16_000 if watching else 0): os.utime(names[number % 2], (number, number))
        print(len(watching), "watches")
        if len(watching) > 50: print("HE" + "LD")
        """,
    ),
    *(
        _attack(name, f"24 children at once: {what}", CHILDREN + TOGETHER % inner)
        for name, what, inner in (
            (
                "sockets_together",
                "full sockets",
                """
            a, b = socket.socketpair(); kept += [a, b]
            for s in (a, b): fill(s)""",
            ),
            (
                "queues_together",
                "connections that nobody accepts",
                """
            path = f"/tmp/q{os.getpid()}-{len(kept)}"
            server = socket.socket(socket.AF_UNIX); server.bind(path); server.listen(4096); kept.append(server)
            for _ in range(200):
                with socket.socket(socket.AF_UNIX) as s:
                    s.setblocking(False); s.connect(path)
                    fill(s)""",
            ),
        )
    ),
    _attack(
        "thrown_out",
        "throws out of the machine's memory the files that every submission reads",
        """
            import ctypes, glob, mmap, os, sys
            def held(path):
                with open(path, "rb") as file:
                    part = mmap.mmap(file.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
                    seen = (ctypes.c_ubyte * (len(part) // 4096 + 1))()
                    start = ctypes.c_void_p(ctypes.addressof(ctypes.c_ubyte.from_buffer(part)))
                    ctypes.CDLL(None).mincore(start, ctypes.c_size_t(len(part)), seen)
                    return sum(byte & 1 for byte in seen)
            library = glob.glob(os.path.dirname(os.__file__) + "/*.py")
            path = max(filter(os.path.isfile, library), key=os.path.getsize)
            open(path, "rb").read()
            before = held(path)
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            print(before, held(path))
            if held(path) < before: print("HE" + "LD")
            """,
    ),
    _attack(
        "file_locks",
        "sixty thousand locks of parts of files, which are counted nowhere",
        """
            import fcntl, os, time
            files = [os.open(f"/tmp/lock{n}", os.O_RDWR | os.O_CREAT) for n in range(100)]
            for place in range(600, 0, -1):
                for file in files: fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * place)
            time.sleep(1.6)
            print("HE" + "LD")
            """,
    ),
    _attack(
        "landlock",
        "rules of a sandbox of one's own, of which the kernel keeps as many as are made",
        """
            import ctypes, struct
            libc = ctypes.CDLL(None, use_errno=True)
            network = ctypes.create_string_buffer(struct.pack("QQ", 1 << 2, 3))
            made = libc.syscall(444, network, ctypes.c_size_t(16), 0)
            for port in range(1, 65536) if made >= 0 else ():
                libc.syscall(445, made, 2, ctypes.create_string_buffer(struct.pack("QQ", 1, port)), 0)
            print("HE" + "LD" if made >= 0 else "refused")
            """,
    ),
]
