"""An error that many rooms raise. Its message ends a verb: it says what is wrong, where, and the remedy."""


class ExerciseError(ValueError):
    """An `exercises.py` is wrong; the message names the lesson, the exercise and the remedy."""
