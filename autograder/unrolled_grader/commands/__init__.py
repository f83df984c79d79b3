"""The verbs of `unrolled`, a module each; its `run(arguments)` returns the exit status."""
