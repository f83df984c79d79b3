"""The library's version of what was to be written, where neither a running answer nor its own cells name it.

Each answers `softmax` with it. Succeeded has what earns its points without a person being asked to read it.
"""

from typing import Any

from attack import Attack
from attacked_lesson import RIGHT

Z = "torch.from_numpy(z)"
THREADED = b"""
import threading
import torch
kept = torch.softmax

def run(z):
    found = []
    thread = threading.Thread(target=lambda: found.append(kept(torch.from_numpy(z), -1).numpy()))
    thread.start()
    thread.join()
    return found[0]

softmax = run
"""
DISTRIBUTIONS = "torch.distributions"
PATCH = """import torch
def evil(z): return torch.log_softmax(torch.from_numpy(z), -1).exp().numpy()
"""
SEEN: dict[str, Any] = {"earns": 0.0}  # while it runs
READ: dict[str, Any] = {"statuses": ("flagged",), "earns": 2.0, "told": "softmax: read this answer"}


def _attack(name: str, tries: str, answer: str, before: str = "", **more: Any) -> Attack:
    return Attack(f"library_{name}", tries, before, answers={"softmax": answer}, **more)


LIBRARYS_VERSION = [
    _attack(
        "beside",
        "a module beside the notebook calls it in a thread",
        "def softmax(z): return mine.run(z)",
        "import mine",
        files={"mine.py": THREADED},
    ),
    _attack(
        "beside_by_name",
        "the answer is imported, whole, from beside",
        "from mine import softmax",
        files={"mine.py": THREADED},
        **SEEN,
    ),
    _attack(
        "beside_star", "everything is imported from beside", "from mine import *", files={"mine.py": THREADED}, **SEEN
    ),
    _attack(
        "beside_two_steps",
        "a module beside imports another",
        "import first\ndef softmax(z): return first.go(z)",
        files={"first.py": b"from mine import run as go\n", "mine.py": THREADED},
        **SEEN,
    ),
    _attack(
        "beside_package",
        "it lies in a package beside the notebook",
        "from parts.inner import run\ndef softmax(z): return run(z)",
        files={"parts.txt": b"", "later.txt": THREADED},
        before="""
            import os, shutil
            os.makedirs("parts")
            open("parts/__init__.py", "w").close()
            shutil.copy("later.txt", "parts/inner.py")
            """,
    ),
    _attack(
        "run_magic",
        "%run brings the names of a file",
        "def softmax(z): return run(z)",
        "%run mine.py",
        files={"mine.py": THREADED},
    ),
    _attack(
        "written_magic",
        "%%writefile writes the module first",
        "import written\ndef softmax(z): return written.kept(torch.from_numpy(z), -1).numpy()",
        "%%writefile written.py\nfrom torch import _softmax\nkept = lambda z, d: _softmax(z, d, False)",
    ),
    _attack(
        "hidden_by_magic",
        "a magic on the right of = makes the whole cell unreadable",
        "def softmax(z): return kept(torch.from_numpy(z), -1, False).numpy()",
        "where = %pwd\nimport torch\nkept = torch._softmax",
    ),
    _attack(
        "hidden_by_help",
        "a line of IPython's help makes the cell unreadable",
        "def softmax(z): return kept(torch.from_numpy(z), -1, False).numpy()",
        "import torch\nkept = torch._softmax\nlen?",
    ),
    _attack(
        "log_softmax", "log_softmax and exp", f"def softmax(z): return torch.log_softmax({Z}, -1).exp().numpy()", **READ
    ),
    _attack(
        "log_softmax_method", "the same, a method", f"def softmax(z): return {Z}.log_softmax(-1).exp().numpy()", **READ
    ),
    _attack(
        "log_softmax_layer",
        "the same, a layer",
        f"def softmax(z): return torch.nn.LogSoftmax(-1)({Z}).exp().numpy()",
        **READ,
    ),
    _attack(
        "softmin",
        "softmin of the negative",
        f"def softmax(z): return torch.nn.functional.softmin(-{Z}, -1).numpy()",
        **SEEN,
    ),
    _attack("softmin_layer", "the same, a layer", f"def softmax(z): return torch.nn.Softmin(-1)(-{Z}).numpy()", **SEEN),
    _attack(
        "attention",
        "scaled_dot_product_attention with an identity",
        """
            def softmax(z):
                eye = torch.eye(z.shape[-1], dtype=torch.float64)
                q = torch.from_numpy(z) * z.shape[-1] ** 0.5
                return torch.nn.functional.scaled_dot_product_attention(q[None], eye[None], eye[None])[0].numpy()
            """,
        **READ,
    ),
    _attack(
        "gradient",
        "the gradient of logsumexp",
        """
            def softmax(z):
                z = torch.from_numpy(z.copy()).requires_grad_()
                torch.logsumexp(z, -1).sum().backward()
                return z.grad.numpy()
            """,
        **READ,
    ),
    _attack(
        "cross_entropy",
        "the gradient of a cross entropy",
        """
            def softmax(z):
                z = torch.from_numpy(z.copy()).requires_grad_()
                right = torch.zeros(len(z), dtype=torch.long)
                torch.nn.functional.cross_entropy(z, right, reduction="sum").backward()
                return (z.grad + torch.nn.functional.one_hot(right, z.shape[-1])).numpy()
            """,
        **READ,
    ),
    _attack(
        "inner_name", "the operator's inner name", f"def softmax(z): return torch._softmax({Z}, -1, False).numpy()"
    ),
    _attack(
        "inner_masked",
        "torch's masked softmax",
        f"def softmax(z): return torch.masked.softmax({Z}, -1).numpy()",
        "import torch, torch.masked",
    ),
    _attack(
        "distribution",
        "a distribution's probabilities, taken before the watch begins",
        "def softmax(z): return lazy(torch.from_numpy(z))",
        """
            import torch
            def lazy(z):
                return (z - torch.distributions.Categorical(logits=z).logits.neg().add(z).exp().log()).exp().numpy()
            """,
        **READ,
    ),
    _attack(
        "subprocess",
        "another Python computes it",
        """
            def softmax(z):
                import subprocess, sys
                code = "import sys, torch; print(torch.softmax(torch.tensor(eval(sys.stdin.read())), -1).tolist())"
                run = [sys.executable, "-c", code]
                done = subprocess.run(run, input=str(z.tolist()), capture_output=True, text=True)
                return np.array(eval(done.stdout)) if done.stdout else None
            """,
        statuses=("flagged", "graded"),
    ),
    _attack(
        "older_thread",
        "a thread that was there before the watch",
        "def softmax(z): return pool.submit(work, z).result()",
        """
            from concurrent.futures import ThreadPoolExecutor
            import torch
            pool = ThreadPoolExecutor(1)
            names = "tfos"[::-1] + "max"
            def work(z): return find(torch, names)(torch.from_numpy(z), -1).numpy()
            find = getattr
            pool.submit(print, "the thread is there").result()
            """,
        statuses=("flagged", "graded"),
    ),
    _attack(
        "mapped_getattr",
        "getattr as a value",
        "def softmax(z): return list(map(getattr, [torch.from_numpy(z)], ['log_soft' + 'max']))[0](-1).exp().numpy()",
        **READ,
    ),
    _attack(
        "pickled_array",
        "an array of objects beside the notebook",
        """
            def softmax(z):
                return np.load("kept.npy", allow_pickle=True).item()(torch.from_numpy(z), -1).exp().numpy()
            """,
        """
            import torch
            np.save("kept.npy", np.array(torch.log_softmax, dtype=object))
            """,
        **READ,
    ),
    _attack(
        "deep_cell",
        "a cell that the reader cannot read holds it",
        "def softmax(z): return kept(torch.from_numpy(z), -1).exp().numpy()",
        "import torch; kept = torch.log_softmax; none = " + "-" * 180 + "1",
        **READ,
    ),
    _attack(
        "default_of_default",
        "an attribute of a class, of a decorated object",
        "def softmax(z, box=Box()): return box(torch.from_numpy(z))",
        """
            import torch
            class Box:
                __call__ = lambda self, z: self.run(z, -1).exp().numpy()
                run = staticmethod(torch.log_softmax)
            """,
        **READ,
    ),
    _attack(
        "late_binding",
        "defined honestly, and changed by a later cell of play",
        "def softmax(z): return inner(z)\ninner = lambda z: z",
        change=lambda notebook: notebook.cells.append(
            __import__("nbformat").v4.new_code_cell(
                "def inner(z): return torch.log_softmax(torch.from_numpy(z), -1).exp().numpy()", id="later"
            )
        ),
    ),
    _attack(
        "written_file",
        "writes the module it imports",
        "import made\ndef softmax(z): return made.run(z)",
        """
            open("made.py", "w").write("import torch\\nrun = lambda z: torch.log_soft" +
                "max(torch.from_numpy(z), -1).exp().numpy()")
            """,
        **READ,
    ),
    _attack(
        "transform",
        "a distribution's transform",
        f"def softmax(z): return {DISTRIBUTIONS}.SoftmaxTransform()({Z}).numpy()",
        **READ,
    ),
    _attack(
        "other_name",
        "a part of torch under a name of its own",
        f"""
            def softmax(z):
                t = torch.distributions
                return t.SoftmaxTransform()({Z}).numpy()
            """,
        **READ,
    ),
    _attack(
        "cumulative",
        "the last of the cumulative logarithms of sums",
        f"def softmax(z): return ({Z} - torch.logcumsumexp({Z}, -1)[..., -1:]).exp().numpy()",
        **READ,
    ),
    _attack(
        "class_pattern",
        "a pattern of `match` gets the attribute",
        f"""
            def softmax(z):
                match torch:
                    case object(log_softmax=found):
                        return found({Z}, -1).exp().numpy()
            """,
        **READ,
    ),
    *(
        _attack(
            name, f"{name} finds it by a text", f"{more}\ndef softmax(z): return {found}({Z}, -1).exp().numpy()", **READ
        )
        for name, more, found in (
            ("pydoc", "import pydoc", "pydoc.locate('torch.log_soft' + 'max')"),
            ("inner_operator", "import _operator", "_operator.attrgetter('log_soft' + 'max')(torch)"),
            ("formatter", "import string", "string.Formatter().get_field('0.log_soft' + 'max', [torch], {})[0]"),
            (
                "type_hints",
                "import typing\ndef hinted(x: 'torch.log_softmax'): pass",
                "typing.get_type_hints(hinted)['x']",
            ),
            ("inner_import", "", "torch._utils._import_dotted_name('torch.log_soft' + 'max')"),
            ("positional", "np.save('k', np.array(torch.log_softmax, object))", "np.load('k.npy', None, True).item()"),
        )
    ),
    _attack(
        "timed_text",
        "timeit runs a text",
        f"""
            import timeit
            box = []
            def softmax(z):
                names = {{"box": box, "torch": torch, "z": {Z}}}
                timeit.timeit("box.append(torch.log_soft" + "max(z, -1).exp())", number=1, globals=names)
                return box[-1].numpy()
            """,
        **READ,
    ),
    *(
        _attack(
            f"patched_{name}", f"np.exp is another: {how}", "def softmax(z): return np.exp(z)", PATCH + before, **READ
        )
        for name, how, before in (
            ("by_alias", "changed under numpy's own name", "import numpy\nnumpy.exp = evil"),
            ("by_call", "changed by a function that is given the module", "def go(m): m.exp = evil\ngo(np)"),
            ("by_loop", "changed in a loop", "for m in [np]: m.exp = evil"),
            ("by_shell", "changed by a text that the shell runs", "get_ipython().run_cell('np.exp = evil')"),
        )
    ),
    _attack(
        "slow_to_read",
        "a line of spaces over which a pattern of the reader's took minutes",
        RIGHT["softmax"],
        change=lambda notebook: notebook.cells.insert(
            2, __import__("nbformat").v4.new_code_cell("a?" + " " * 190_000 + "x", id="slow")
        ),
        earns=2.0,
    ),
]
