"""Errors that end a verb with one sentence: what is wrong, where, and the remedy."""


class ExerciseError(ValueError):
    """An `exercises.py` is wrong; the message names the lesson, the exercise and the remedy."""
