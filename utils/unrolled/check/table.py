"""Check tables: what `check` compares an answer with. Data only, written by the build beside the notebook."""

import functools
from pathlib import Path
from typing import Any

from unrolled.plain_data import NotPlainData, from_json

TABLE_NAME = "checks.json"


class NoTable(RuntimeError):
    """The check table cannot be found or read, or holds nothing of the kind. Shown without a traceback: its message is
    all there is to know."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def find_table(folder: Path | None = None) -> dict[str, Any]:
    """Return the table in `folder` (the notebook's own, by default).

    Raises:
        NoTable: there is none, or it is damaged; the message says how to get it back.
    """
    path = (folder or Path.cwd()) / TABLE_NAME
    if not path.is_file():
        raise NoTable(
            f"{TABLE_NAME} should lie beside this notebook, in {path.parent.name!r}, and does not. "
            f"Fetch the assignment again, or copy {TABLE_NAME} from the course's folder of this lesson."
        )
    return load_table(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=16)
def load_table(path: Path, modified: int = 0) -> dict[str, Any]:
    """Read one table; `modified` only keeps the cache honest."""
    try:
        table = from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, NotPlainData) as error:
        raise NoTable(f"{path.name} is damaged ({error}). Fetch the assignment again to get it back.") from error
    if type(table) is not dict or "exercises" not in table:
        raise NoTable(f"{path.name} is not a check table. Fetch the assignment again to get it back.")
    return table
