"""A helper with a name that others use too."""


def close_enough(a: float, b: float) -> bool:
    """Equal up to a millionth."""
    return abs(a - b) < 1e-6
