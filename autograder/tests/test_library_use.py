"""Is the library's version of what was to be written seen, by running or by reading, and is honest code left alone?"""

import ast
import gc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from unrolled.check.guard import time_limit
from unrolled_grader.confine import Template, open_template
from unrolled_grader.grading.library_use import StudentCode
from unrolled_grader.grading.read_code import imports_of

GIVEN = "import numpy as np\nimport torch\nfrom unrolled import check"
FORBIDDEN = (
    "torch.softmax", "torch.nn.functional.softmax", "torch.Tensor.softmax", "torch.nn.RNN", "torch.nn.LSTM",
    "torch.lstm", "scipy.special.softmax",
)  # fmt: skip
Z = "torch.from_numpy(z)"

DISHONEST = {  # the cells of a student who was to write softmax(z) with NumPy
    "called by its name": [f"def softmax(z):\n    return torch.softmax({Z}, -1).numpy()"],
    "as a method": [f"def softmax(z):\n    return {Z}.softmax(-1).numpy()"],
    "as a method of a variable": [f"def softmax(z):\n    z = {Z}\n    return z.softmax(-1).numpy()"],
    "module alias": [f"import torch.nn.functional as F\ndef softmax(z):\n    return F.softmax({Z}, -1).numpy()"],
    "from-import": [
        "from torch.nn.functional import softmax as own",
        f"def softmax(z):\n    return own({Z}, -1).numpy()",
    ],
    "from-import within": [
        f"def softmax(z):\n    from torch.nn.functional import softmax as own\n    return own({Z}, -1).numpy()"
    ],
    "star import": [
        "from torch.nn.functional import *",
        f"def stable(z):\n    return softmax({Z}, -1).numpy()\nkept = stable",
        "own = softmax\ndef softmax(z):\n    return own(torch.from_numpy(z), -1).numpy()",
    ],
    "getattr of a constant": [f"def softmax(z):\n    return getattr(torch, 'softmax')({Z}, -1).numpy()"],
    "getattr of a joined string": [f"def softmax(z):\n    return getattr(torch, 'soft' + 'max')({Z}, -1).numpy()"],
    "importlib": [
        "import importlib\nm = importlib.import_module('torch.nn.functional')",
        f"def softmax(z):\n    return m.softmax({Z}, -1).numpy()",
    ],
    "__import__": [f"def softmax(z):\n    return __import__('torch').softmax({Z}, -1).numpy()"],
    "functools.partial": [
        "import functools\nover_last = functools.partial(torch.softmax, dim=-1)",
        f"def softmax(z):\n    return over_last({Z}).numpy()",
    ],
    "lambda in another cell": [
        "helper = lambda t: torch.softmax(t, -1)",
        f"def softmax(z):\n    return helper({Z}).numpy()",
    ],
    "class in another cell": [
        "class Helper:\n    def run(self, t):\n        return torch.softmax(t, -1)",
        f"def softmax(z):\n    return Helper().run({Z}).numpy()",
    ],
    "subclass": [
        "class Mine(torch.nn.Softmax):\n    def forward(self, t):\n        return torch.nn.functional.softmax(t, -1)",
        f"def softmax(z):\n    return Mine()({Z}).numpy()",
    ],
    "method of a saved object": [
        "class Box: pass\nbox = Box()\nbox.f = torch.softmax",
        f"def softmax(z):\n    return box.f({Z}, -1).numpy()",
    ],
    "in a list": ["kept = []", "kept.append(torch.softmax)", f"def softmax(z):\n    return kept[0]({Z}, -1).numpy()"],
    "torch._C": [f"def softmax(z):\n    return torch._C._VariableFunctions.softmax({Z}, -1).numpy()"],
    "torch._VF": [f"from torch import _VF\ndef softmax(z):\n    return _VF.softmax({Z}, -1).numpy()"],
    "torch.ops": [f"def softmax(z):\n    return torch.ops.aten.softmax.int({Z}, -1).numpy()"],
    "aten below": [f"def softmax(z):\n    return torch.ops.aten._softmax({Z}, -1, False).numpy()"],
    "executed string": [f"exec('def softmax(z): return torch.softmax({Z}, -1).numpy()')"],
    "evaluated string": [f"def softmax(z):\n    return eval('torch.sof' + 'tmax')({Z}, -1).numpy()"],
    "pickled": [
        "import pickle\nkept = pickle.dumps(torch.softmax)",
        f"def softmax(z):\n    return pickle.loads(kept)({Z}, -1).numpy()",
    ],
    "vars": [f"def softmax(z):\n    return vars(torch)['softmax']({Z}, -1).numpy()"],
    "__dict__": [f"def softmax(z):\n    return torch.__dict__['softmax']({Z}, -1).numpy()"],
    "default argument": [f"def softmax(z, f=torch.softmax):\n    return f({Z}, -1).numpy()"],
    "decorator": [
        "def by_torch(f):\n    return lambda z: torch.softmax(torch.from_numpy(z), -1).numpy()",
        "@by_torch\ndef softmax(z):\n    return z",
    ],
    "hidden in builtins": [
        "import builtins\nbuiltins.helper = torch.softmax",
        f"def softmax(z):\n    return helper({Z}, -1).numpy()",
    ],
    "hidden in numpy": ["np.own = torch.softmax", f"def softmax(z):\n    return np.own({Z}, -1).numpy()"],
    "compiled by torch": [
        "@torch.jit.script\ndef helper(t: torch.Tensor):\n    return torch.softmax(t, -1)",
        f"def softmax(z):\n    return helper({Z}).numpy()",
    ],
    "undone first": [
        "import unrolled.check.library, unrolled.check.answers, contextlib, gc",
        "kept = torch.softmax",
        f"def softmax(z):\n    return torch.overrides._get_current_function_mode and kept({Z}, -1).numpy()",
    ],
}

THREAD = (
    "def run(z):\n    found = []\n    work = lambda: found.append(kept(torch.from_numpy(z), -1).numpy())\n"
    "    thread = threading.Thread(target=work)\n    thread.start()\n    thread.join()\n    return found[0]"
)
BESIDE = {"mine.py": f"import threading, torch\nkept = torch.softmax\n{THREAD}\n".encode()}
DISHONEST |= {
    "a thread of an imported name": [
        "import threading\nfrom torch import softmax as kept",
        f"{THREAD}\ndef softmax(z):\n    return run(z)",
    ],
    "an inner name": [f"def softmax(z):\n    return torch._softmax({Z}, -1, False).numpy()"],
    "exp of the logarithm": [f"def softmax(z):\n    return torch.log_softmax({Z}, -1).exp().numpy()"],
    "softmin": [f"def softmax(z):\n    return torch.nn.functional.softmin(-{Z}, -1).numpy()"],
    "softmin as a layer": [f"def softmax(z):\n    return torch.nn.Softmin(-1)(-{Z}).numpy()"],
    "a method of what is given": [
        "def softmax(z):\n    return make(z).log_softmax(-1).exp().numpy()",
        f"make = lambda z: {Z}",
    ],
    "attention with an identity": [
        "def softmax(z):\n    q = torch.from_numpy(z)[None] * z.shape[-1] ** 0.5\n"
        "    one = torch.eye(z.shape[-1]).double()[None]\n"
        "    return torch.nn.functional.scaled_dot_product_attention(q, one, one)[0].numpy()"
    ],
    "a cell with a magic in it": [
        "kept = torch.log_softmax\nwhere = %pwd",
        f"def softmax(z):\n    return kept({Z}, -1).exp().numpy()",
    ],
    "a cell with help in it": [
        "len?\nkept = torch.log_softmax",
        f"def softmax(z):\n    return kept({Z}, -1).exp().numpy()",
    ],
    "a definition that never runs": [
        f"def helper(z):\n    return torch.log_softmax({Z}, -1).exp().numpy()",
        "1 / 0\ndef helper(z):\n    return z",
        "def softmax(z):\n    return helper(z)",
    ],
    "a global of a function": [
        "def prepare():\n    global kept\n    kept = torch.log_softmax\nprepare()",
        f"def softmax(z):\n    return kept({Z}, -1).exp().numpy()",
    ],
    "getattr as a value": [
        f"def softmax(z):\n    return list(map(getattr, [{Z}], ['log_softmax']))[0](-1).exp().numpy()"
    ],
    "the gradient of its logarithm": [
        "def softmax(z):\n    z = torch.from_numpy(z.copy()).requires_grad_()\n"
        "    torch.logsumexp(z, -1).sum().backward()\n"
        "    return z.grad.numpy()"
    ],
    "a name bound in a class around it": [
        "kept = torch.log_softmax\nwhere = %pwd",
        "exec('hidden = torch.log_soft' + 'max')",
        f"class Own:\n    hidden = 0\n    made = [hidden({Z.replace('z', 'np.ones(3)')}, -1) for _ in [0]]\n"
        f"def softmax(z):\n    return Own and hidden({Z}, -1).exp().numpy()",
    ],
    "a name bound elsewhere in the answer": [
        "exec('kept = torch.log_soft' + 'max')",
        f"def softmax(z):\n    unused = [0 for kept in []]\n    return kept({Z}, -1).exp().numpy()",
    ],
    "IPython's names": [
        "torch.log_softmax",
        f"def softmax(z):\n    return next(iter(Out.values()))({Z}, -1).exp().numpy()",
    ],
    "IPython's last": ["torch.log_softmax", f"kept = _\ndef softmax(z):\n    return kept({Z}, -1).exp().numpy()"],
}
# what a process is needed for: read only
READ_ONLY = {
    "another library's": (["from scipy.special import softmax as own\ndef softmax(z):\n    return own(z)"], {}),
    "another library's logarithm": (
        ["import scipy.special as sp\ndef softmax(z):\n    return np.exp(sp.log_softmax(z))"],
        {},
    ),
    "another Python": (["def softmax(z):\n    import subprocess\n    return subprocess.run(['python'])"], {}),
    "a module beside": (["import mine\ndef softmax(z):\n    return mine.run(z)"], BESIDE),
    "a module beside, by name": (["from mine import run as softmax"], BESIDE),
    "a module beside, with a star": (["from mine import *\ndef softmax(z):\n    return run(z)"], BESIDE),
    "a module beside, called so": (["import mine as m\nsoftmax = m.run"], BESIDE),
    "a module beside, handed on": (
        ["import mine\nf = lambda m: m.run\ndef softmax(z):\n    return f(mine)(z)"],
        BESIDE,
    ),
    "a package beside": (
        ["import own.inner\ndef softmax(z):\n    return own.inner.run(z)"],
        {"own/inner.py": BESIDE["mine.py"], "own/__init__.py": b""},
    ),
    "two steps": (
        ["import first\ndef softmax(z):\n    return first.go(z)"],
        {"first.py": b"from mine import run as go", **BESIDE},
    ),
    "a compiled module": (["import mine\ndef softmax(z):\n    return mine.run(z)"], {"mine.cpython-311.so": b"x"}),
    "a module that a cell writes": (
        ["%%writefile mine.py\nx = 1", "import mine\ndef softmax(z):\n    return mine.run(z)"],
        {},
    ),
    "run by a magic": (["%run mine.py", "def softmax(z):\n    return run(z)"], BESIDE),
    "run by a magic that nobody can read": (["%run -i $x", "def softmax(z):\n    return run(z)"], BESIDE),
    "stored": (["%store -r", "def softmax(z):\n    return run(z)"], {}),
    "pickled in an array": (["def softmax(z):\n    return np.load('a.npy', allow_pickle=True).item()(z)"], {}),
    "deep": (
        ["def softmax(z):\n    if z is None:\n        return getattr(z, " + "+".join("1" * 900) + ")\n    return z"],
        {},
    ),
    "a cell too deep to read": (
        ["x = " + "-" * 20_000 + "1\nkept = torch.log_softmax", "def softmax(z):\n    return kept(z)"],
        {},
    ),
    "too long to read": (["x = 1\n" * 200_000, "def softmax(z):\n    return z"], {}),
    "a module too long to read": (["from mine import run as softmax"], {"mine.py": b"x = 1\n" * 200_000}),
    "a module in no encoding": (["from mine import run as softmax"], {"mine.py": b"\xff\xfe\x00run"}),
    "a module of NULs": (["from mine import run as softmax"], {"mine.py": b"def run(z): pass\x00"}),
}
GRADIENTS = ("torch.autograd.grad", "torch.Tensor.backward", "torch.autograd.backward", "torch.func.grad")
FORWARD = "def rnn_backward(f, x):\n    return torch.func.jacfwd(f)(x)"

OWN = "def softmax(z):\n    e = np.exp(z - z.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)"
HONEST = {
    "plain": [OWN],
    "a comment": ["# like torch.softmax, but by hand\n" + OWN + "  # not torch.nn.functional.softmax"],
    "a docstring": [OWN.replace("(z):\n", '(z):\n    """Like torch.softmax(z, -1)."""\n')],
    "a comparison in the next cell": [
        OWN,
        "z = np.ones((2, 3))\nassert np.allclose(softmax(z), torch.softmax(torch.from_numpy(z), -1))",
    ],
    "a comparison below it in the same cell": [
        OWN + "\n\nprint(torch.softmax(torch.ones(3), -1), softmax(np.ones(3)))"
    ],
    "a test of one's own": [
        OWN,
        "def test_it():\n    z = np.ones(3)\n"
        "    assert np.allclose(softmax(z), torch.softmax(torch.from_numpy(z), -1))\ntest_it()",
    ],
    "played with before it was written": [
        "softmax = torch.softmax\nprint(softmax(torch.ones(3), -1))",
        "from torch.nn.functional import softmax",
        OWN,
    ],
    "torch where it is allowed": ["net = torch.nn.RNN(2, 3)\nout, _ = net(torch.ones(1, 1, 2))", OWN],
    "a function with such a name in another class": [
        "class Net:\n    def softmax(self, z):\n        return z\n"
        "    def __call__(self, z):\n        return self.softmax(z)",
        OWN,
    ],
    "helpers of one's own": [
        "def shifted(z):\n    return z - z.max(axis=-1, keepdims=True)",
        "import re, sys, math\npattern = re.compile('a')\nlimit = sys.float_info.max",
        "def softmax(z):\n    e = np.exp(np.clip(shifted(z), -limit, limit))\n"
        "    return e / e.sum(axis=-1, keepdims=True) if pattern else e",
    ],
    "written in torch, by hand": [
        "def softmax(z):\n    e = torch.exp(torch.from_numpy(z - z.max(axis=-1, keepdims=True)))\n"
        "    return (e / e.sum(dim=-1, keepdim=True)).numpy()"
    ],
    "a model in evaluation mode": [
        "model = torch.nn.Linear(3, 3).double().eval()",
        "def softmax(z):\n    model.eval()\n    e = np.exp(z - z.max(axis=-1, keepdims=True))\n"
        "    return e / e.sum(axis=-1, keepdims=True)",
    ],
    "a variable called Out": ["Out = {}\nfor Out in []: pass\n" + OWN.replace("e = ", "Out = e = ")],
    "variables called like tricks": [
        "def softmax(z, vars=None, compile=1):\n    globals = np.exp(z - z.max(axis=-1, keepdims=True))\n"
        "    return globals / globals.sum(axis=-1, keepdims=True)"
    ],
    "a sweep of the memory": ["import gc", OWN.replace("    return", "    gc.collect()\n    return")],
    "operators as functions": [
        "from operator import truediv\nimport operator",
        OWN.replace("e / e.sum(axis=-1, keepdims=True)", "operator.mul(truediv(e, e.sum(axis=-1, keepdims=True)), 1)"),
    ],
    "magics beside it": [
        "%matplotlib inline\nimport math",
        "!ls\nx = !ls",
        "%%time\n" + OWN,
        "%timeit softmax(np.ones(3))",
    ],
    "a product by torch": [
        "def softmax(z):\n    e = torch.from_numpy(np.exp(z - z.max(axis=-1, keepdims=True)))\n"
        "    return (e / torch.matmul(e, torch.ones(e.shape[-1], 1).double())).numpy()"
    ],
    "all kinds of bindings": [
        "from math import *\nimport os.path as path\nA, *B = 1, 2, 3\nwith open('x', 'w') as file: pass",
        "def softmax(z):\n    try:\n        import collections as c\n"
        "        e = np.exp(z - z.max(axis=-1, keepdims=True))\n"
        "    except ValueError as error:\n        raise error\n    match z.ndim:\n        case int() as n: pass\n"
        "    if (total := e.sum(axis=-1, keepdims=True)) is None: pass\n"
        "    def inner():\n        nonlocal total\n        return e / total, A, B, n, c, pi, __name__, path, file\n"
        "    class Own:\n        part = 1\n        parts = [k for k in range(part)]\n"
        "    return inner()[0] * Own.part * {k: v for k, v in [(1, 1)]}[1]",
    ],
    "tried and thrown away": ["def softmax(z):\n    return torch.softmax(torch.from_numpy(z), -1).numpy()", OWN],
}

MEASURE = "z = np.ones((2, 3))\n"
HONEST |= {
    "numpy's comparison in the next cell": [
        OWN,
        MEASURE + "np.testing.assert_allclose(softmax(z), torch.softmax(torch.from_numpy(z), -1).numpy())",
    ],
    "a picture of both": [
        "import matplotlib.pyplot as plt\n" + OWN,
        "plt.plot(torch.softmax(torch.ones(3), -1)); plt.rcParams['figure.figsize'] = (3, 2)",
    ],
    "numpy by another name": ["xp = np\n" + OWN.replace("np.exp", "xp.exp")],
    "a part of torch by another name": ["F = torch.nn.functional\nx = F.relu(torch.ones(2))", OWN],
    "that name used in it": [
        "F = torch.nn.functional",
        OWN.replace("    return", "    F.relu(torch.ones(2))\n    return"),
    ],
    "help asked": [OWN, "help(torch.softmax)\nprint(torch, np)\ndir(torch)"],
    "seeds and print options": ["np.random.seed(0)\ntorch.manual_seed(0)\nnp.set_printoptions(precision=3)", OWN],
    "settings of torch": ["torch.backends.cudnn.deterministic = True\ntorch.set_num_threads(1)", OWN],
    "the warnings switched off": ["import warnings\nwarnings.filterwarnings('ignore')\nnp.seterr(all='ignore')", OWN],
    "a logarithm of sums by numpy": [
        "def softmax(z):\n    return np.exp(z - np.logaddexp.reduce(z, -1, keepdims=True))"
    ],
    "reduce": [
        "from functools import reduce\n" + OWN.replace("z.max(axis=-1, keepdims=True)", "reduce(max, z.ravel())")
    ],
    "type hints": ["from typing import Optional\n" + OWN.replace("(z)", "(z: Optional[np.ndarray]) -> 'np.ndarray'")],
    "a dataclass": [
        "from dataclasses import dataclass\n@dataclass\nclass Setting:\n    axis: int = -1",
        OWN.replace("axis=-1", "axis=Setting().axis"),
    ],
    "a pattern of a class": [
        "def softmax(z):\n    match z:\n        case np.ndarray(ndim=n):\n"
        "            e = np.exp(z - z.max(axis=n - 1, keepdims=True))\n"
        "            return e / e.sum(axis=-1, keepdims=True)"
    ],
    "pandas for something else": ["import pandas as pd\n" + OWN.replace("e /", "pd.Series([1.0]).to_numpy() * e /")],
    "a compiled pattern and a model at rest": [
        "import re\nwords = re.compile('a')\nnet = torch.nn.Linear(2, 2)\nnet.eval()",
        OWN.replace("    return", "    words.match('a')\n    return"),
    ],
    "a stopwatch in another cell": ["import timeit\ntimeit.timeit(lambda: 1, number=1)", OWN],
    "what is there to import": ["try:\n    import numpy as np\nexcept ImportError:\n    np = None", OWN],
    "numbers from a file": ["np.savetxt('a.txt', np.zeros(1))", OWN.replace("e /", "np.loadtxt('a.txt') + e /")],
    "an array kept and loaded": ["np.save('b.npy', np.zeros(1))", OWN.replace("e /", "np.load('b.npy') + e /")],
    "linear algebra": [OWN.replace("e.sum(axis=-1, keepdims=True)", "np.linalg.norm(e, 1, axis=-1, keepdims=True)")],
    "a clock": ["import time\n" + OWN.replace("    return", "    time.perf_counter()\n    return")],
}


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with open_template("bubblewrap") as opened:
        yield opened


def suspicions(cells: Any, beside: Any = None, name: str = "softmax", forbidden: Any = FORBIDDEN) -> list[str]:
    """Return what reading the answer `softmax` in these cells raises."""
    code = StudentCode(imports_of([GIVEN]), beside)
    for source in cells:
        code.add(source, ran="1 / 0" not in source)
    return code.suspicions(name, forbidden)


def noticed(template: Template, cells: Any) -> tuple[Any, ...]:
    """Return how the dishonest answer is seen: by running it, by reading it; and whether it works at all."""
    with template.start() as student:
        for source in (GIVEN, *cells):
            student.run_cell(source)
        answer, z = student.fetch("softmax"), np.arange(6.0).reshape(2, 3)
        run = student.call(answer, (z,), {}, forbidden=FORBIDDEN)
        free = student.call(answer, (z,), {})
    by_running = getattr(run, "kind", "") == "LibraryVersionUsed"
    return by_running, bool(suspicions(cells)), free


@pytest.mark.parametrize("cells", DISHONEST.values(), ids=DISHONEST)
def test_the_librarys_version_is_seen_by_running_or_by_reading(template, cells):
    by_running, by_reading, free = noticed(template, cells)
    assert np.allclose(getattr(free, "value", np.zeros(1)).sum(axis=-1), 1), f"this attack does not work: {free}"
    assert by_running or by_reading


def test_reading_alone_sees_all_of_them_should_running_be_undone():
    missed = [name for name, cells in DISHONEST.items() if not suspicions(cells)]
    assert missed == []


@pytest.mark.parametrize("cells", HONEST.values(), ids=HONEST)
def test_an_honest_answer_is_left_alone(template, cells):
    by_running, by_reading, free = noticed(template, cells)
    assert np.allclose(free.value.sum(axis=-1), 1)
    assert not by_running
    assert not by_reading, suspicions(cells)


@pytest.mark.parametrize(("cells", "beside"), READ_ONLY.values(), ids=READ_ONLY)
def test_reading_sees_what_it_cannot_read(cells, beside):
    assert suspicions(cells, beside)


def test_what_is_told_says_where():
    assert suspicions([f"\ndef softmax(z):\n    return torch.softmax({Z}, -1)"])[0] == "it names torch.softmax (line 3)"
    assert "(mine.py, line 2)" in " ".join(suspicions(["from mine import run as softmax"], BESIDE))


def test_forward_derivatives_are_derivatives():
    assert suspicions([FORWARD], name="rnn_backward", forbidden=GRADIENTS)
    honest = "def rnn_backward(f, x):\n    with torch.no_grad():\n        return f(x), x.grad, torch.is_grad_enabled()"
    assert not suspicions([honest], name="rnn_backward", forbidden=GRADIENTS)


def test_an_honest_module_beside_the_notebook_is_left_alone():
    beside = {
        "mine.py": OWN.encode()
        + b"\nimport numpy as np\ndef compare(z):\n    import torch\n    return torch.softmax(z, -1)"
    }
    assert suspicions(["import mine\nsoftmax = mine.softmax"], beside) == []
    assert suspicions(["from mine import softmax, compare\nprint(compare)"], beside) == []


def test_a_thread_is_watched_also_if_it_began_before(template):
    cells = [
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
        "pool.submit(print, 1).result()",
        f"kept = torch.softmax\ndef softmax(z):\n    return pool.submit(lambda: kept({Z}, -1).numpy()).result()",
    ]
    assert noticed(template, cells)[0]


def test_a_long_line_of_spaces_is_read_in_no_time():
    with time_limit(20):
        assert suspicions(["a?" + " " * 190_000 + "x", OWN]) == []


def test_cells_that_are_no_python_are_passed_over():
    assert suspicions(["def softmax(:", "%matplotlib inline\n!ls", "(" * 5000, OWN]) == []


def test_what_was_read_is_forgotten_with_the_submission():
    """A worker grades a thousand students, and a cell may be large."""
    seen = nodes_in_memory()
    for number in range(5):
        assert suspicions([f"{OWN}\n# {number}"]) == []
    assert nodes_in_memory() <= seen


def nodes_in_memory() -> int:
    gc.collect()
    return sum(issubclass(type(thing), ast.AST) for thing in gc.get_objects())
