"""Tampering with the process in which the answers run: every judge is replaced, every call is listened to."""

from attack import Attack

SERVE = "import sys\nserve = next(m for n, m in sys.modules.items() if n.endswith('student_side.serve'))\n"

TAMPERING = [
    Attack(
        "patched_numpy",
        "comparisons of numpy and numpy.testing say True",
        """
        import numpy.testing
        np.allclose = np.isclose = np.array_equal = np.all = np.any = lambda *a, **k: np.True_
        for name in dir(np.testing):
            if name.startswith("assert"): setattr(np.testing, name, lambda *a, **k: None)
        """,
    ),
    Attack(
        "patched_judge",
        "the course's own check, judge and comparison are replaced",
        """
        import importlib, unrolled
        names = ("check", "check.judge", "check.compare", "check.score")
        modules = [importlib.import_module("unrolled." + name) for name in names]
        full = modules[1].Verdict("", 1.0, (), None, "all checks pass")
        for module in (unrolled, *modules):
            for name in ("judge", "judge_case", "check", "run_exercise", "score"):
                if hasattr(module, name): setattr(module, name, lambda *a, **k: full)
        modules[2].difference = lambda *a, **k: None
        """,
    ),
    Attack(
        "patched_builtins",
        "isinstance, all, abs, len and AssertionError are others",
        """
        import builtins
        kept = builtins.isinstance
        builtins.all = builtins.any = lambda *a: True
        builtins.abs = lambda x: 0
        builtins.AssertionError = type("AssertionError", (Warning,), {})
        builtins.check = lambda *a, **k: 4.0
        """,
    ),
    Attack(
        "replaced_helpers",
        "check, close and numpy are other things in the notebook's own names",
        answers={"predict": "check = lambda *a, **k: 4.0\nclose = lambda *a: True\nnp = torch = None\npredict = None"},
    ),
    Attack(
        "patched_run_case",
        "what runs a case returns what it pleases",
        SERVE
        + """
answers = sys.modules["unrolled.check.answers"]
forged = lambda answer, case, *rest: answers.Returned(case["args"][0] * 0)
serve.run_case = answers.run_case = forged
""",
    ),
    Attack(
        "echoed_arguments",
        "what calls the answers hands the arguments back, as proof that they are unchanged",
        SERVE
        + """
def calls(self, handle, cases, forbidden):
    return ("outcomes", [("returned", [list(args), dict(kwargs)]) for args, kwargs, driver in cases])
serve.Submission.calls = calls
for thing in __import__("gc").get_objects():
    if type(thing).__name__ == "Submission": thing.verbs["calls"] = lambda *a: calls(thing, *a)
""",
    ),
    Attack(
        "twin_results",
        "every driver returns [x, x], so that calls seem to agree",
        SERVE
        + """
answers, plain = sys.modules["unrolled.check.answers"], sys.modules["unrolled.plain_data"]
twins = lambda function: lambda answer, *args, **kwargs: [np.arange(3.0), np.arange(3.0)]
answers.run_source = plain.run_source = twins
""",
    ),
    Attack(
        "counted_calls",
        "an answer that returns by the number of the call, the same for every group of calls",
        answers={
            "ends": """
            made = 0
            def ends(x, lengths):
                global made
                made += 1
                return np.arange(len(x)) + 10.0 * (made % 4)
            """
        },
    ),
    Attack(
        "patched_packing",
        "the codec of the wire packs other values than it is given",
        """
        import unrolled.plain_data as plain
        kept = plain._Packer.pack
        def pack(self, value, depth=0):
            if isinstance(value, (float, np.floating)): value = 6.0
            return kept(self, value, depth)
        plain._Packer.pack = pack
        """,
    ),
    Attack(
        "traced",
        "sys.settrace and sys.setprofile look for the expected value in every frame",
        """
        import sys, threading
        loot = []
        def trace(frame, event, arg):
            for value in frame.f_locals.values():
                if type(value) is dict and ("expected" in value or "sealed" in value): loot.append(value)
            return trace
        sys.settrace(trace); sys.setprofile(trace); threading.settrace(trace)
        """,
        answers={"scale": "def scale(x): return loot[0]['expected'][1] if loot else None"},
    ),
    Attack(
        "patched_ipython",
        "IPython's transformers, hooks, run_cell and events are replaced",
        """
        shell = get_ipython()
        shell.input_transformers_post.append(lambda lines: ["1000"])
        shell.events.register("post_run_cell", lambda result: setattr(result, "result", 1000))
        type(shell).run_cell = shell.run_cell = lambda *a, **k: type("R", (), {"result": 1000,
            "error_before_exec": None, "error_in_exec": None})()
        """,
    ),
    Attack(
        "import_hook",
        "imports of the course's modules are answered by a hook of its own",
        """
        import builtins, sys, types
        kept = builtins.__import__
        def hooked(name, *args, **kwargs):
            if name.startswith("unrolled"): return types.SimpleNamespace(check=lambda *a: None, judge=None)
            return kept(name, *args, **kwargs)
        builtins.__import__ = hooked
        sys.meta_path.insert(0, types.SimpleNamespace(find_spec=lambda *a, **k: None))
        for name in [n for n in sys.modules if n.startswith("unrolled")]: del sys.modules[name]
        """,
    ),
    Attack(
        "source_for_the_grader",
        "gives the grader functions by their source, for it to run",
        """
        from unrolled.plain_data import PublicFunction
        source = "import os\\nopen('ROOT/planted', 'w').close()\\nscale = lambda *a: 3 * a[0]"
        given = PublicFunction("scale", source)
        """,
        answers={
            "numbers": "numbers = given",
            "scale": "scale = given",
            "total": "def total(x): return given",
            "ends": "def ends(x, lengths): return [given] * 3",
            "predict": "def predict(x): return {0: given}",
        },
    ),
    Attack(
        "known_dice",
        "random generators are replaced, to know what will be drawn",
        """
        import random
        class Zero:
            def __getattr__(self, name): return lambda *a, size=None, **k: np.zeros(size or ())
        np.random.default_rng = lambda *a, **k: Zero()
        np.random.seed = random.seed = torch.manual_seed = lambda *a, **k: None
        """,
    ),
    Attack(
        "exceptions_in_disguise",
        "exceptions with the names of the grader's own, and ones that raise when they are shown",
        answers={
            "scale": """
            class CheckFailed(AssertionError): pass
            class NotImplementedError(Exception):
                def __str__(self): raise KeyboardInterrupt
            def scale(x): raise NotImplementedError()
            """,
            "total": "class Timeout(BaseException): pass\ndef total(x): raise Timeout('all checks pass')",
            "ends": "def ends(x, lengths): raise StopIteration(3)",
            "predict": "def predict(x): raise GeneratorExit",
        },
    ),
    Attack(
        "another_name",
        "one exercise's wrong answer says that it is another's right one",
        answers={
            "predict": "def predict(x): return (x[:, 0] > x[:, 1]).astype(int)\npredict.__name__ = 'ends'",
            "scale": "def scale(x): return 2 * x\nscale.__name__ = scale.__qualname__ = 'predict'",
        },
        earns=2.0,
    ),
    Attack(
        "fewer_tests",
        "the property list and the table beside the notebook are emptied",
        """
        import importlib, json
        table = importlib.import_module("unrolled.check.table")
        open("checks.json", "w").write(json.dumps({"value": ["dict", []], "buffers": []}))
        table.load_table = table.find_table = lambda *a: {"exercises": {}}
        """,
        files={"checks.json": b'{"value": ["dict", [["exercises", ["dict", []]]]], "buffers": []}'},
    ),
    Attack(
        "unwatched_library",
        "the watch for the library's softmax is switched off, and softmax is torch's",
        SERVE + "import contextlib\nserve.without_library = lambda names: contextlib.nullcontext()",
        answers={"softmax": "def softmax(z): return torch.softmax(torch.from_numpy(z), -1).numpy()"},
        earns=2.0,
        statuses=("flagged",),
        told="softmax: read this answer, it may be the library's version of it (it names torch.softmax",
    ),
    Attack(
        "librarys_softmax",
        "softmax is torch's, under another name, saved before",
        "import torch\nkept = torch.nn.functional.softmax\nclass Own:\n    run = torch.softmax",
        answers={"softmax": "def softmax(z): return kept(torch.from_numpy(z), -1).numpy()"},
    ),
]
