"""Writes a changed lesson so that what did not change keeps its text, down to the blank lines."""

import json
from difflib import SequenceMatcher

from unrolled_grader.build.cell import Cell


def keep_unchanged(cells: list[Cell], chunks: list[str], old_cells: list[Cell], old_chunks: list[str]) -> list[str]:
    """The pieces of text of `cells`: the old piece where the cell stood there already, else the new one."""
    matcher = SequenceMatcher(None, [_key(cell) for cell in old_cells], [_key(cell) for cell in cells], False)
    pieces = list(chunks)
    for old_start, start, length in matcher.get_matching_blocks():
        pieces[start : start + length] = old_chunks[old_start : old_start + length]
    if pieces and pieces[-1] is not chunks[-1] and old_chunks[-1] != pieces[-1]:
        pieces[-1] = pieces[-1].rstrip("\n") + "\n"
    return [_ended(piece) for piece in pieces[:-1]] + pieces[-1:]


def _key(cell: Cell) -> str:
    values = [cell.kind, cell.source, cell.role, cell.id, cell.points, cell.metadata]
    return json.dumps(values, sort_keys=True)


def _ended(piece: str) -> str:
    """A piece that another follows ends in a blank line, also where it was the last of its file before."""
    return piece if piece.endswith("\n\n") else piece.rstrip("\n") + "\n\n"
