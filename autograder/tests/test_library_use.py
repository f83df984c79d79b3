"""Is the library's version of what was to be written seen, by running or by reading, and is honest code left alone?"""

import ast
import gc

import numpy as np
import pytest

from unrolled_grader.confine import open_template
from unrolled_grader.grading.library_use import StudentCode, imports_of

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
    "tried and thrown away": ["def softmax(z):\n    return torch.softmax(torch.from_numpy(z), -1).numpy()", OWN],
}


@pytest.fixture(scope="module")
def template():
    with open_template("bubblewrap") as opened:
        yield opened


def suspicions(cells):
    """What reading the answer `softmax` in these cells raises."""
    code = StudentCode(imports_of([GIVEN]))
    for source in cells:
        code.add(source)
    return code.suspicions("softmax", FORBIDDEN)


def noticed(template, cells):
    """How the dishonest answer is seen: by running it, by reading it; and whether it works at all."""
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


def test_cells_that_are_no_python_are_passed_over():
    assert suspicions(["def softmax(:", "%matplotlib inline\n!ls", "(" * 5000, OWN]) == []


def test_what_was_read_is_forgotten_with_the_submission():
    """A worker grades a thousand students, and a cell may be large."""
    seen = nodes_in_memory()
    for number in range(5):
        assert suspicions([f"{OWN}\n# {number}"]) == []
    assert nodes_in_memory() <= seen


def nodes_in_memory():
    gc.collect()
    return sum(issubclass(type(thing), ast.AST) for thing in gc.get_objects())
