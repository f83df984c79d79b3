"""Tables of measurements, as text."""

from collections.abc import Sequence


def rows(title: str, heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table as text: a title, a line of heads, and the lines; all columns but the first are aligned right."""
    widths = [max(len(line[i]) for line in [heads, *lines]) for i in range(len(heads))]
    shown = []
    for line in [heads, *lines]:
        first, *rest = [(text, width) for text, width in zip(line, widths, strict=True)]
        shown.append("  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)]).rstrip())
    return "\n".join([title, *(f"  {line}" for line in shown)])
