"""Writing grades, leaving things for the next student, breaking out: what the confinement must prevent."""

from attack import Attack

MARK = "left_by_an_attack"  # stands in the command line of what is left running, and in names of files

LEAVING_THINGS = [
    Attack(
        "writes_the_gradebook",
        "writes points into the gradebook, outcomes and seeds",
        """
        import os, sqlite3
        try:
            database = sqlite3.connect("ROOT/autograder/course/gradebook.db")
            database.execute("update grade set auto_score = 1000, manual_score = 1000"); database.commit()
        except Exception as error: print(error)
        own = "autograder/course"
        for path in (f"{own}/outcomes/90_small", f"{own}/seeds", "notebooks/90_small", "solutions"):
            try:
                os.makedirs("ROOT/" + path, exist_ok=True)
                open(f"ROOT/{path}/planted", "w").write("1")
            except OSError as error: print(error)
        """,
    ),
    Attack(
        "writes_it_later",
        "leaves a process that would write the gradebook when all is over",
        f"""
        import os, subprocess, sys
        code = "import time, sqlite3; time.sleep(2); open('ROOT/planted', 'w').write('{MARK}')"
        subprocess.Popen([sys.executable, "-c", code, "{MARK}"], start_new_session=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                import signal, time
                for number in range(1, 32):
                    try: signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError): pass
                os.execv(sys.executable, [sys.executable, "-c", code, "{MARK}"])
            os._exit(0)
        """,
    ),
    Attack(
        "start_up_files",
        "start-up files for the next student's Python, IPython, matplotlib and shell",
        """
        import os, site, sys
        home = os.path.expanduser("~")
        places = [f"{home}/.ipython/profile_default/startup/00-planted.py", f"{home}/.config/matplotlib/matplotlibrc",
                  f"{home}/.bashrc", "/etc/profile", "/opt/unrolled/student_side/planted.py", "/tmp/planted.pth"]
        places += [f"{folder}/{name}" for folder in [*sys.path, *site.getsitepackages()]
                   for name in ("sitecustomize.py", "planted.pth", "usercustomize.py")]
        for place in places:
            try:
                os.makedirs(os.path.dirname(place), exist_ok=True)
                open(place, "w").write("import builtins; builtins.check = lambda *a: 4.0")
            except (OSError, ValueError) as error: pass
        """,
    ),
    Attack(
        "shadow_modules",
        "files beside the notebook with the names of modules that everyone imports",
        "import copy, signal, random, numpy, unrolled, torch\nfrom unrolled import check",
        files={
            f"{name}.py": b"raise SystemExit('shadowed')\nallclose = lambda *a: True\n"
            for name in ("copy", "signal", "numpy", "torch", "unrolled", "random", "sitecustomize", "IPython", "json")
        },
    ),
    Attack(
        "shared_places",
        "shared memory, abstract sockets, message queues and files for the next submission",
        """
        import os, socket
        from multiprocessing import shared_memory
        try: kept = shared_memory.SharedMemory("planted", create=True, size=100); kept.buf[:7] = b"planted"
        except OSError as error: print(error)
        server = socket.socket(socket.AF_UNIX)
        server.bind("\\0planted"); server.listen()
        for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/home", "/", "/proc", "/dev"):
            try: open(f"{folder}/planted", "w").write("check = 1")
            except OSError: pass
        """,
    ),
    Attack(
        "kills_everyone",
        "signals to every process, its parents, its group and pid 1",
        """
        import os, signal
        for pid in (-1, 0, 1, 2, 3, os.getppid(), -os.getpgid(0)):
            for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL, signal.SIGINT):
                if pid in (0, -os.getpgid(0)) and number == signal.SIGKILL: continue
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
                try: os.kill(pid, number)
                except OSError as error: print(pid, error)
        """,
    ),
    Attack(
        "traces_the_template",
        "ptrace, process memory, stolen descriptors and core dumps of whoever forked it",
        """
        import ctypes, os, resource
        libc = ctypes.CDLL(None, use_errno=True)
        for pid in (1, os.getppid(), 2):
            for request in (16, 0x4206): print(libc.ptrace(request, pid, 0, 0), ctypes.get_errno())
            print(libc.syscall(438, pid, 3, 0), ctypes.get_errno())
            for name in ("mem", "maps", "environ", "root/etc/passwd"):
                try: print(open(f"/proc/{pid}/{name}", "rb").read(100))
                except (OSError, ValueError) as error: print(error)
        try: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))
        except (ValueError, OSError) as error: print(error)
        """,
    ),
    Attack(
        "new_namespaces",
        "a user namespace of its own, and with it mounts, to see the files again",
        """
        import ctypes, subprocess
        libc = ctypes.CDLL(None, use_errno=True)
        for flags in (0x10000000, 0x10020000, 0x7e020000): print(libc.unshare(flags), ctypes.get_errno())
        print(libc.setns(0, 0), libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), libc.chroot(b"/tmp"))
        print(libc.umount2(b"/home/student", 2), libc.syscall(56, 0x10000011, 0, 0, 0, 0))
        for command in (["unshare", "-rm", "id"], ["su", "-c", "id"], ["sudo", "id"], ["mount"]):
            try: print(subprocess.run(command, capture_output=True, timeout=5, stdin=subprocess.DEVNULL))
            except Exception as error: print(error)
        """,
    ),
    Attack(
        "more_limits",
        "raises its limits, its priority and its own memory score",
        """
        import os, resource
        for name in dir(resource):
            if name.startswith("RLIMIT_"):
                try: resource.setrlimit(getattr(resource, name), (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                except (ValueError, OSError): pass
        for action in (lambda: os.nice(-20), lambda: open("/proc/self/oom_score_adj", "w").write("-1000"),
                       lambda: os.setuid(0), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99))):
            try: action()
            except OSError as error: print(error)
        """,
    ),
    Attack(
        "links_to_the_grades",
        "links in its folder to whatever might be there, read and written through",
        """
        import os
        for number, target in enumerate(["ROOT/autograder/course/gradebook.db", "/etc/shadow", "/proc/1/root",
                                         "/proc/self/exe", "ROOT/solutions"]):
            os.symlink(target, f"link{number}")
            for mode in ("rb", "ab"):
                try: print(mode, open(f"link{number}", mode).read(50) if mode == "rb" else open(f"link{number}", mode))
                except OSError as error: print(error)
        os.mkfifo("pipe")
        """,
    ),
    Attack(
        "becomes_a_template",
        "raises out of its cell, forks and returns twice, so that two processes answer",
        """
        import os
        os.fork()
        """,
        honest=True,
        earns=13.0,
    ),
]
