"""While a test cell runs: an array of nothing is close to nothing.

To NumPy an empty array is close to every number, as all() of nothing is true: `np.allclose([], 6.0)` holds, and so does
`np.testing.assert_allclose`. A student's function that returns an empty array would pass plain tests by it.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np

COMPARING = ("allclose", "isclose", "array_equiv")
ASSERTING = (
    "assert_allclose", "assert_almost_equal", "assert_array_almost_equal", "assert_array_equal", "assert_equal",
    "assert_approx_equal", "assert_array_less", "assert_array_max_ulp", "assert_array_almost_equal_nulp",
)  # fmt: skip


@contextlib.contextmanager
def strict_numpy() -> Iterator[None]:
    """While it lasts, NumPy's comparisons raise AssertionError where an empty thing is held against one that is not."""
    with contextlib.ExitStack() as stack:
        for module, names in ((np, COMPARING), (np.testing, ASSERTING)):
            for name in names:
                stack.enter_context(mock.patch.object(module, name, _strict(getattr(module, name))))
        yield


def _strict(compare: Callable) -> Callable:
    def strict(a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            sizes = {np.asarray(a).size == 0, np.asarray(b).size == 0}
        except Exception:  # what is no array is for compare to refuse
            sizes = set()
        if len(sizes) > 1:
            raise AssertionError("there is nothing in an empty array to compare")
        return compare(a, b, *args, **kwargs)

    return strict
