"""Tries out an exercise: answers that do nothing, and small edits of the right answer, must all lose points."""
