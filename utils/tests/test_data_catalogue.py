"""Does the catalogue say all that is needed, and are mistakes in it found?"""

import re
from pathlib import Path
from typing import Any

import pytest
from made_up_data import entry_text, write_wheel

from unrolled import data
from unrolled.data import DataError, data_set, data_sets, used_by
from unrolled.data.catalogue import find_catalogue

COURSE = Path(__file__).parents[2]
LESSON = re.compile(r"(0[0-9]|1[01])_[a-z0-9_]+")


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of a catalogue to write, in a scratch course."""
    monkeypatch.delenv("UNROLLED_CATALOGUE", raising=False)
    (tmp_path / "datasets").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "datasets" / "catalogue.toml"


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNROLLED_CATALOGUE", raising=False)
    monkeypatch.chdir(COURSE)


def test_every_entry_of_the_course_is_complete(real: None) -> None:
    assert len(data_sets()) >= 10
    for entry in data_sets().values():
        assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256), entry.name
        assert re.fullmatch(r"[0-9a-f]{64}", entry.content_sha256), entry.name
        assert entry.file.endswith("-none-any.whl") and f"-{entry.version}-" in entry.file, entry.name
        assert entry.size > 0 and entry.rows > 0 and entry.member_count > 0, entry.name
        assert entry.licence and entry.citation and entry.split and entry.title and entry.row, entry.name
        assert entry.lessons and all(LESSON.fullmatch(lesson) for lesson in entry.lessons), entry.name


def test_every_entry_has_its_function(real: None) -> None:
    others = {"shakespeare": "shakespeare_sentences"}
    for name in data_sets():
        assert callable(getattr(data, others.get(name, name))), name


def test_only_large_packages_are_optional(real: None) -> None:
    assert {entry.name for entry in data_sets().values() if entry.optional} == {"translation_pairs"}
    assert all(entry.size < 40e6 for entry in data_sets().values() if not entry.optional)


def test_a_lesson_knows_its_data_by_its_number_too(real: None) -> None:
    assert set(used_by("01_ngrams")) == set(used_by("01")) == {"shakespeare", "film_sentences"}
    assert used_by("09_seq2seq") == []  # its only one is optional


def test_the_catalogue_is_found_from_within_the_course_and_from_outside(
    written: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert find_catalogue() == COURSE / "datasets" / "catalogue.toml"  # that of the installed package
    written.write_text("")
    deep = tmp_path / "notebooks" / "01_ngrams"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_catalogue() == written
    monkeypatch.setenv("UNROLLED_CATALOGUE", str(COURSE / "datasets" / "catalogue.toml"))
    assert "film_sentences" in data_sets()
    monkeypatch.setenv("UNROLLED_CATALOGUE", str(tmp_path / "none.toml"))
    with pytest.raises(DataError, match="UNROLLED_CATALOGUE names .*none.toml"):
        find_catalogue()


def test_an_unknown_name_is_answered_with_the_known_ones(real: None) -> None:
    with pytest.raises(DataError, match="no data set 'film'.*film_sentences"):
        data_set("film")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sha265": "x"}, "unknown.*sha265"),
        ({"size": "many"}, "size is 'many'"),
        ({"members": "one.txt"}, "members is 'one.txt'"),
        ({"optional": "no"}, "optional is 'no'"),
    ],
)
def test_a_wrong_field_is_named(written: Path, tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    written.write_text(entry_text(write_wheel(tmp_path), **changed))
    with pytest.raises(DataError, match=rf"catalogue.toml.*\[tunes\].*{said}"):
        data_sets()


def test_a_missing_field_is_named(written: Path, tmp_path: Path) -> None:
    text = entry_text(write_wheel(tmp_path))
    written.write_text("".join(line for line in text.splitlines(True) if not line.startswith("licence")))
    with pytest.raises(DataError, match=r"\[tunes\] lacks \['licence'\]"):
        data_sets()


@pytest.mark.parametrize("text", ["[tunes", "tunes = 3"])
def test_a_damaged_catalogue_is_named(written: Path, text: str) -> None:
    written.write_text(text)
    with pytest.raises(DataError, match="catalogue.toml"):
        data_sets()


def test_a_changed_catalogue_is_read_again(written: Path, tmp_path: Path) -> None:
    written.write_text("")
    assert data_sets() == {}
    written.write_text(entry_text(write_wheel(tmp_path)))
    assert list(data_sets()) == ["tunes"]
