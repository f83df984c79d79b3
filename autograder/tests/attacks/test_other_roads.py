"""Are the roads of `other_roads` seen by reading alone, and is what honest students write beside them left alone?"""

import pytest
from attack import Attack, code
from other_roads import OTHER_ROADS

from unrolled_grader.grading.library_use import StudentCode
from unrolled_grader.grading.read_code import imports_of

GIVEN = "import numpy as np\nimport torch\nfrom unrolled import check"
SOFTMAXES = ("torch.softmax", "torch.nn.functional.softmax", "torch.Tensor.softmax")
GRADIENTS = ("torch.autograd.grad", "torch.autograd.backward", "torch.Tensor.backward", "torch.func.grad")
OWN = "def softmax(z):\n    e = np.exp(z - z.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)"
HELPER = "def helper(z):\n    return np.exp(z - z.max(axis=-1, keepdims=True))"
BY_HELPER = "def softmax(z):\n    e = helper(z)\n    return e / e.sum(axis=-1, keepdims=True)"
COMPARED = "z = np.ones((2, 3))\n{}\nassert np.allclose(ours, theirs)"

HONEST = {
    "both results kept in lists": [
        HELPER, BY_HELPER,
        COMPARED.format("found = [softmax(z), torch.softmax(torch.from_numpy(z), -1).numpy()]\nours, theirs = found"),
    ],
    "both functions in a list": [
        HELPER, BY_HELPER,
        "for name, f in [('ours', lambda z: softmax(z)), ('theirs', lambda z: torch.softmax(torch.from_numpy(z), -1))]:"
        "\n    print(name, f(np.ones(3)))",
    ],
    "a result filled in": [
        HELPER, BY_HELPER,
        "table = {}\ntable['ours'] = softmax(np.ones(3))\n"
        "table['torch'] = torch.softmax(torch.ones(3), -1)",
    ],
    "a function that fills in what it is given": [
        "def normalise(e):\n    e /= e.sum(axis=-1, keepdims=True)\n    e[np.isnan(e)] = 0\n    return e", HELPER,
        "def softmax(z):\n    return normalise(helper(z))",
        "a = np.ones(3)\nnormalise(a)\nprint(a, torch.softmax(torch.ones(3), -1))",
    ],
    "a shell's harmless magics": [
        "ip = get_ipython()\nip.run_line_magic('matplotlib', 'inline')\n"
        "get_ipython().magic('config InlineBackend')", OWN,
    ],
    "a line magic and a timing": ["%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%config x = 1", OWN],
    "help and documentation": [OWN, "?softmax\nsoftmax?\nprint(softmax.__doc__, softmax.__name__)"],
    "a counter on a function": [OWN + "\nsoftmax.calls = 0"],
    "a cache": ["import functools\n@functools.lru_cache\ndef size(n):\n    return n",
                OWN.replace("    return", "    size(3)\n    return")],
    "an array loaded": [OWN.replace("e /", "np.load('b.npy') + e /"), "weights = np.load('w.npz')['a']"],
    "attributes called grad and eval": [
        "class Layer:\n    def backward(self, d):\n        self.grad = d\n        return d\n"
        "    def eval(self):\n        return self",
        "layers = [Layer(), Layer()]\nfor layer in layers:\n    layer.eval()",
        OWN.replace("    return", "    for layer in layers:\n        layer.backward(1.0)\n    return"),
    ],
    "a function of numpy or of torch, as it comes": [
        "def softmax(z, exp=np.exp):\n    xp = torch.exp if torch.is_tensor(z) else exp\n    e = xp(z)\n"
        "    return e / e.sum(-1, keepdims=True)"
    ],
    "the environment and the system's path": [
        "import os, sys\nhere = os.path.join(os.getcwd(), 'data')\nos.environ['A'] = '1'\n"
        "print(sys.version, os.listdir('.'))",
        OWN.replace("    return", "    os.path.exists(here)\n    return"),
    ],
    "a small class with settings": [
        "class Settings:\n    def __init__(self, **kwargs):\n        for key, value in kwargs.items():\n"
        "            setattr(self, key, value)\nsettings = Settings(axis=-1)\nsettings.axis = -1",
        OWN.replace("axis=-1", "axis=settings.axis"),
    ],
    "parts of one's own thing by computed names": [
        "class Cell:\n    def __init__(self):\n        for gate in 'fi':\n            setattr(self, f'W_{gate}', 1.0)\n"
        "    def both(self):\n        return [getattr(self, f'W_{gate}') for gate in 'fi']",
        OWN.replace("    return", "    Cell().both()\n    return"),
    ],
    "vectorised, by parts and by einsum": [
        "exp = np.vectorize(lambda x: 2.718281828459045**x)\n"
        "def softmax(z):\n    e = np.apply_along_axis(lambda row: exp(row - row.max()), -1, z)\n"
        "    return np.einsum('...i,...->...i', e, 1 / np.sum(e, axis=-1))"
    ],
    "a walrus and a conditional": [
        "def softmax(z):\n    return (e := np.exp(z - (z.max(-1, keepdims=True) if z.size else 0)))"
        " / e.sum(-1, keepdims=True)"
    ],
    "getattr of a constant": [OWN.replace("np.exp", "getattr(np, 'exp')")],
    "a frame of pandas with a column": [
        "import pandas as pd\ntable = pd.DataFrame({'z': [1.0]})\ntable['e'] = table.z.map(np.exp)", OWN,
    ],
}  # fmt: skip


def suspicions(cells: list[str], name: str = "softmax", forbidden: tuple[str, ...] = SOFTMAXES) -> list[str]:
    reader = StudentCode(imports_of([GIVEN]))
    for source in cells:
        reader.add(source)
    return reader.suspicions(name, forbidden)


@pytest.mark.parametrize("road", [road for road in OTHER_ROADS if road.earns], ids=str)
def test_it_is_seen_by_reading(road: Attack) -> None:
    assert suspicions([code(road.before), code(road.answers["softmax"])])


@pytest.mark.parametrize("cells", HONEST.values(), ids=HONEST)
def test_what_is_honest_is_left_alone(cells: list[str]) -> None:
    assert suspicions(cells) == []
    if not any("eval" in cell for cell in cells):
        assert suspicions(cells, forbidden=(*SOFTMAXES, *GRADIENTS)) == []


def test_a_method_of_ones_own_is_no_gradient() -> None:
    cells = HONEST["attributes called grad and eval"]
    assert suspicions(cells, forbidden=GRADIENTS) == []
