"""Are tagged sentences read from a CoNLL file, and are mistakes in it named by file, line and remedy?"""

from pathlib import Path

import pytest

from unrolled.data import DataError, load_conll

TWO_COLUMNS = "Mary B-PER\nSmith I-PER\nleft O\n\nBoston\tB-LOC\n"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "names.txt"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_file_of_two_columns_gives_tokens_and_tags(tmp_path: Path) -> None:
    assert load_conll(written(tmp_path, TWO_COLUMNS)) == [
        (["Mary", "Smith", "left"], ["B-PER", "I-PER", "O"]),
        (["Boston"], ["B-LOC"]),
    ]


def test_the_last_column_holds_the_tag_unless_another_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "Mary NNP B-NP B-PER\nleft VBD O O\n")
    assert load_conll(path) == [(["Mary", "left"], ["B-PER", "O"])]
    assert load_conll(path, column=2) == [(["Mary", "left"], ["B-NP", "O"])]


@pytest.mark.parametrize("text", ["\n\nMary B-PER\n\n\n", "-DOCSTART- -X- O\n\nMary B-PER", "Mary B-PER\r\n\r\n"])
def test_empty_lines_document_marks_and_windows_line_ends_make_no_sentence(tmp_path: Path, text: str) -> None:
    assert load_conll(written(tmp_path, text)) == [(["Mary"], ["B-PER"])]


def test_a_byte_order_mark_is_no_part_of_the_first_token(tmp_path: Path) -> None:
    assert load_conll(written(tmp_path, "Mary B-PER\n", "utf-8-sig"))[0][0] == ["Mary"]


def test_a_stray_inside_tag_is_left_as_it_stands(tmp_path: Path) -> None:
    assert load_conll(written(tmp_path, "Mary I-PER\n")) == [(["Mary"], ["I-PER"])]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mary B-PER\nleft\n", r"names.txt, line 2: 'left' has 1 column\(s\).*leave the line empty"),
        ("Mary PER\n", r"names.txt, line 1: 'PER' is no BIO tag.*column=3"),
        ("Mary B-\n", "names.txt, line 1: 'B-' is no BIO tag"),
        ("\n\n", "names.txt holds no sentence.*Boston B-LOC"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        load_conll(written(tmp_path, text))


def test_a_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    for column in (0, 2, -3):
        with pytest.raises(DataError, match=rf"line 1.*column {column}"):
            load_conll(written(tmp_path, TWO_COLUMNS), column=column)


def test_a_missing_file_and_one_of_another_encoding_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere.txt is not there. Put the file beside the notebook"):
        load_conll(tmp_path / "nowhere.txt")
    with pytest.raises(DataError, match="not UTF-8.*Save it again"):
        load_conll(written(tmp_path, "Zoë B-PER\n", "latin-1"))
    with pytest.raises(DataError, match="cannot be read"):
        load_conll(tmp_path)
