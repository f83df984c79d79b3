"""Grading a class: submissions are spread over processes, earlier results are used again, one writer records."""
