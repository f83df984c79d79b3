"""Bombs: what should bring the machine, or the batch, to a stop."""

from attack import Attack

BOMBS = [
    Attack(
        "every_processor",
        "leaves the processors of its worker, and keeps all of them busy while others are graded",
        """
        import os, threading, time
        share = os.sched_getaffinity(0)
        for pid in (0, 1, os.getpid()):
            try: os.sched_setaffinity(pid, range(os.cpu_count()))
            except OSError as error: print(error)
        if os.sched_getaffinity(0) > share: print("TAK" + "EN")
        for _ in range(8):
            if os.fork() == 0:
                end = time.time() + 4
                while time.time() < end: pass
                os._exit(0)
        time.sleep(3)
        """,
        never="TAKEN",
    ),
    Attack(
        "fork_bomb",
        "doubles its processes",
        """
        import os, time
        for _ in range(14):
            try: os.fork()
            except OSError: pass
        time.sleep(3)
        """,
    ),
    Attack(
        "thread_bomb",
        "threads without end",
        """
        import threading, time
        threads = []
        try:
            for _ in range(10**4):
                t = threading.Thread(target=time.sleep, args=(9,), daemon=True); t.start(); threads.append(t)
        except RuntimeError as error: print(error)
        """,
    ),
    Attack(
        "memory_bomb",
        "asks for memory until there is none, and touches it",
        """
        hoard = []
        while True: hoard.append(bytearray(b'x' * 2**26))
        """,
    ),
    Attack(
        "memory_in_children",
        "the same, spread over children",
        """
        import os, time
        for _ in range(6):
            if os.fork() == 0:
                hoard = bytearray(b'x' * 2**27); time.sleep(5); os._exit(0)
        time.sleep(2)
        """,
    ),
    Attack(
        "disk_bomb",
        "fills every folder it can write",
        """
        for path in ('a', '/tmp/b', '/dev/shm/c'):
            try:
                with open(path, 'wb') as file:
                    while True: file.write(b'x' * 2**24)
            except OSError as error: print(error)
        """,
    ),
    Attack(
        "inode_bomb",
        "a million empty files",
        """
        import itertools
        try:
            for i in itertools.count(): open(f'/tmp/{i}', 'w').close()
        except OSError as error: print(error)
        """,
    ),
    Attack(
        "descriptor_bomb",
        "opens files until none can be opened",
        """
        kept = []
        try:
            while True: kept.append(open('/dev/null'))
        except OSError as error: print(error)
        """,
    ),
    Attack(
        "output_flood",
        "prints without end",
        "while True: print('x' * 10_000)",
        statuses=("flagged",),
        told="printed more than",
    ),
    Attack(
        "display_flood",
        "a hundred thousand pictures",
        """
        from IPython.display import display
        for i in range(10**5): display({'image/png': 'QUJD' * 1000, 'text/plain': 'x'}, raw=True)
        """,
        stops="display_data",
    ),
    Attack(
        "flood_below_python",
        "writes past Python to descriptors 1 and 2",
        """
        import os
        for _ in range(3000): os.write(1, b'x' * 10**5); os.write(2, b'y' * 10**5)
        """,
    ),
    Attack(
        "endless_cell",
        "a cell that ignores every interrupt",
        """
        import signal
        for number in range(1, 32):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        while True:
            try:
                while True: pass
            except BaseException: pass
        """,
        statuses=("flagged",),
        told="did not stop when interrupted",
    ),
    Attack(
        "endless_call",
        "an answer that swallows interrupts, in one exercise: the others keep their points",
        answers={
            "scale": """
            def scale(x):
                while True:
                    try:
                        while True: pass
                    except BaseException: pass
            """
        },
        honest=True,
        earns=9.0,
        statuses=("flagged",),
    ),
    Attack(
        "endless_in_c",
        "one long call in compiled code",
        answers={"scale": "def scale(x): return sum(range(10**12))"},
        honest=True,
        earns=9.0,
        statuses=("flagged",),
    ),
    Attack(
        "stopped",
        "stops itself with SIGSTOP",
        """
        import os, signal
        os.kill(os.getpid(), signal.SIGSTOP)
        import ctypes; ctypes.CDLL(None).raise_(19) if False else None
        """,
        answers={
            "scale": """
            def scale(x):
                import ctypes, time; ctypes.CDLL(None)['raise'](19); time.sleep(60)
            """
        },
    ),
    Attack(
        "leaves",
        "ends its process where its answer is called",
        answers={
            "scale": """
            import os
            def scale(x): os._exit(0)
            """
        },
        honest=True,
        earns=9.0,
        statuses=("flagged",),
        told="exit status 0",
    ),
    Attack(
        "aborts",
        "aborts while its cell runs",
        answers={
            "scale": """
            __import__('os').abort()
            def scale(x): return 3 * x
            """
        },
        honest=True,
        earns=9.0,
        statuses=("flagged",),
        told="crashed or was killed",
    ),
    Attack(
        "segfault",
        "reads address 0",
        answers={
            "scale": """
            import ctypes
            def scale(x): return ctypes.string_at(0)
            """
        },
        honest=True,
        earns=9.0,
        statuses=("flagged",),
        told="SIGSEGV",
    ),
    Attack(
        "exits_politely",
        "SystemExit and KeyboardInterrupt out of answers",
        answers={
            "scale": "def scale(x): raise SystemExit(0)",
            "softmax": "def softmax(z): raise KeyboardInterrupt",
            "total": "def total(x): exit()",
        },
    ),
    Attack(
        "recursion",
        "recursion without end, in Python and below",
        answers={
            "scale": "def scale(x): return scale(x)",
            "softmax": """
            def softmax(z):
                import sys; sys.setrecursionlimit(10**9)
                return (lambda f: f(f))(lambda f: f(f))
            """,
        },
    ),
    Attack(
        "giant_result",
        "results of gigabytes",
        answers={
            "scale": "def scale(x): return np.zeros(2**28)",
            "total": "def total(x): return 'x' * 2**30",
            "predict": "def predict(x): return [0] * 10**7",
            "ends": "def ends(x, lengths): return np.zeros((10**9, 0))",
        },
    ),
    Attack(
        "deep_result",
        "results nested a thousand deep, and one that holds itself",
        answers={
            "scale": """
            def scale(x):
                deep = []
                for _ in range(1000): deep = [deep]
                return deep
            """,
            "total": """
            loop = []; loop.append(loop)
            def total(x): return loop
            """,
            "numbers": """
            numbers = {}
            numbers[1] = numbers
            """,
        },
    ),
    Attack(
        "slow_everywhere",
        "each call takes long, and each restart of its cells too",
        "import time; time.sleep(0.5)",
        answers={
            name: f"def {name}(*a):\n    import time; time.sleep(30)"
            for name in ("scale", "total", "ends", "softmax", "predict")
        },
        statuses=("flagged",),
    ),
    Attack(
        "compressed",
        "a zip bomb beside the notebook, which nobody opens",
        files={"data.zip": b"PK\x03\x04" + bytes(40), "data.npz": b"PK\x05\x06" + bytes(18)},
    ),
]
