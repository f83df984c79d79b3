"""More roads to the library's version, tried by a second reader of the grader's code: names bound twice, modules found
inside others, texts that a library runs, names of other cells that are changed from afar.

Each answers `softmax` with the library's and is to be read by a person; what the watch sees earns nothing at all.
"""

from typing import Any

from attack import Attack
from librarys_version import READ

Z = "torch.from_numpy(z)"
PLAIN = "def helper(z):\n    e = np.exp(z)\n    return e / e.sum(-1, keepdims=True)\n"
EVIL = f"evil = lambda z: torch.log_softmax({Z}, -1).exp().numpy()\n"
BY_HELPER = "def softmax(z): return helper(z)"
ATTENTION = (
    "{0}.scaled_dot_product_attention(" + Z + "[None] * z.shape[-1] ** 0.5, "
    "*[torch.eye(z.shape[-1]).double()[None]] * 2)[0].numpy()"
)


def _row(name: str, tries: str, answer: str, before: str = "", **more: Any) -> Attack:
    return Attack(f"road_{name}", tries, before, answers={"softmax": answer}, **{**READ, **more})


def _attention(name: str, tries: str, found: str, before: str = "", more: str = "") -> Attack:
    return _row(name, tries, f"def softmax(z):\n    {more or 'pass'}\n    return {ATTENTION.format(found)}", before)


# what finds a part of torch without its name
FOUND = [
    _attention("in_list", "a part of torch taken out of a list", "f", more="f = [torch.nn.functional][0]"),
    _attention("either", "a part of torch, one way or another", "f", more="f = torch.nn.functional if 1 else None"),
    _attention("walrus", "a part of torch named in passing", "(f := torch.nn.functional)"),
    _attention("given", "a part of torch given to a function", "(lambda m: m)(torch.nn.functional)"),
    _attention("constant_getattr", "getattr of a constant that leads on", "getattr(torch.nn, 'functional')"),
    _attention("class_import", "imported in the body of a class", "Own.f",
               "class Own: import torch.nn.functional as f"),
    _attention(
        "bound_twice", "a name imported twice, the second time never", "found.import_module('torch.nn.functional')",
        "import importlib as found\ndef never():\n    import math as found",
    ),
    _attention("through_warnings", "sys.modules, inside another module", "warnings.sys.modules['torch.nn.functional']",
               "import warnings"),
    _attention("through_builtins", "builtins, inside another module",
               "dataclasses.builtins.eval('torch.nn.functional')", "import dataclasses"),
    _attention("through_torch", "importlib, inside torch",
               "torch.importlib.import_module('torch.nn.functional')"),
    _attention("through_path", "os, inside its path", "os.path.os.sys.modules['torch.nn.functional']", "import os"),
    _attention("traceback", "the global names of a traceback's frame", "found['torch'].nn.functional",
               """
               try: 1 / 0
               except ZeroDivisionError as error: found = error.__traceback__.tb_frame.f_globals
               """),
    _attention("generator_frame", "the global names of a generator's frame",
               "(x for x in ()).gi_frame.f_globals['torch'].nn.functional"),
]  # fmt: skip

# what runs a text, or a thing by a text
RUN = [
    _row(
        "breakpoint", "breakpoint() calls what the environment names",
        f"def softmax(z): return breakpoint({Z}, -1).exp().numpy()",
        "import os\nos.environ['PYTHONBREAKPOINT'] = 'torch.log_soft' + 'max'",
        earns=0.0, told="", statuses=("graded", "flagged"),
    ),
    _row(
        "measure", "numpy's stopwatch runs a text",
        f"""
            def softmax(z):
                box, t = [], {Z}
                np.testing.measure("box.append(torch.log_soft" + "max(t, -1).exp())")
                return box[0].numpy()
            """,
    ),
    _row(
        "timer", "torch's stopwatch runs a text",
        f"""
            def softmax(z):
                box = []
                names = {{"box": box, "t": {Z}, "torch": torch}}
                torch.utils.benchmark.Timer("box.append(torch.log_soft" + "max(t, -1).exp())", globals=names).timeit(1)
                return box[0].numpy()
            """,
        "import torch.utils.benchmark",
    ),
    _row(
        "annotation", "a text as a type hint, evaluated by singledispatch",
        f"""
            import functools
            box = []
            def softmax(z):
                box.append({Z})
                def typed(x: "box.append(torch.log_softmax(box[-1], -1).exp()) or int"): pass
                functools.singledispatch(print).register(typed)
                return box[-1].numpy()
            """,
    ),
    _row(
        "signature", "a text as a type hint, evaluated by inspect.signature",
        f"""
            import inspect
            def softmax(z):
                def typed(x: "torch.log_softmax"): pass
                found = inspect.signature(typed, eval_str=True).parameters["x"].annotation
                return found({Z}, -1).exp().numpy()
            """,
    ),
    _row(
        "hub", "torch.hub runs a file beside the notebook",
        "def softmax(z): return torch.hub.load('.', 'run', source='local', verbose=False, z=z)",
        """
            open("hubconf.py", "w").write(
                "import torch\\ndef run(z): return torch.log_soft" + "max(torch.from_numpy(z), -1).exp().numpy()")
            """,
    ),
    *(
        _row(
            f"load_{name}", f"np.load of an array of objects: {how}",
            f"def softmax(z): return {call}.item()({Z}, -1).exp().numpy()",
            f"{more}\nnp.save('k.npy', np.array(torch.log_softmax, object))",
        )
        for name, how, call, more in (
            ("star", "its arguments from a list", "np.load(*['k.npy', None, True])", ""),
            ("dict", "its arguments from a dict", "np.load('k.npy', **{'allow_' + 'pickle': True})", ""),
            ("alias", "under another name", "own('k.npy', None, True)", "own = np.load"),
            ("partial", "handed on", "partial(np.load, 'k.npy', None, True)()", "from functools import partial"),
        )
    ),
]  # fmt: skip

# what hides a method's name
METHODS = [
    _row("self", "a variable called self",
         f"def softmax(z):\n    self = {Z}\n    return self.log_softmax(-1).exp().numpy()"),
    _row(
        "tensor_subclass", "a subclass of tensors, whose self is one",
        f"def softmax(z): return {Z}.as_subclass(T).go()",
        "class T(torch.Tensor):\n    def go(self): return torch.Tensor(self.log_softmax(-1).exp()).double().numpy()",
    ),
    _row(
        "decoy", "a class of one's own has a method of that name",
        f"def softmax(z): return {Z}.log_softmax(-1).exp().numpy()",
        "class Decoy:\n    def log_softmax(self): pass",
    ),
    _row("cumulative_method", "logcumsumexp as a method",
         f"def softmax(z):\n    t = {Z}\n    return (t - t.logcumsumexp(-1)[..., -1:]).exp().numpy()"),
    _row(
        "match_args", "the names of a pattern's places are texts",
        f"""
            def softmax(z):
                match torch.nn.functional:
                    case Own(found):
                        return found({Z}, -1).exp().numpy()
            """,
        """
            class Meta(type):
                def __instancecheck__(self, thing): return True
            class Own(metaclass=Meta):
                __match_args__ = ("log_soft" + "max",)
            """,
    ),
]  # fmt: skip

# what changes, from afar, a name that the answer uses
CHANGED = [
    _row(f"changed_{name}", f"helper is another: {how}", BY_HELPER, PLAIN + EVIL + before)
    for name, how, before in (
        ("by_globals", "through globals()", "globals()['helper'] = evil"),
        ("by_user_ns", "through the shell's names", "get_ipython().user_ns['helper'] = evil"),
        ("by_push", "through the shell's push", "get_ipython().push({'help' + 'er': evil})"),
        ("by_import", "through __main__", "__import__('__main__').helper = evil"),
        ("by_code", "its code, under another name", "other = helper\nother.__code__ = evil.__code__"),
        ("by_loop", "its code, in a loop", "for other in [helper]: other.__code__ = evil.__code__"),
        ("by_function", "its code, in a function",
         "def change(a, b): a.__code__ = b.__code__\nchange(helper, evil)"),
        ("by_setattr", "its code, by setattr in a function",
         "def change(a, b): setattr(a, '__code__', b.__code__)\nchange(helper, evil)"),
        ("by_magic", "%run of a file that a cell wrote",
         "open('w.py', 'w').write('import torch\\nhelper = lambda z: torch.log_soft' +\n"
         "    'max(torch.from_numpy(z), -1).exp().numpy()')\nget_ipython().run_line_magic('run', 'w.py')"),
    )
] + [
    _row(
        "changed_object", "a method of an object, under another name", "def softmax(z): return box.run(z)",
        PLAIN + EVIL + "class Box: run = staticmethod(helper)\nbox = Box()\nother = box\nother.run = evil",
    ),
    _row(
        "changed_list", "a list, under another name", "def softmax(z): return box[0](z)",
        PLAIN + EVIL + "box = [helper]\nother = box\nother[0] = evil",
    ),
    _row(
        "changed_later", "what a later function call changes", "def softmax(z): return box[0](z)",
        PLAIN + EVIL + "box = [helper]\ndef change(b):\n    b[0] = evil\nchange(box)",
    ),
    _row("run_line", "a line %run of a file that a cell wrote", BY_HELPER,
         "import torch\n" + PLAIN + "open('w.py', 'w').write('import torch\\nhelper = lambda z: torch.log_soft' +\n"
         "    'max(torch.from_numpy(z), -1).exp().numpy()')\n%run w.py"),
]  # fmt: skip

# what puts the library's version, from afar, into a list that the answer takes it from
FILLED = [
    _row(f"filled_{name}", f"a list is filled: {how}", "def softmax(z): return box[0](z)", EVIL + "box = []\n" + before)
    for name, how, before in (
        ("in_function", "by a function", "def fill():\n    box.append(evil)\nfill()"),
        ("by_item", "its place set by a function", "box.append(1)\ndef fill():\n    box[0] = evil\nfill()"),
        ("by_argument", "by a function that is given what to put in", "def fill(f):\n    box.append(f)\nfill(evil)"),
        ("by_default", "by a function whose default it is", "def fill(b=box):\n    b.append(evil)\nfill()"),
        ("by_class", "by a class that is given it",
         "class Fill:\n    def __init__(self, b):\n        b.append(evil)\nFill(box)"),
        ("by_with", "on entering a context",
         "class Fill:\n    def __enter__(self): box.append(evil)\n"
         "    def __exit__(self, *all): pass\nwith Fill(): pass"),
        ("by_lambda", "by a lambda", "(lambda: box.append(evil))()"),
        ("by_condition", "below a condition", "if True: box.append(evil)"),
        ("by_comprehension", "in a comprehension", "nothing = [box.append(f) for f in [evil]]"),
        ("by_heap", "by a library's function", "import heapq\nheapq.heappush(box, evil)"),
        ("by_other", "under another name", "other = box\nother += [evil]"),
        ("by_exception", "by what an exception carries",
         "class Kept(Exception): pass\ndef throw(): raise Kept(evil)\n"
         "try: throw()\nexcept Kept as e: box.append(e.args[0])"),
        ("by_generator", "when a generator is closed",
         "def later():\n    try: yield\n    finally: box.append(evil)\nx = later()\nnext(x)\nx.close()"),
    )
] + [
    _row("dict_of_numpy", "np.exp is another: through the module's dict", "def softmax(z): return np.exp(z)",
         EVIL + "np.__dict__.update(exp=evil)"),
    _row("autocall", "a line that IPython makes a call of", BY_HELPER, PLAIN + EVIL + ";exec helper = evil"),
]  # fmt: skip

OTHER_ROADS = [*FILLED, *FOUND, *RUN, *METHODS, *CHANGED]
