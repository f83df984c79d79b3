"""A helper with a name that others use too."""


def close_enough(a: float, b: float) -> bool:
    """Say whether two numbers are equal up to a millionth."""
    return abs(a - b) < 1e-6
