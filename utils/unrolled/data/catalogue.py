"""The catalogue of the course's data, datasets/catalogue.toml: where each data set comes from and how to check it."""

import dataclasses
import functools
import os
import tomllib
from pathlib import Path
from typing import Any

CATALOGUE = Path("datasets") / "catalogue.toml"
CATALOGUE_VARIABLE = "UNROLLED_CATALOGUE"


class DataError(RuntimeError):
    """Data cannot be had, or is not what the catalogue says; the message names the file and the remedy."""


@dataclasses.dataclass(frozen=True)
class DataSet:
    """One entry: files taken out of one file of a published package. datasets/README.md explains each field."""

    name: str
    title: str
    package: str
    version: str
    file: str
    sha256: str
    size: int
    members: tuple[str, ...]
    member_count: int
    content_sha256: str
    licence: str
    origin: str
    citation: str
    rows: int
    row: str
    lessons: tuple[str, ...]
    split: str
    optional: bool = False


def find_catalogue() -> Path:
    """Find the catalogue that $UNROLLED_CATALOGUE names; else that of the course we are in, or were installed from;
    else the copy that a wheel brings along (setup.py puts it there).

    Raises:
        DataError: there is none.
    """
    named = os.environ.get(CATALOGUE_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise DataError(f"{CATALOGUE_VARIABLE} names {named}, which is not there. Correct it or unset it.")
        return Path(named)
    here, package = Path.cwd(), Path(__file__).resolve()
    for folder in (here, *here.parents, *package.parents):
        if (folder / CATALOGUE).is_file():
            return folder / CATALOGUE
    if (brought := package.with_name(CATALOGUE.name)).is_file():
        return brought
    raise DataError(
        f"{CATALOGUE.as_posix()} was not found in {here} or above. Start JupyterLab in the course's folder."
    )


def data_sets() -> dict[str, DataSet]:
    """Return every data set of the catalogue, by name."""
    path = find_catalogue()
    return dict(_read(path, path.stat().st_mtime_ns))


def data_set(name: str) -> DataSet:
    """Return one data set.

    Raises:
        DataError: the catalogue has none of this name.
    """
    known = data_sets()
    if name not in known:
        raise DataError(f"there is no data set {name!r} in {find_catalogue()}. It has: {', '.join(known)}.")
    return known[name]


def used_by(lesson: str, optional: bool = False) -> list[str]:
    """Name the data sets that a lesson needs, `"01_ngrams"` or `"01"`; optional ones only if asked for."""
    number = lesson.split("_")[0]
    return [
        name
        for name, entry in data_sets().items()
        if (optional or not entry.optional) and any(used.split("_")[0] == number for used in entry.lessons)
    ]


@functools.lru_cache(maxsize=4)
def _read(path: Path, modified: int) -> tuple[tuple[str, DataSet], ...]:
    """Read and check the catalogue; `modified` only keeps the cache honest."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is damaged: {error}. Get the course's copy again.") from error
    return tuple((name, _data_set(path, name, fields)) for name, fields in entries.items())


def _data_set(path: Path, name: str, fields: object) -> DataSet:
    known = {field.name: field.type for field in dataclasses.fields(DataSet)}
    if not isinstance(fields, dict):
        raise DataError(f"{path}: {name!r} is not a table. Write it as [{name}] with a line for each field.")
    unknown = sorted(fields.keys() - known.keys() | ({"name"} & fields.keys()))
    missing = sorted(known.keys() - fields.keys() - {"name", "optional"})
    if unknown or missing:
        raise DataError(
            f"{path}: [{name}] lacks {missing or 'nothing'} and has unknown {unknown or 'nothing'}. "
            "datasets/README.md lists the fields."
        )
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    for key, value in values.items():
        expected = known[key] if known[key] in (int, str, bool) else tuple
        if type(value) is not expected:
            raise DataError(f"{path}: [{name}] {key} is {value!r}. datasets/README.md says what it should be.")
    return DataSet(name=name, **values)
