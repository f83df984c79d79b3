"""A made-up package and a catalogue of it, so that downloads can be tested without a network."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

from unrolled.data.store import content_sha256

PACKAGE, VERSION = "madeup_tunes", "1.0"
WHEEL = f"{PACKAGE}-{VERSION}-py3-none-any.whl"
TUNES = {f"{PACKAGE}/tunes/a.txt": b"do re mi\n", f"{PACKAGE}/tunes/deep/b.txt": b"fa sol\n"}
METADATA = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\n"
TAG = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write_wheel(folder: Path, tunes: dict[str, bytes] | None = None) -> Path:
    """Write a wheel with two tunes; importing its package would fail."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / WHEEL
    info = f"{PACKAGE}-{VERSION}.dist-info"
    files = {
        f"{PACKAGE}/__init__.py": b"raise SystemExit('this package must never be imported')\n",
        **(TUNES if tunes is None else tunes),
        f"{info}/METADATA": METADATA.encode(),
        f"{info}/WHEEL": TAG.encode(),
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return path


def entry_text(wheel: Path, name: str = "tunes", **changed: Any) -> str:
    """Return the catalogue's table for a wheel of `write_wheel`, with some fields changed."""
    fields: dict[str, object] = {
        "title": "Made-up tunes",
        "package": PACKAGE,
        "version": VERSION,
        "file": WHEEL,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "size": wheel.stat().st_size,
        "members": [f"{PACKAGE}/tunes/*.txt"],
        "member_count": len(TUNES),
        "content_sha256": content_sha256(TUNES),
        "licence": "CC0",
        "origin": "nowhere",
        "citation": "none",
        "rows": 2,
        "row": "tune",
        "lessons": ["01_ngrams"],
        "split": "none",
        **changed,
    }
    lines = [f"{key} = {_toml(value)}" for key, value in fields.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
