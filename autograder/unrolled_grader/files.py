"""Digests; files that are written whole or not at all, some with a digest of their content; JSON text. Imports
little."""

import hashlib
import json
import os
from json.encoder import encode_basestring as quoted
from pathlib import Path
from typing import Any


def digest(*parts: bytes | str) -> str:
    """Return one digest of all parts; no two different lists of parts have the same."""
    found = hashlib.blake2b(digest_size=24)
    for part in parts:
        content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part  # names may be any bytes
        found.update(b"%d:" % len(content))
        found.update(content)
    return found.hexdigest()


def users_cache() -> Path:
    """Return the folder of what is cached for this user, whatever the course; all in it may be deleted at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "unrolled"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, finds the old one or the new one and never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name[:200]}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_signed(path: Path, content: bytes) -> None:
    """Write a file whole, with the digest of `content` on a line before it."""
    write_whole(path, digest(content).encode() + b"\n" + content)


def read_signed(path: Path) -> bytes | None:
    """Return the content that `write_signed` wrote; None where there is no such file, or it is damaged."""
    try:
        sign, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if sign.decode("ascii", "replace") == digest(content) else None


def is_text(value: str) -> bool:
    """Say whether a text can be written as UTF-8; the name of a file need not be such a text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def indented(value: Any, sort: bool = False) -> str:
    """Return what `json.dumps(value, ensure_ascii=False, indent=1, sort_keys=sort)` gives. A text
    that UTF-8 cannot hold (the name of a file may be any bytes) is written with escapes, so that reading gives it back.

    Raises:
        TypeError: a key is no string.
    """
    return _text(value, "\n", sort)


def _string(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a key is {value!r} and should be a string")
    return quoted(value) if is_text(value) else json.dumps(value)


def _text(value: Any, margin: str, sort: bool) -> str:
    if isinstance(value, str):
        return _string(value)
    inner = margin + " "
    if isinstance(value, dict):
        items = sorted(value.items()) if sort else value.items()
        parts = [f"{_string(key)}: {_text(item, inner, sort)}" for key, item in items]
        return f"{{{inner}{f',{inner}'.join(parts)}{margin}}}" if parts else "{}"
    if isinstance(value, (list, tuple)):
        parts = [_text(item, inner, sort) for item in value]
        return f"[{inner}{f',{inner}'.join(parts)}{margin}]" if parts else "[]"
    return json.dumps(value)
