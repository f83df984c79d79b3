"""Run by %run -i, with the notebook's own names."""

verdict = "right" if globals()["scale"] == 4 else "wrong"
