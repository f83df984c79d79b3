"""Grading a class: submissions spread over processes, what was graded before found again, one writer."""
