"""Does `unrolled data` say what is kept, download what is not, and notice damage?"""

import json
import zipfile
from pathlib import Path

import pytest

from unrolled.data import data_set
from unrolled.data.store import content_sha256, kept_file
from unrolled_grader.commands import data
from unrolled_grader.commands.data import run

FILES = {"p/a.txt": b"do re mi"}
FIELDS = {
    "title": "Tunes", "package": "p", "version": "1", "file": "p-1-py3-none-any.whl",
    "sha256": "0" * 64, "size": 2_500_000, "members": ["p/*"], "member_count": 1,
    "content_sha256": content_sha256(FILES), "licence": "CC0", "origin": "x",
    "citation": "x", "rows": 1234, "row": "tune", "lessons": ["01_ngrams"], "split": "none",
}  # fmt: skip


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make a catalogue of two data sets; return what `fetch` is asked for (it keeps a file that is whole)."""
    catalogue = tmp_path / "catalogue.toml"
    tables = {"tunes": FIELDS, "large": {**FIELDS, "lessons": ["09_seq2seq"], "optional": True}}
    lines = []
    for name, fields in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in fields.items())]
    catalogue.write_text("\n".join(lines))
    monkeypatch.setenv("UNROLLED_CATALOGUE", str(catalogue))
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "kept"))
    asked: list[str] = []

    def fetch(name: str) -> list[str]:
        new = not kept_file(data_set(name)).exists()
        asked.append(name)
        kept_file(data_set(name)).parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(kept_file(data_set(name)), "w") as archive:
            archive.writestr("p/a.txt", FILES["p/a.txt"])
        return [name] if new else []

    monkeypatch.setattr(data, "fetch", fetch)
    return asked


def test_list_shows_what_is_kept(fetched: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run(["get", "tunes"])
    capsys.readouterr()
    assert run([]) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.split()[:2] == ["tunes", "kept"] and "1,234 rows" in first and "2.5 MB" in first
    assert second.split()[:3] == ["large", "not", "here"] and second.endswith("optional")
    assert "kept" in last


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ([], ["tunes"]),
        (["--optional"], ["tunes", "large"]),
        (["large"], ["large"]),
        (["--lesson", "01_ngrams"], ["tunes"]),
        (["--lesson", "01", "tunes"], ["tunes"]),
        (["--lesson", "09"], []),
        (["--lesson", "09", "--optional"], ["large"]),
        (["--lesson", "05"], []),
    ],
)
def test_get_downloads_what_was_asked_for(fetched: list[str], arguments: list[str], names: list[str]) -> None:
    assert run(["get", *arguments]) == 0
    assert fetched == names


def test_get_tells_new_from_kept(fetched: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run(["get", "tunes"])
    run(["get", "tunes"])
    assert capsys.readouterr().out.splitlines() == [
        "tunes: downloaded (1,234 rows)",
        "tunes: is kept already (1,234 rows)",
    ]


def test_a_lesson_without_data_says_so(fetched: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run(["get", "--lesson", "05"])
    assert "05 needs no data by itself" in capsys.readouterr().out


def test_an_unknown_name_is_one_line_and_a_failure(fetched: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["get", "tune"]) == 1
    assert capsys.readouterr().err.startswith("unrolled data: there is no data set 'tune'")


def test_verify_finds_damage_and_get_names_the_cure(fetched: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run(["get", "tunes"])
    assert run(["verify"]) == 0
    kept_file(data_set("tunes")).write_bytes(b"half")
    assert run(["verify"]) == 1
    shown = capsys.readouterr()
    assert "tunes: damaged" in shown.out and "unrolled data get" in shown.err
