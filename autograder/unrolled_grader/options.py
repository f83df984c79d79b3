"""What several modules know of the command line: types of options for argparse, names of isolations, a bound for seeds.

Imports little."""

import argparse
from collections.abc import Callable


def at_least(least: int) -> Callable[[str], int]:
    """Return a type of option: a whole number that is not smaller."""

    def whole_number(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if number < least:
            raise argparse.ArgumentTypeError(f"at least {least}, not {number}")
        return number

    return whole_number


ISOLATIONS = ("auto", "bubblewrap", "container", "none")
SEARCHABLE = 2**64  # a smaller seed can be found by trying all: earlier versions drew 31 bits
