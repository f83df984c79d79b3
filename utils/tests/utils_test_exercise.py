"""A small exercise, for the tests of checking."""

from typing import Any

import numpy as np

from unrolled.check.answers import run_case, to_plain

CLOSE = {"kind": "close", "rtol": 1e-7, "atol": 1e-9}


def exercise() -> dict[str, Any]:
    """Return the exercise "mean of each row": `values` and the side property `dtype`, each with two cases."""
    rng = np.random.default_rng(0)
    properties = []
    for name, side, dtype in (("values", False, np.float64), ("dtype", True, np.float32)):
        cases = []
        for shape in ((3, 4), (1, 5)):
            args = (rng.normal(size=shape).astype(dtype),)
            expected = to_plain(run_case(lambda x: x.mean(axis=1), {"args": args}))
            cases.append({"args": args, "kwargs": {}, "label": f"shape {shape}", "expected": expected, "mistakes": {}})
        comparison = {**CLOSE, "dtype": side}
        nothing = {"driver": None, "calls": None, "measure": None, "advice": ""}
        properties.append(
            {**nothing, "name": name, "weight": 1.0, "comparison": comparison, "side": side, "cases": cases}
        )
    return {"name": "mean", "axes": ["row"], "forbidden": [], "mistakes": [], "properties": properties}
