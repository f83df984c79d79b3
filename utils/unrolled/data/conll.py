"""Reading tagged sentences from a file in CoNLL form: a token and its tag a line, an empty line after each sentence."""

import re
from pathlib import Path

from unrolled.data.catalogue import DataError

TaggedSentence = tuple[list[str], list[str]]

_TAG = re.compile(r"O|[BI]-\S+")
_DOCUMENT = "-DOCSTART-"


def load_conll(path: str | Path, column: int = -1) -> list[TaggedSentence]:
    """Read sentences with BIO tags.

    Each line holds columns separated by spaces or tabs: the token first, one of the others its tag (`O`, `B-PER`,
    `I-PER`, any name after the hyphen). Empty lines separate sentences. Lines that begin with `-DOCSTART-` are left
    out. Tags are returned as they stand: whether a span may begin with `I-` is for the reader to say.

    Args:
        path: the file, UTF-8.
        column: which column holds the tag, counted as Python does; the last one by default.

    Returns:
        A list of (tokens, tags), two lists of equal length for each sentence.

    Raises:
        DataError: the file is not there, is not UTF-8, holds no sentence, or has a line without a tag in that
            column; the message names file, line and remedy.
    """
    path = Path(path)
    sentences: list[TaggedSentence] = []
    tokens: list[str] = []
    tags: list[str] = []
    for number, line in enumerate([*_lines(path), ""], start=1):
        fields = line.split()
        if fields and fields[0] == _DOCUMENT:
            fields = []
        if fields:
            tokens.append(fields[0])
            tags.append(_tag(fields, column, path, number))
        elif tokens:
            sentences.append((tokens, tags))
            tokens, tags = [], []
    if not sentences:
        raise DataError(f"{path} holds no sentence. Write a token and its tag on each line, as in `Boston B-LOC`.")
    return sentences


def _lines(path: Path) -> list[str]:
    try:
        # utf-8-sig: editors on Windows put a mark in front, which would become part of the first token
        return path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise DataError(f"{path} is not there. Put the file beside the notebook, or give its full path.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error.reason}). Save it again with the encoding UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}). Give the path of a text file.") from error


def _tag(fields: list[str], column: int, path: Path, number: int) -> str:
    """Return the tag of one line."""
    place = column if column >= 0 else len(fields) + column
    if not 1 <= place < len(fields):
        raise DataError(
            f"{path}, line {number}: {' '.join(fields)[:60]!r} has {len(fields)} column(s), and the tag was expected "
            f"in column {column}. Write the token, a space and its tag; leave the line empty between sentences."
        )
    if not _TAG.fullmatch(fields[place]):
        raise DataError(
            f"{path}, line {number}: {fields[place]!r} is no BIO tag. Tags are O, B-NAME and I-NAME. If another column "
            "holds the tags, name it: load_conll(path, column=3)."
        )
    return fields[place]
