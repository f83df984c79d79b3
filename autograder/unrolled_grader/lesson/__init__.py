"""A lesson with its exercises: reference answers, the table that `check` compares with, answers put in place."""
