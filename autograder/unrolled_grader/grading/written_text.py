"""A student's Markdown made harmless, with its pictures, and with its code and formulas as they were typed.

Pages render Markdown with raw HTML in it and links of any protocol. Here tags and links come apart by a sign of no
width, pictures of every form become attachments that are pictures, and code and formulas stay, character by
character: that this is harmless is not believed but seen, by rendering it as the pages do. Where it is not, the sign
parts everything.
"""

import functools
import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unrolled_grader.grading.safe_text import (
    ACTIVE_TEX,
    BREAK,
    CONTROLS,
    DIAGRAM,
    HTML_START,
    LINK,
    MAX_PROSE,
    TURNING,
    few_environments,
    named,
    one_line,
)
from unrolled_grader.grading.written_pictures import STASHED, Picture, Pictures

LONGEST = MAX_PROSE  # characters of one cell, without pictures
RENDERED = 60_000  # characters that are rendered to see whether they are harmless
LINES = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")

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
CODE = ("`", "~", " ")  # what a verbatim piece of code begins with; all others are formulas


@dataclass(frozen=True)
class Written:
    """Markdown to be shown, its attachments, and what cannot be shown of it, in words. `turned` is how many signs were
    left out that are not seen and only say in which direction the text runs."""

    text: str
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    turned: int = 0


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
    text, turned = TURNING.subn("", LINES.sub("\n", text))
    text = few_environments(CONTROLS.sub(named, text))
    data: list[str] = []

    def stash(match: re.Match[str]) -> str:
        data.append(match[0])
        return f"data:unrolled/{len(data) - 1}"

    text = DATA.sub(stash, text)
    pictures = Pictures(attachments or {}, files or {}, data)
    pieces = [
        piece if isinstance(piece, Picture) else type(piece)(STASHED.sub(pictures.unstashed, piece))
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
    return Written(found, pictures.kept, list(dict.fromkeys(pictures.lost)), turned)


class _Prose(str):
    """Text in which a tag or a link must come apart."""


class _Verbatim(str):
    """Code, or a formula."""


def _pieces(text: str, pictures: "Pictures") -> list[str]:
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


def _in_prose(text: str, pictures: "Pictures", defined: Mapping[str, str]) -> list[str]:
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


def _by_reference(text: str, pictures: "Pictures", defined: Mapping[str, str]) -> list[str]:
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
        kept.append(type(piece)(piece[:room]) if not isinstance(piece, Picture) else piece)
        room -= len(piece)
        if room <= 0:
            return [*kept, _Prose(" ... (cut)")]
    return kept


# --- three ways to write it ------------------------------------------------------------------------------


def _as_it_is(pieces: list[str]) -> str:
    return "".join(piece if _is_code(piece) else _still(piece) for piece in pieces)


def _prose_parted(pieces: list[str]) -> str:
    parted = [_still(_parted(piece)) if isinstance(piece, _Prose) else piece for piece in pieces]
    return "".join(piece if _is_code(piece) or isinstance(piece, Picture) else _still(piece) for piece in parted)


def _all_parted(pieces: list[str]) -> str:
    """Return the pieces as one text with all links and tags taken apart, with no trust in which is which. Tags come
    last: one could start in one piece and end in the next."""
    parted = [piece if isinstance(piece, Picture) else _still(LINK.sub("]" + BREAK, piece)) for piece in pieces]
    return HTML_START.sub("<" + BREAK, "".join(parted))


def _is_code(piece: str) -> bool:
    return isinstance(piece, _Verbatim) and piece.lstrip(" ").startswith(CODE) and not DIAGRAM.search(piece)


def _parted(text: str) -> str:
    return HTML_START.sub("<" + BREAK, LINK.sub("]" + BREAK, text))


def _still(text: str) -> str:
    """Take apart formulas that do something when they are shown, and diagrams."""
    if isinstance(text, Picture):
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
