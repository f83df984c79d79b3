"""The verbs of `unrolled`: one module for each, whose `run(arguments)` returns the exit status."""
