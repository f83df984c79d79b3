"""Numbers in the order of time: weather, prices, a watch's motion, spoken vowels. Downloaded when first asked for."""

import csv
import gzip
import io
import pickle
from typing import Any

import numpy as np
import numpy.typing as npt

from unrolled.data.catalogue import DataError
from unrolled.data.store import load_files
from unrolled.data.words import Split, wanted

WEATHER_HELD_OUT_FROM = np.datetime64("2015-01-01")
PRICES_HELD_OUT_FROM = np.datetime64("2011-01-01")
HELD_OUT_SUBJECT_EVERY = 5
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Columns = dict[str, npt.NDArray[Any]]
# All that the watch recordings' file may name when it is read. Anything else is refused, so that nothing can run.
_HARMLESS = {
    ("numpy.core.multiarray", "_reconstruct"): ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"): ("numpy", "ndarray"),
    ("numpy", "dtype"): ("numpy", "dtype"),
    ("_codecs", "encode"): ("_codecs", "encode"),
}


def seattle_weather(split: Split = "train") -> Columns:
    """Return Seattle's weather, a value a day, 2012 to 2015, no day missing.

    Args:
        split: "train" (2012 to 2014, 1,096 days), "held_out" (2015, 365 days) or "all" (1,461 days).

    Returns:
        Arrays `(T,)` in order of time: `date` (datetime64[D]), `precipitation` (mm), `temp_max` and `temp_min` (°C),
        `wind` (m/s), all float64, and `weather` (str: drizzle, fog, rain, snow, sun).

    Source: NOAA, in package vega_datasets; see datasets/catalogue.toml.
    """
    (content,) = load_files("seattle_weather").values()
    rows = list(csv.DictReader(io.StringIO(content.decode("ascii"))))
    numbers = ("precipitation", "temp_max", "temp_min", "wind")
    columns: Columns = {"date": np.array([row["date"].replace("/", "-") for row in rows], "datetime64[D]")}
    columns |= {name: np.array([float(row[name]) for row in rows]) for name in numbers}
    columns["weather"] = np.array([row["weather"] for row in rows])
    return _in_time(columns, split, WEATHER_HELD_OUT_FROM)


def stock_prices(symbol: str = "IBM", split: Split = "train") -> Columns:
    """Return daily prices of one share, March 2000 (or its first day) to March 2013.

    Args:
        symbol: "AAPL", "FB" (held out days only), "GOOG", "IBM" or "MSFT".
        split: "train" (to the end of 2010), "held_out" (from 2011) or "all".

    Returns:
        Arrays `(T,)` in order of time: `date` (datetime64[D]) and, float64, `open high low close volume adj_close`
        (the last one corrected for splits and dividends).

    Raises:
        ValueError: there is no such symbol.

    Source: Quandl WIKI prices, in package bokeh_sampledata; see datasets/catalogue.toml.
    """
    (content,) = load_files("stock_prices").values()
    rows = [row for row in csv.reader(io.StringIO(gzip.decompress(content).decode("ascii"))) if row[0] == symbol]
    if not rows or symbol == "Ticker":
        raise ValueError(f'stock_prices: there is no symbol {symbol!r}. Use "AAPL", "FB", "GOOG", "IBM" or "MSFT".')
    columns: Columns = {"date": np.array([row[1] for row in rows], "datetime64[D]")}
    for place, name in enumerate(("open", "high", "low", "close", "volume", "adj_close"), start=2):
        columns[name] = np.array([float(row[place]) for row in rows])
    return _in_time(columns, split, PRICES_HELD_OUT_FROM)


def monthly_stock_prices() -> dict[str, Columns]:
    """Return monthly prices of five shares, 2000 to 2010: by symbol, `date` (datetime64[M]) and `price`, both `(T,)`.

    Source: package vega_datasets; see datasets/catalogue.toml.
    """
    (content,) = load_files("monthly_stock_prices").values()
    found: dict[str, list[tuple[str, float]]] = {}
    for row in csv.DictReader(io.StringIO(content.decode("ascii"))):
        month, _, year = row["date"].split()
        found.setdefault(row["symbol"], []).append((f"{year}-{MONTHS.index(month) + 1:02d}", float(row["price"])))
    return {
        symbol: {
            "date": np.array([date for date, _ in rows], "datetime64[M]"),
            "price": np.array([price for _, price in rows]),
        }
        for symbol, rows in found.items()
    }


def watch_gestures(split: Split = "train") -> tuple[list[npt.NDArray[np.float64]], list[int], list[str]]:
    """Return shoulder exercises as a smartwatch felt them, 50 times a second.

    Args:
        split: "train", "held_out" (every fifth person, so that nobody is on both sides) or "all".

    Returns:
        recordings: a list of `(T_i, 6)` arrays, acceleration and rotation along x, y, z
        labels: which exercise each is, an index into
        exercises: the names of the seven exercises

    Source: Burns et al. (2018), in package seglearn; see datasets/catalogue.toml.
    """
    (content,) = load_files("watch_gestures").values()
    data = _read_plain_arrays(content)
    chosen = [
        index
        for index, subject in enumerate(data["subject"])
        if wanted(split, int(subject) % HELD_OUT_SUBJECT_EVERY == 0)
    ]
    recordings = [np.asarray(data["X"][index], dtype=np.float64) for index in chosen]
    return recordings, [int(data["y"][index]) for index in chosen], [str(name) for name in data["y_labels"]]


def spoken_vowels(split: Split = "train") -> tuple[list[npt.NDArray[np.float64]], list[int]]:
    """Return two Japanese vowels spoken by nine men, as 12 numbers a frame: who speaks?

    Args:
        split: "train" (270 recordings), "held_out" (370, the authors' test set) or "all".

    Returns:
        recordings: a list of `(T_i, 12)` arrays, `T_i` from 7 to 29
        speakers: 0 to 8, one for each

    Source: Kudo, Toyama and Shimbo (1999), in package aeon; see datasets/catalogue.toml.
    """
    recordings, speakers = [], []
    for path, content in sorted(load_files("spoken_vowels").items(), reverse=True):
        if not wanted(split, path.endswith("_TEST.ts")):
            continue
        lines = content.decode("ascii").splitlines()
        for line in lines[lines.index("@data") + 1 :]:
            *channels, speaker = line.split(":")
            recordings.append(np.array([channel.split(",") for channel in channels], dtype=np.float64).T.copy())
            speakers.append(int(speaker) - 1)
    return recordings, speakers


def _in_time(columns: Columns, split: Split, held_out_from: np.datetime64) -> Columns:
    """Cut a table in two at a day."""
    keep = np.array([wanted(split, bool(day >= held_out_from)) for day in columns["date"]], dtype=bool)
    return {name: values[keep] for name, values in columns.items()}


class _PlainArrays(pickle.Unpickler):
    """Reads arrays and refuses anything that could run."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _HARMLESS:
            raise DataError(f"the watch recordings name {module}.{name}, which could run code, and were not read.")
        return super().find_class(*_HARMLESS[module, name])


def _read_plain_arrays(content: bytes) -> dict[str, Any]:
    """Read the dict of arrays in an .npy file that NumPy pickled, without the power to run anything."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise DataError(f"the watch recordings are an .npy file of version {version}; 1.0 was expected.")
    np.lib.format.read_array_header_1_0(file)
    return _PlainArrays(file, encoding="latin1").load().item()
