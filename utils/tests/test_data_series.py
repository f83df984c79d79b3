"""Are series read into arrays as documented, and is hostile data refused unread? On made-up files of the same form."""

import gzip
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unrolled.data import (
    DataError,
    monthly_stock_prices,
    seattle_weather,
    series,
    spoken_vowels,
    stock_prices,
    watch_gestures,
)

WEATHER = """date,precipitation,temp_max,temp_min,wind,weather
2014/12/31,0.0,12.8,5.0,4.7,drizzle
2015/01/01,10.9,10.6,2.8,4.5,rain
"""
DAILY = """Ticker,Date,Open,High,Low,Close,Volume,Adj Close
IBM,2010-12-31,1.0,2.0,0.5,1.5,100,1.25
IBM,2011-01-03,1.5,2.0,1.0,1.75,200,1.5
MSFT,2011-01-03,9,9,9,9,9,9
"""
MONTHLY = "symbol,date,price\nMSFT,Jan 1 2000,39.81\nMSFT,Dec 1 2000,20\nIBM,Feb 1 2001,100.5\n"
VOWELS = "#about\n@classLabel true 1 2\n@data\n1,2,3:4,5,6:{speaker}\n"


def watch_file(subjects: list[int]) -> bytes:
    recordings = np.empty(len(subjects), dtype=object)
    recordings[:] = [np.full((3 + index, 6), index, dtype=np.float32) for index in range(len(subjects))]
    labels = np.arange(len(subjects))
    return saved({"X": recordings, "y": labels, "subject": np.array(subjects), "y_labels": np.array(["A", "B"])})


def saved(anything: object) -> bytes:
    """Return an .npy file as the package holds it: pickled in protocol 2 by an old NumPy, whose modules had other
    names."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
    cell = np.empty((), dtype=object)
    cell[()] = anything
    return file.getvalue() + pickle.dumps(cell, protocol=2).replace(b"numpy._core.", b"numpy.core.")


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, bytes]]:
    files = {
        "seattle_weather": {"w.csv": WEATHER.encode()},
        "stock_prices": {"s.csv.gz": gzip.compress(DAILY.encode())},
        "monthly_stock_prices": {"m.csv": MONTHLY.encode()},
        "spoken_vowels": {
            "V_TEST.ts": VOWELS.format(speaker=2).encode(),
            "V_TRAIN.ts": VOWELS.format(speaker=1).encode(),
        },
        "watch_gestures": {"w.npy": watch_file([1, 5, 7])},
    }
    monkeypatch.setattr(series, "load_files", files.__getitem__)
    return files


def test_weather_is_cut_at_the_last_year(packaged: dict[str, Any]) -> None:
    train, held_out, both = (seattle_weather(split) for split in ("train", "held_out", "all"))
    assert list(train) == ["date", "precipitation", "temp_max", "temp_min", "wind", "weather"]
    assert train["date"].tolist() == np.array(["2014-12-31"], "datetime64[D]").tolist()
    assert held_out["precipitation"].tolist() == [10.9] and held_out["weather"].tolist() == ["rain"]
    assert both["temp_max"].dtype == np.float64 and both["temp_max"].tolist() == [12.8, 10.6]


def test_prices_of_one_share_come_in_order_of_time(packaged: dict[str, Any]) -> None:
    prices = stock_prices("IBM", "all")
    assert prices["close"].tolist() == [1.5, 1.75] and prices["adj_close"].tolist() == [1.25, 1.5]
    assert stock_prices("IBM")["volume"].tolist() == [100.0]
    assert stock_prices("IBM", "held_out")["date"].astype(str).tolist() == ["2011-01-03"]
    assert stock_prices("MSFT")["date"].shape == (0,)


@pytest.mark.parametrize("symbol", ["XXX", "Ticker", ""])
def test_an_unknown_share_is_answered_with_the_known_ones(packaged: dict[str, Any], symbol: str) -> None:
    with pytest.raises(ValueError, match='no symbol.*"IBM"'):
        stock_prices(symbol)


def test_monthly_prices_come_by_share(packaged: dict[str, Any]) -> None:
    prices = monthly_stock_prices()
    assert prices["MSFT"]["date"].astype(str).tolist() == ["2000-01", "2000-12"]
    assert prices["IBM"]["price"].tolist() == [100.5]


def test_vowels_are_time_by_channel_and_split_as_the_authors_did(packaged: dict[str, Any]) -> None:
    recordings, speakers = spoken_vowels()
    assert recordings[0].tolist() == [[1, 4], [2, 5], [3, 6]] and speakers == [0]
    assert spoken_vowels("held_out")[1] == [1]
    assert spoken_vowels("all")[1] == [0, 1]


def test_no_person_wears_the_watch_on_both_sides(packaged: dict[str, Any]) -> None:
    recordings, labels, exercises = watch_gestures()
    assert [recording.shape for recording in recordings] == [(3, 6), (5, 6)]
    assert recordings[1].dtype == np.float64 and recordings[1].max() == 2.0
    assert (labels, exercises) == ([0, 2], ["A", "B"])
    assert watch_gestures("held_out")[1] == [1]


class Hostile:
    """What a pickle could do: touch a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_recording_that_would_run_something_is_refused_unread(packaged: dict[str, Any], tmp_path: Path) -> None:
    packaged["watch_gestures"]["w.npy"] = saved({"X": Hostile(tmp_path / "touched")})
    with pytest.raises(DataError, match="could run code"):
        watch_gestures()
    assert not (tmp_path / "touched").exists()
    pickle.loads(pickle.dumps(Hostile(tmp_path / "touched")))
    assert (tmp_path / "touched").exists(), "the trap itself must work, or the test shows nothing"


def test_a_newer_form_of_recording_is_refused(packaged: dict[str, Any]) -> None:
    content = bytearray(packaged["watch_gestures"]["w.npy"])
    content[6] = 3
    packaged["watch_gestures"]["w.npy"] = bytes(content)
    with pytest.raises(DataError, match="version"):
        watch_gestures()
