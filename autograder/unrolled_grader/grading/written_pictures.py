"""The pictures of a student's Markdown: attachments, `data:` addresses and files beside, kept if they are pictures."""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from unrolled_grader.grading.safe_text import (
    JPEG_START,
    PNG_START,
    one_line,
)

MAX_PICTURE, MAX_PICTURES = 8 * 2**20, 32 * 2**20  # bytes of one, of all of one cell
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
STASHED = re.compile(r"data:unrolled/(\d+)", re.IGNORECASE)  # stands for long data while the text is taken apart


class Picture(str):
    """Markdown of a picture that is shown."""


def kind_of(content: bytes) -> str | None:
    """Tell the type of a picture by its first bytes; None where it is none."""
    if content.startswith(PNG_START):
        return "image/png"
    if content.startswith(JPEG_START):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def attached(attachments: Any) -> dict[str, dict[str, str]]:
    """Return a cell's attachments as far as they can be pictures: texts by names, whatever else a notebook has
    there."""
    found: dict[str, dict[str, str]] = {}
    for name, data in attachments.items() if isinstance(attachments, Mapping) else ():
        if isinstance(name, str) and isinstance(data, Mapping):
            texts = {kind: _joined(value) for kind, value in data.items() if isinstance(kind, str)}
            found[name[:1000]] = {kind: text for kind, text in texts.items() if text}
    return found


def _joined(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


class Pictures:
    """What a cell's text may show. `kept` are the attachments of the cell as it is shown, `lost` what is not."""

    def __init__(self, attachments: Mapping[str, Any], files: Mapping[str, bytes], data: list[str]) -> None:
        self._data = data
        self._attachments = attachments
        self._files = files
        self._used: set[str] = set()
        self._size = 0
        self.kept: dict[str, dict[str, str]] = {}
        self.lost: list[str] = []

    def unstashed(self, match: re.Match[str]) -> str:
        """Shorten long data where it is no picture: it is no words, and its beginning is enough."""
        whole = self._whole(match[0])
        if len(whole) <= 300:
            return whole
        self.lost.append(f"{len(whole)} characters of data that are no picture ({one_line(whole, 30)})")
        return f"{whole[:60]}... {len(whole)} characters of data"

    def _whole(self, address: str) -> str:
        found = STASHED.fullmatch(address)
        return self._data[int(found[1])] if found and int(found[1]) < len(self._data) else address

    def unused(self) -> list[str]:
        return [name for name in self._attachments if name not in self._used]

    def no_pictures(self) -> list[str]:
        """Return the attachments that are none, as far as nothing was said of them."""
        return [name for name in self.unused() if not any(kind_of(_decoded(text)) for text in self._texts(name))]

    def _texts(self, name: str) -> list[str]:
        return list(self._attachments.get(name, {}).values())

    def shown(self, address: str, alt: str) -> Picture | None:
        """Return Markdown that shows what lies at an address; None where that is no picture that can be shown."""
        address = self._whole(html.unescape(address).strip())
        content, called = self._content(address)
        kind = kind_of(content)
        if kind is None or len(content) > MAX_PICTURE or self._size + len(content) > MAX_PICTURES:
            self.lost.append(f"the picture {one_line(called, 60)}{self._why(address, content, kind)}")
            return None
        self._size += len(content)
        name = self._name(called, kind, base64.b64encode(content).decode("ascii"))
        words = re.sub(r"\\([\[\]])", r"\1", " ".join(alt.split()))
        words = re.sub(r"([\[\]\\])", r"\\\1", re.sub(r"[<>`$]", " ", words))[:500]
        return Picture(f"![{words or 'picture'}](attachment:{name})")

    def _why(self, address: str, content: bytes, kind: str | None) -> str:
        if kind is not None:
            return f" (it is too large: a picture may have {MAX_PICTURE // 2**20} MB)"
        if content or _meant(self._attachments, address[11:]) in self._attachments:
            return " (it is no PNG, JPEG, GIF or WebP)"
        if re.match(r"(?:https?:)?//", address, re.IGNORECASE):
            return " (it lies on another site)"
        return " (it was not handed in)" if not address.lower().startswith("data:") else " (its data is damaged)"

    def _content(self, address: str) -> tuple[bytes, str]:
        """Return the bytes at an address, and what the picture is called."""
        scheme = address[:11].lower()
        if scheme == "attachment:":
            name = _meant(self._attachments, address[11:])
            self._used.add(name)
            found = [_decoded(text) for text in self._texts(name)]
            return next((content for content in found if kind_of(content)), b"".join(found[:1])), name
        if scheme.startswith("data:"):
            head, _, text = address.partition(",")
            called = f"in {head[:40]}"
            return (_decoded(text) if head.lower().endswith(";base64") else unquote_to_bytes(text)), called
        path = _meant(self._files, re.split(r"[?#]", address)[0].replace("\\", "/").removeprefix("./"))
        return self._files.get(path, b""), path or address

    def _name(self, called: str, kind: str, data: str) -> str:
        """Return what the attachment is called: as it was where that is a plain word, else by its number."""
        name = called if re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", called) else ""
        if not name or self.kept.get(name, {kind: data}) != {kind: data}:
            name = next(
                other
                for number in range(1, len(self.kept) + 2)
                if self.kept.get(other := f"picture-{number}.{ENDINGS[kind]}", {kind: data}) == {kind: data}
            )
        self.kept[name] = {kind: data}
        return name


def _meant(names: Iterable[str], address: str) -> str:
    """Return which of the names an address means: as it stands, or with its signs decoded; in any spelling; and with
    capitals or without, as on Windows and macOS, where one name alone reads so."""
    asked = [address.strip(), unquote(address).strip()]
    known = {unicodedata.normalize("NFC", name).strip(): name for name in names}
    for one in asked:
        if (spelt := unicodedata.normalize("NFC", one)) in known:
            return known[spelt]
    decoded = {unicodedata.normalize("NFC", unquote(name)).strip(): name for name in known.values()}
    wanted = unicodedata.normalize("NFC", asked[1])
    alike = [name for spelt, name in {**decoded, **known}.items() if spelt.casefold() == wanted.casefold()]
    return decoded.get(wanted, alike[0] if len(set(alike)) == 1 else asked[1])


def _decoded(text: str) -> bytes:
    """Decode Base64 as bytes; nothing where it is none, or far too much."""
    if len(text) > 2 * MAX_PICTURES:
        return b""
    try:
        return base64.b64decode("".join(unquote(text).split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
