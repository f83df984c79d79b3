"""A module in a package."""

from helper import decorate


def expect(found: object, expected: object) -> None:
    """Raise AssertionError where two values differ."""
    assert found == expected, decorate(f"{found!r} is not {expected!r}")
