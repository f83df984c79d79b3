"""A student's Markdown made harmless, with its pictures, and with its code and formulas as they were typed.

Pages render Markdown with raw HTML in it and links of any protocol. Here tags and links come apart by a sign of no
width, pictures of every form become attachments that are pictures, and code and formulas stay, character by
character: that this is harmless is not believed but seen, by rendering it as the pages do. Where it is not, the sign
parts everything.
"""

import base64
import binascii
import functools
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from unrolled_grader.grading.safe_text import (
    ACTIVE_TEX,
    BREAK,
    CONTROLS,
    DIAGRAM,
    HTML_START,
    JPEG_START,
    LINK,
    MAX_PROSE,
    PNG_START,
    few_environments,
    one_line,
)

LONGEST = MAX_PROSE  # characters of one cell, without pictures
RENDERED = 60_000  # characters that are rendered to see whether they are harmless
MAX_PICTURE, MAX_PICTURES = 8 * 2**20, 32 * 2**20  # bytes of one, of all of one cell
LINES = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}

ALT = r"!\[(?P<alt>(?:[^\[\]\\]++|\\.|\[(?:[^\[\]\\]++|\\.)*\])*+)\]"
TITLE = r"(?:\s+(?P<title>\"[^\"]*\"|'[^']*'|\([^()]*\)))?"
INLINE = re.compile(
    rf"{ALT}\(\s*(?:<(?P<bracketed>[^<>\n]*)>|(?P<bare>(?:[^\s()\\]++|\\.|\((?:[^\s()]*)\))++)){TITLE}\s*\)"
    rf"|!\[(?P<alt2>[^\[\]\n]*)\]\((?P<blanks>attachment:[^()\n]+)\)"
    rf"|(?P<tag><img\b[^<>]*>)",
    re.IGNORECASE | re.DOTALL,
)
REFERENCE = re.compile(r"!\[(?P<alt>[^\[\]\n]*)\](?:\[(?P<ref>[^\[\]\n]*)\])?(?![(\[])")
DEFINITION = re.compile(
    r"^ {0,3}\[(?P<ref>[^\[\]\n]+)\]:[ \t]*(?:<(?P<bracketed>[^<>\n]*)>|(?P<bare>\S+))[ \t]*(?:[\"'(].*)?$",
    re.MULTILINE,
)
ATTRIBUTE = r"\b{}\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)"
VERBATIM = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*"
    r"(?:\n(?! {0,3}(?P=fence)[`~]*[ \t]*$)[^\n]*)*(?:\n {0,3}(?P=fence)[`~]*[ \t]*$)?"
    r"|(?<![`\\])(?P<ticks>`+)(?!`)(?:[^`\n]|\n(?![ \t]*\n)|(?!(?P=ticks)(?!`))`)+?(?<!`)(?P=ticks)(?!`)"
    r"|(?<![\\$])\$\$(?:[^$\\]|\\.|\$(?!\$))+?\$\$"
    r"|(?<![\\$])\$(?![\s$])(?:[^$\\\n]|\\.|\n(?![ \t]*\n))+?(?<![\s\\])\$"
    r"|\\begin\{(?P<env>[a-z]*\*?)\}.{0,5000}?\\end\{(?P=env)\}",
    re.MULTILINE | re.DOTALL,
)
DATA = re.compile(r"data:[\w/+.;=-]{0,100},[A-Za-z0-9+/=%]{200,}", re.IGNORECASE)
STASHED = re.compile(r"data:unrolled/(\d+)", re.IGNORECASE)  # stands for long data while the text is taken apart
CODE = ("`", "~", " ")  # what a verbatim piece of code begins with; all others are formulas


@dataclass(frozen=True)
class Written:
    """Markdown to be shown, its attachments, and what cannot be shown of it, in words."""

    text: str
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def harmless(
    text: str, attachments: Mapping[str, Any] | None = None, files: Mapping[str, bytes] | None = None, all: bool = False
) -> Written:
    """Return the text as it may be shown.

    Args:
        text: a student's Markdown.
        attachments: the cell's, by name, as the notebook has them.
        files: what lies beside the notebook, by relative path: pictures may lie there.
        all: show also attached pictures that the text does not mention.
    """
    text = few_environments(CONTROLS.sub("", LINES.sub("\n", text)))
    data: list[str] = []

    def stash(match: re.Match[str]) -> str:
        data.append(match[0])
        return f"data:unrolled/{len(data) - 1}"

    text = DATA.sub(stash, text)
    pictures = _Pictures(attachments or {}, files or {}, data)
    pieces = [
        piece if isinstance(piece, _Picture) else type(piece)(STASHED.sub(pictures.unstashed, piece))
        for piece in _pieces(text, pictures)
    ]
    if all:
        more = [pictures.shown(f"attachment:{name}", "") for name in pictures.unused()]
        pieces += [part for piece in more if piece for part in (_Prose("\n\n"), piece)]
    pictures.lost += [f"the attachment {one_line(name, 60)} (it is no picture)" for name in pictures.no_pictures()]
    if sum(len(piece) for piece in pieces) > LONGEST:
        pieces = _cut(pieces)
        pictures.lost.append(f"its text after {LONGEST} characters")
    for whole in (_as_it_is, _prose_parted):
        found = whole(pieces)
        if found == _all_parted(pieces) or _renders_harmless(found, pictures.kept):
            break
    else:
        found = _all_parted(pieces)
    return Written(found, pictures.kept, list(dict.fromkeys(pictures.lost)))


class _Prose(str):
    """Text in which a tag or a link must come apart."""


class _Picture(str):
    """Markdown of a picture that is shown."""


class _Verbatim(str):
    """Code, or a formula."""


def _pieces(text: str, pictures: "_Pictures") -> list[str]:
    defined: dict[str, str] = {}
    found: list[str] = []
    at = 0
    prose: list[tuple[int, int]] = []
    verbatim: list[tuple[int, int]] = []
    for match in VERBATIM.finditer(text):
        prose.append((at, match.start()))
        verbatim.append(match.span())
        at = match.end()
    prose.append((at, len(text)))
    for start, end in prose:
        for match in DEFINITION.finditer(text, start, end):
            defined[match["ref"].casefold()] = match["bracketed"] or match["bare"] or ""
    for number, (start, end) in enumerate(prose):
        found += _in_prose(text[start:end], pictures, defined)
        if number < len(verbatim):
            found.append(_Verbatim(text[slice(*verbatim[number])]))
    return found


def _in_prose(text: str, pictures: "_Pictures", defined: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    at = 0
    for match in INLINE.finditer(text):
        if match["tag"]:
            address, alt = _attribute("src", match["tag"]), _attribute("alt", match["tag"])
            alt = " ".join(filter(None, [alt, _attribute("title", match["tag"])]))
        else:
            address = match["bracketed"] or match["bare"] or match["blanks"] or ""
            alt = " ".join(filter(None, [match["alt"] or match["alt2"], (match["title"] or "")[1:-1]]))
        found += _by_reference(text[at : match.start()], pictures, defined)
        shown = pictures.shown(address, alt)
        found.append(shown or _Prose(match[0]))
        at = match.end()
    return found + _by_reference(text[at:], pictures, defined)


def _by_reference(text: str, pictures: "_Pictures", defined: Mapping[str, str]) -> list[str]:
    if not defined:
        return [_Prose(text)]
    found: list[str] = []
    at = 0
    for match in REFERENCE.finditer(text):
        name = (match["ref"] or match["alt"]).casefold()
        shown = pictures.shown(defined[name], match["alt"]) if name in defined else None
        if shown:
            found += [_Prose(text[at : match.start()]), shown]
            at = match.end()
    found.append(_Prose(text[at:]))
    return found


def _attribute(name: str, tag: str) -> str:
    found = re.search(ATTRIBUTE.format(name), tag, re.IGNORECASE)
    return html.unescape(found[1].strip("\"'")) if found else ""


def _cut(pieces: list[str]) -> list[str]:
    kept: list[str] = []
    room = LONGEST
    for piece in pieces:
        kept.append(type(piece)(piece[:room]) if not isinstance(piece, _Picture) else piece)
        room -= len(piece)
        if room <= 0:
            return [*kept, _Prose(" ... (cut)")]
    return kept


# --- three ways to write it ------------------------------------------------------------------------------


def _as_it_is(pieces: list[str]) -> str:
    return "".join(piece if _is_code(piece) else _still(piece) for piece in pieces)


def _prose_parted(pieces: list[str]) -> str:
    parted = [_still(_parted(piece)) if isinstance(piece, _Prose) else piece for piece in pieces]
    return "".join(piece if _is_code(piece) or isinstance(piece, _Picture) else _still(piece) for piece in parted)


def _all_parted(pieces: list[str]) -> str:
    """Return the pieces as one text with all links and tags taken apart, with no trust in which is which. Tags come
    last: one could start in one piece and end in the next."""
    parted = [piece if isinstance(piece, _Picture) else _still(LINK.sub("]" + BREAK, piece)) for piece in pieces]
    return HTML_START.sub("<" + BREAK, "".join(parted))


def _is_code(piece: str) -> bool:
    return isinstance(piece, _Verbatim) and piece.lstrip(" ").startswith(CODE) and not DIAGRAM.search(piece)


def _parted(text: str) -> str:
    return HTML_START.sub("<" + BREAK, LINK.sub("]" + BREAK, text))


def _still(text: str) -> str:
    """Take apart formulas that do something when they are shown, and diagrams."""
    if isinstance(text, _Picture):
        return text
    return ACTIVE_TEX.sub("\\\\" + BREAK, DIAGRAM.sub(r"\1" + BREAK, text))


# --- is it harmless? -------------------------------------------------------------------------------------

TAG = re.compile(r"""</?[a-z][a-z0-9]*(?: [a-z-]+(?:="[^"<>]*")?)* ?/?>""")
LINKED = re.compile(r'<a [^<>]*href="([^"<>]*)"[^<>]*>([^<]*)</a>')
PICTURED = re.compile(r'<img src="data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]*"[^<>]*>')


def _renders_harmless(text: str, attachments: Mapping[str, Any]) -> bool:
    """Say whether it becomes a page of paragraphs, lists, code and its own pictures, and nothing that it brought
    along."""
    if len(text) > RENDERED:
        return False
    try:
        raw, escaped = (render(text, attachments) for render in _renderers())
    except Exception:  # whatever a renderer raises
        return False
    if raw != escaped or "mermaid" in raw.lower():  # a tag of the student's came through
        return False
    links = LINKED.findall(raw)
    fine = [href for href, shown in links if href.startswith("#") or (href == shown and href.startswith("http"))]
    if len(fine) != len(links) or raw.count("<a ") != len(links):
        return False
    if len(PICTURED.findall(raw)) != raw.count("<img"):
        return False
    return raw.count("<") == len(TAG.findall(raw))


@functools.cache
def _renderers() -> tuple[Callable[[str, Mapping[str, Any]], str], ...]:
    """Return the pages' own renderer, and one that lets no tag through."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    def rendering(escape: bool) -> Callable[[str, Mapping[str, Any]], str]:
        def render(text: str, attachments: Mapping[str, Any]) -> str:
            renderer = IPythonRenderer(escape=escape, attachments=dict(attachments), exclude_anchor_links=True)
            return str(MarkdownWithMath(renderer=renderer).render(text))

        return render

    return rendering(False), rendering(True)


# --- pictures --------------------------------------------------------------------------------------------


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


class _Pictures:
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
        return whole if len(whole) <= 300 else f"{whole[:60]}... {len(whole)} characters of data"

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

    def shown(self, address: str, alt: str) -> _Picture | None:
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
        return _Picture(f"![{words or 'picture'}](attachment:{name})")

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
