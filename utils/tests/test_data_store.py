"""Are data sets fetched once, checked, kept whole, and served without a network or a right to write?"""

import errno
import hashlib
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from made_up_data import TUNES, entry_text, write_wheel

from unrolled.data import DataError, data_folder, data_set, fetch, load_files, seattle_weather
from unrolled.data import download as download_module
from unrolled.data.store import kept_file, read_kept

LOAD = "from unrolled.data import load_files; print(sorted(load_files('tunes')))"


class Course:
    """A scratch course with one package index (a folder) and one data folder."""

    def __init__(self, folder: Path) -> None:
        self.index = folder / "index of wheels"
        self.kept = folder / "data kept"
        self.catalogue = folder / "course" / "datasets" / "catalogue.toml"
        self.catalogue.parent.mkdir(parents=True)
        self.wheel = write_wheel(self.index)
        self.write()

    def write(self, **changed: Any) -> None:
        self.catalogue.write_text(entry_text(self.wheel, **changed))

    def go_offline(self) -> None:
        self.wheel.unlink()


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    made = Course(tmp_path)
    monkeypatch.chdir(made.catalogue.parents[1])
    monkeypatch.delenv("UNROLLED_CATALOGUE", raising=False)
    monkeypatch.setenv("UNROLLED_DATA", str(made.kept))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", made.index.as_uri())
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    return made


def left_over(course: Course) -> list[str]:
    return sorted(path.name for path in course.kept.iterdir() if path.name != kept_file(data_set("tunes")).name)


def test_a_data_set_is_downloaded_once_and_read_offline_after(course: Course) -> None:
    assert load_files("tunes") == TUNES
    course.go_offline()
    assert load_files("tunes") == TUNES
    assert fetch("tunes") == []
    assert left_over(course) == []


def test_fetch_says_what_it_downloaded(course: Course) -> None:
    assert fetch(lesson="01") == ["tunes"]
    assert fetch(lesson="01_ngrams") == []
    assert fetch(lesson="05_vanishing_gradients") == []
    assert fetch() == []


def test_optional_data_is_fetched_only_by_name(course: Course) -> None:
    course.write(optional=True)
    assert fetch() == []
    assert fetch(lesson="01") == []
    assert fetch("tunes") == ["tunes"]


def test_reading_kept_data_writes_nothing_and_asks_no_one(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    load_files("tunes")
    before = [(path, path.stat().st_mtime_ns) for path in (course.kept, *course.kept.iterdir())]
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: pytest.fail("a process was started"))
    assert load_files("tunes") == TUNES
    assert [(path, path.stat().st_mtime_ns) for path in (course.kept, *course.kept.iterdir())] == before


def test_a_wheel_with_another_checksum_is_refused_and_thrown_away(course: Course) -> None:
    course.write(sha256=hashlib.sha256(b"another").hexdigest())
    with pytest.raises(DataError, match=r"madeup_tunes.*SHA-256.*catalogue.toml.*thrown away.*Try again"):
        load_files("tunes")
    assert left_over(course) == []


def test_a_changed_wheel_is_refused(course: Course) -> None:
    write_wheel(course.index, {name: content + b"x" for name, content in TUNES.items()})
    with pytest.raises(DataError, match="SHA-256"):
        load_files("tunes")


def test_a_missing_member_is_named_with_the_wheel_and_the_remedy(course: Course) -> None:
    course.write(members=["madeup_tunes/tunes/*.txt", "madeup_tunes/songs/*.txt"])
    with pytest.raises(DataError, match=r"madeup_tunes-1.0.*songs/\*.txt.*`members` of \[tunes\]"):
        load_files("tunes")
    assert left_over(course) == []


def test_other_members_than_the_catalogue_means_are_refused(course: Course) -> None:
    course.write(members=["madeup_tunes/tunes/deep/*.txt"])
    with pytest.raises(DataError, match="1 files taken from .* content_sha256"):
        load_files("tunes")


def test_a_package_that_the_index_lacks_is_said_so(course: Course) -> None:
    course.go_offline()
    with pytest.raises(DataError, match=r"'tunes' needs madeup_tunes.*your package index does not have it"):
        load_files("tunes")
    assert left_over(course) == []


def test_no_network_says_so_and_what_to_do(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")  # nothing listens on the discard port
    with pytest.raises(DataError, match="cannot be reached.*Go online once"):
        load_files("tunes")


def test_a_python_without_pip_is_told_how_to_get_it(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "_watch", lambda *a: "/usr/bin/python3: No module named pip\n")
    with pytest.raises(DataError, match="-m ensurepip"):
        load_files("tunes")


@pytest.mark.parametrize("size", [0, 100, -1])
def test_a_half_written_file_is_fetched_again(course: Course, size: int) -> None:
    load_files("tunes")
    kept = kept_file(data_set("tunes"))
    whole = kept.read_bytes()
    kept.write_bytes(whole[:size])
    assert load_files("tunes") == TUNES
    assert kept.read_bytes() == whole


def test_every_single_damaged_byte_is_noticed_or_harmless(course: Course) -> None:
    load_files("tunes")
    kept = kept_file(data_set("tunes"))
    whole = kept.read_bytes()
    course.go_offline()
    for place in range(0, len(whole), 7):
        kept.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        assert read_kept(data_set("tunes")) in (None, TUNES)


def test_a_whole_zip_of_something_else_is_not_trusted(course: Course) -> None:
    load_files("tunes")
    with zipfile.ZipFile(kept_file(data_set("tunes")), "w") as archive:
        archive.writestr("madeup_tunes/tunes/a.txt", b"la ti do\n")
    assert read_kept(data_set("tunes")) is None
    assert load_files("tunes") == TUNES


def test_where_nothing_can_be_written_the_remedy_is_named(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_DATA", str(course.wheel / "below a file"))  # refused to root too
    with pytest.raises(DataError, match=r"'tunes' is not there .*nothing can be written.*unrolled data get tunes"):
        load_files("tunes")


def test_a_full_disk_loses_nothing_and_names_the_file(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(DataError, match=r"tunes-.*zip could not be written.*No space.*Make room"):
            load_files("tunes")
    assert left_over(course) == []
    assert load_files("tunes") == TUNES


def test_two_processes_at_once_both_get_it(course: Course) -> None:
    environment = {**os.environ, "UNROLLED_CATALOGUE": str(course.catalogue)}
    command = [sys.executable, "-c", LOAD]
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        output, errors = process.communicate(timeout=120)
        assert (output.strip(), errors) == (str(sorted(TUNES)), "")
    assert left_over(course) == []


def test_an_interrupted_download_leaves_no_process_and_no_file(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    real = subprocess.Popen

    def record(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(real(*args, **options))
        return started[-1]

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", record)
    monkeypatch.setattr(time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_files("tunes")
    assert [process.poll() is not None for process in started] == [True]
    assert left_over(course) == []


def test_what_a_killed_download_left_is_swept_after_a_day(course: Course) -> None:
    old, young = course.kept / ".part-old", course.kept / ".part-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "half.whl").write_bytes(b"PK")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    load_files("tunes")
    assert left_over(course) == [".part-young"]


def test_one_download_serves_every_entry_of_the_package(course: Course) -> None:
    course.catalogue.write_text(entry_text(course.wheel) + entry_text(course.wheel, "songs", title="The same again"))
    assert load_files("songs") == TUNES
    course.go_offline()
    assert load_files("tunes") == TUNES


def test_data_is_kept_in_the_users_cache_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert data_folder() == tmp_path / "cache" / "unrolled" / "data"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert data_folder() == Path.home() / "Library" / "Caches" / "unrolled" / "data"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert data_folder() == tmp_path / "local" / "unrolled" / "data"
    monkeypatch.setenv("UNROLLED_DATA", "~/here")
    assert data_folder() == Path.home() / "here"


@pytest.mark.registry
def test_the_smallest_real_package_comes_through_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    monkeypatch.chdir(Path(__file__).parent)
    assert fetch("seattle_weather") == ["seattle_weather"]
    assert fetch("monthly_stock_prices") == []
    weather = seattle_weather("all")
    assert len(weather["date"]) == data_set("seattle_weather").rows
    assert str(weather["date"][0]) == "2012-01-01" and weather["temp_max"][0] == 12.8
