"""A module of the instructor's that is called as many are."""


def is_even(n: int) -> bool:
    """Say whether a number is even."""
    return n % 2 == 0
