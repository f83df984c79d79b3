"""Reads translated sentences from a file as Tatoeba and the Anki lists made of it give them."""

from pathlib import Path

from unrolled.data.catalogue import DataError


def load_pairs(path: str | Path, swap: bool = True) -> list[tuple[str, str]]:
    """Load the pairs of a tab-separated file of translated sentences, one pair a line, in UTF-8.

    Three forms are read: two columns (a sentence, its translation), the same with a third column that says who
    wrote them, and Tatoeba's own export of four columns (number, sentence, number, translation).

    Args:
        path: the file.
        swap: return (second, first): lists of two or three columns have English first, and the lesson translates
            into English.

    Raises:
        DataError: the file is missing, is not UTF-8, or a line has not two, three or four columns.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}). Give the path of a tab-separated file.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error.reason}). Save it as UTF-8 and try again.") from error
    pairs = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        columns = line.rstrip("\r").split("\t")
        if len(columns) == 4 and columns[0].isdigit() and columns[2].isdigit():
            columns = [columns[1], columns[3]]
        if len(columns) not in (2, 3) or not (columns[0].strip() and columns[1].strip()):
            raise DataError(
                f"{path}, line {number}: {len(columns)} columns, and a line has a sentence, a tab and its translation "
                f"(or number, sentence, number, translation). It reads: {line[:60]!r}"
            )
        first, second = columns[0].strip(), columns[1].strip()
        pairs.append((second, first) if swap else (first, second))
    if not pairs:
        raise DataError(f"{path} holds no sentences. Give a tab-separated file with a pair of sentences on each line.")
    return pairs
