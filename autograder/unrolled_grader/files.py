"""Files that are written whole or not at all, and say by a digest of their own that they are whole. Imports little."""

import hashlib
import json
import os
from json.encoder import encode_basestring as quoted
from pathlib import Path
from typing import Any


def digest(*parts: bytes | str) -> str:
    """One digest of all parts; no two different lists of parts have the same."""
    found = hashlib.blake2b(digest_size=24)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        found.update(b"%d:" % len(content))
        found.update(content)
    return found.hexdigest()


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
    """Write a file whole, its digest in front."""
    write_whole(path, digest(content).encode() + b"\n" + content)


def read_signed(path: Path) -> bytes | None:
    """What `write_signed` wrote; None where there is nothing, or it is damaged."""
    try:
        sign, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if sign.decode("ascii", "replace") == digest(content) else None


def indented(value: Any, sort: bool = False) -> str:
    """What `json.dumps(value, ensure_ascii=False, indent=1, sort_keys=sort)` gives. Keys are strings."""
    return _text(value, "\n", sort)


def _text(value: Any, margin: str, sort: bool) -> str:
    if isinstance(value, str):
        return quoted(value)
    inner = margin + " "
    if isinstance(value, dict):
        items = sorted(value.items()) if sort else value.items()
        parts = [f"{quoted(key)}: {_text(item, inner, sort)}" for key, item in items]
        return f"{{{inner}{f',{inner}'.join(parts)}{margin}}}" if parts else "{}"
    if isinstance(value, (list, tuple)):
        parts = [_text(item, inner, sort) for item in value]
        return f"[{inner}{f',{inner}'.join(parts)}{margin}]" if parts else "[]"
    return json.dumps(value)
