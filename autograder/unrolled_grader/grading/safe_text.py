"""Makes text that came out of a student's process, or notebook, harmless wherever it is shown.

Feedback pages and formgrader render Markdown with raw HTML in it, links of any protocol, and MathJax; terminals
obey control sequences. All text of a student passes through here before it is written anywhere.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from typing import Any

CONTROL_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# what makes code look other than it is: controls, marks of direction, and what has no width
HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    "|[\U000e0000-\U000e007f]"
)
HALVES = re.compile("[\ud800-\udfff]")  # of signs that UTF-16 writes in two: they stand for nothing
DAMAGED = "\ufffd"  # what stands in the place of what is no text
BREAK = "\u200b"  # a zero width space: parts the signs that make a tag or a link, and is not seen
HTML_START = re.compile(r"<(?=[A-Za-z/!?])")
LINK = re.compile(r"\](?=[(\[:])")
ACTIVE_TEX = re.compile(r"\\(?=(?:href|url|require|style|class|cssId|html|data|unicode|include)(?![a-z]))", re.I)
DIAGRAM = re.compile(r"(?<=```|~~~)(\s*mer)(?=maid)", re.I)  # its text goes into the page as it is
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"
MAX_PICTURE = 4 * 2**20
MAX_STREAM = 20_000
MAX_OUTPUTS = 200  # of one cell
OBJECT = re.compile(r"(?:<[\w.]+ object(?: at 0x[0-9a-f]+)?>)?")  # what stands for a thing that has no text
MAX_PROSE = 20_000  # characters of one Markdown cell
MANY = 40  # formulas of several lines in one cell
ENVIRONMENT = re.compile(r"\\(?=begin\s*\{)")


def plain(text: Any, longest: int = MAX_STREAM) -> str:
    """Return the text without control sequences, controls and signs that turn the writing round; lines stay lines."""
    text = text if isinstance(text, str) else ""
    text = text[: 4 * longest].encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n")
    text = CONTROLS.sub("", CONTROL_SEQUENCE.sub("", text))
    return text if len(text) <= longest else text[:longest] + " ... (cut)"


def one_line(text: Any, longest: int = 300) -> str:
    """Put the text on one line, for messages and terminals."""
    return plain(" ".join(plain(text, 4 * longest).split()), longest)


def file_name(name: str) -> str:
    """Return the name of a file or folder, which may be any bytes, as a text that shows those which are not UTF-8."""
    try:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # no name of a file at all
        return name.encode("utf-8", "backslashreplace").decode()


def source(text: str) -> str:
    """Return a cell's source that can be written as UTF-8; otherwise as it was. Half of a sign becomes DAMAGED."""
    return HALVES.sub(DAMAGED, text)


def code(text: str) -> str:
    """Return a cell's code as a person must read it: signs that turn the writing round, or are not seen, as their
    names."""
    return HIDDEN.sub(named, text)


def named(sign: re.Match[str]) -> str:
    """Return the name of a sign that cannot be seen."""
    return f"\u27e6U+{ord(sign[0]):04X}\u27e7"


def markdown(text: str) -> str:
    """Return Markdown that renders to no tag, no link and no picture."""
    text = few_environments(plain(text, MAX_PROSE))
    text = DIAGRAM.sub(r"\1" + BREAK, LINK.sub("]" + BREAK, text))
    return HTML_START.sub("<" + BREAK, ACTIVE_TEX.sub("\\\\" + BREAK, text))


def few_environments(text: str) -> str:
    """Leave few \\begin in a text: each is looked for its \\end by who renders the page, and thousands of them take
    minutes."""
    if len(ENVIRONMENT.findall(text)) <= MANY:
        return text
    return ENVIRONMENT.sub("\\\\" + BREAK, text)


def _picture(data: Any, start: bytes) -> str | None:
    if isinstance(data, list):
        data = "".join(part for part in data if isinstance(part, str))
    if not isinstance(data, str) or len(data) > 2 * MAX_PICTURE:
        return None
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if not raw.startswith(start) or len(raw) > MAX_PICTURE:
        return None
    return base64.b64encode(raw).decode("ascii")


def outputs(found: Any) -> list[dict[str, Any]]:
    """Return a student cell's outputs as text, PNG and JPEG only, whatever else they claim to be."""
    clean = [_output(output) for output in found if isinstance(output, Mapping)] if isinstance(found, list) else []
    return [output for output in clean[:MAX_OUTPUTS] if output is not None]


def not_shown(found: Any) -> list[str]:
    """Say what of a cell's outputs is in none of those that are returned for them."""
    shown = [output for output in found if isinstance(output, Mapping)] if isinstance(found, list) else []
    lost = [_lost(output["data"]) for output in shown if isinstance(output.get("data"), Mapping)]
    lost += [f"what came behind the first {MAX_OUTPUTS} outputs"] if len(shown) >= MAX_OUTPUTS else []
    return list(dict.fromkeys(filter(None, lost)))


def _lost(data: Mapping[Any, Any]) -> str:
    kept = (_display(data) or {"data": {}})["data"]
    kinds = [kind for kind in data if isinstance(kind, str)]
    pictures = [kind.removeprefix("image/") for kind in kinds if kind.startswith("image/")]
    if any(kind.startswith("image/") for kind in kept):
        return ""
    if pictures:
        return f"a picture ({one_line(pictures[0], 20)})"
    says_nothing = OBJECT.fullmatch(kept.get("text/plain", "").strip())
    return "a page of HTML" if "text/html" in kinds and says_nothing else ""


def _output(output: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stdout" if output.get("name") == "stdout" else "stderr"
        return {"output_type": "stream", "name": name, "text": plain(output.get("text"))}
    if kind == "error":
        name, value = one_line(output.get("ename"), 100), plain(output.get("evalue"), 1000)
        lines = output.get("traceback")
        traceback = [plain(line, 2000) for line in lines[:60]] if isinstance(lines, list) else []
        return {"output_type": "error", "ename": name, "evalue": value, "traceback": traceback}
    if kind in ("display_data", "execute_result", "update_display_data"):
        data = output.get("data")
        return _display(data) if isinstance(data, Mapping) else None
    return None


def _display(data: Mapping[str, Any]) -> dict[str, Any] | None:
    kept: dict[str, str] = {}
    for kind, start in (("image/png", PNG_START), ("image/jpeg", JPEG_START)):
        picture = None if kept else _picture(data.get(kind), start)
        if picture:
            kept[kind] = picture
    text = data.get("text/plain")
    if text is not None:
        kept["text/plain"] = plain("".join(map(str, text)) if isinstance(text, list) else text)
    # never an execute_result: nbgrader reads points out of those
    return {"output_type": "display_data", "data": kept, "metadata": {}} if kept else None
