"""Writes a changed lesson so that what did not change keeps its text, down to the blank lines."""

from difflib import SequenceMatcher

from unrolled_grader.build.cell import Cell


def keep_unchanged(cells: list[Cell], chunks: list[str], old_cells: list[Cell], old_chunks: list[str]) -> list[str]:
    """The pieces of text of `cells`: the old piece where the cell stood there already, else the new one."""
    pieces = list(chunks)
    matcher = SequenceMatcher(None, [cell.key for cell in old_cells], [cell.key for cell in cells], False)
    for what, old_start, old_end, start, end in matcher.get_opcodes():
        if what == "equal":
            pieces[start:end] = old_chunks[old_start:old_end]
        elif what == "replace" and old_end - old_start == end - start:
            olds = old_chunks[old_start:old_end]
            pieces[start:end] = [_spaced_like(new, old) for new, old in zip(chunks[start:end], olds, strict=True)]
    if old_cells and pieces and old_cells[-1] != cells[-1]:
        pieces[-1] = pieces[-1].rstrip("\n") + "\n"
    return [_ended(piece) for piece in pieces[:-1]] + pieces[-1:]


def _spaced_like(new: str, old: str) -> str:
    """A changed piece, followed by as many blank lines as it was before."""
    return new.rstrip("\n") + old[len(old.rstrip("\n")) :]


def _ended(piece: str) -> str:
    """A piece that another follows ends in a blank line, also where it was the last of its file before."""
    return piece if piece.endswith("\n\n") else piece.rstrip("\n") + "\n\n"
