"""What a mutant does to a value while it runs, where no edit of the text could: convert it, empty it, spoil it.

Each function notes when it has changed anything. A mutant that never did is no mutant: a whole number has no dtype.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

PREFIX = "_mutant_"


class Effects:
    """The functions that a mutant's text may call, by name; `happened` says whether any of them changed anything."""

    def __init__(self) -> None:
        self.happened = False

    def names(self) -> dict[str, Callable[..., Any]]:
        """Return the names for the namespace in which a mutant is defined."""
        functions = (self.rounded, self.float32, self.float64, self.zeroed, self.spoiled)
        return {PREFIX + function.__name__: function for function in functions}

    def rounded(self, value: Any) -> Any:
        """Compute in single precision, and give back in double."""
        return self._cast(value, np.float64, lambda array: array.astype(np.float32).astype(np.float64))

    def float32(self, value: Any) -> Any:
        """Return float32 for float64."""
        return self._cast(value, np.float64, lambda array: array.astype(np.float32))

    def float64(self, value: Any) -> Any:
        """Return float64 for float32."""
        return self._cast(value, np.float32, lambda array: array.astype(np.float64))

    def _cast(self, value: Any, dtype: type, change: Callable[..., Any]) -> Any:
        if isinstance(value, dict) and type(value) is dict:
            return {key: self._cast(part, dtype, change) for key, part in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self._cast(part, dtype, change) for part in value)
        if not isinstance(value, np.ndarray) or value.dtype != dtype or not value.size:
            return value
        self.happened = True
        return change(value)

    def zeroed(self, value: Any) -> Any:
        """Return 0 for each number in the argument, as if it were not used."""
        if isinstance(value, dict) and type(value) is dict:
            return {key: self.zeroed(part) for key, part in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self.zeroed(part) for part in value)
        if isinstance(value, int | float | np.number) and not isinstance(value, bool):
            self.happened |= value != 0
            return type(value)(0)
        if hasattr(value, "dtype") and hasattr(value, "shape"):
            self.happened = True
            return value * 0
        return value

    def spoiled(self, value: Any) -> None:
        """Change what the caller handed in, after it has been used."""
        if isinstance(value, Counter | dict):
            for part in value.values():
                self.spoiled(part)
            value[next(iter(value), "new")] = 0
        elif isinstance(value, list):
            for part in value:
                self.spoiled(part)
            value.append(value[0] if value else 0)
        elif isinstance(value, np.ndarray) and value.size and value.flags.writeable:
            value[...] = ~value if value.dtype == bool else value * 2 + 1
        else:
            return
        self.happened = True
