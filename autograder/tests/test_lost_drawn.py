"""Cases of the kinds that were lost, drawn: names, files, outputs, times, pictures, code and formulas."""

import base64
import html
import json
import os
import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

import pytest
from dateutil import tz
from handed_in_examples import GIF, PNG, WEBP
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from unrolled_grader.files import digest, indented
from unrolled_grader.grading import beside_notebook, plain_files, safe_text
from unrolled_grader.grading.beside_notebook import as_spelt_in, files_beside, in_utf8
from unrolled_grader.grading.find_notebook import NBGRADERS, find_notebook
from unrolled_grader.grading.handed_in import read_handed_in
from unrolled_grader.grading.notebook_file import parse_notebook, without_outputs
from unrolled_grader.grading.outcome import NotGradable
from unrolled_grader.grading.times import moment
from unrolled_grader.grading.written_pictures import attached
from unrolled_grader.grading.written_text import harmless

OURS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.binary(min_size=1, max_size=40).filter(lambda raw: not {0, 47} & set(raw) and raw not in (b".", b".."))


# --- names that are any bytes ----------------------------------------------------------------------------


@OURS
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_a_file_of_any_name_is_there_or_told(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("any")
    (folder / "90.ipynb").write_bytes(b"{}")
    for name in names:
        Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(b"1")
    beside, remarks = files_beside(folder, {}, ["90.ipynb"])
    for name in beside:
        name.encode()  # as text, it can be written
    told = " ".join(safe_text.one_line(remark.text, 1000) for remark in remarks)
    for name in (os.fsdecode(raw) for raw in names):
        left_lying = name in plain_files.CLUTTER or name.startswith("._") or name in NBGRADERS
        assert left_lying or name == "90.ipynb" or in_utf8(name)[0] in beside, (name, told)
        assert not in_utf8(name)[1] or left_lying or safe_text.one_line(safe_text.file_name(name)) in told


@OURS
@given(NAMES)
def test_any_name_can_be_digested_written_and_shown(raw):
    name = os.fsdecode(raw)
    assert digest(name) != digest(name + "x")
    assert json.loads(indented({"student": name}).encode())["student"] == name
    safe_text.one_line(safe_text.file_name(name)).encode()


@OURS
@given(st.lists(NAMES, max_size=4, unique=True))
def test_a_folder_of_any_names_gives_a_notebook_or_a_reason(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("notebooks")
    for name in names:
        path = os.path.join(os.fsencode(folder), name + b".ipynb")
        Path(os.fsdecode(path)).write_bytes(b'{"cells": [], "nbformat": 4}')
    try:
        read_handed_in(folder, ["90"], {})
    except NotGradable as error:
        str(error).encode()
        assert bool(names) != ("no notebook was handed in" in str(error)), "never where there is one, hidden or not"


@OURS
@given(st.text(alphabet="aöüßéあ\u0301\u0308", min_size=1, max_size=8))
def test_the_spelling_of_a_name_that_the_code_has_finds_the_file(name):
    for form in ("NFC", "NFD"):
        asked = unicodedata.normalize(form, f"{name}.csv")
        assert as_spelt_in({f"{name}.csv": b"1"}, f"open('{asked}')")[asked] == b"1"
    assert as_spelt_in({f"{name}.csv": b"1"}, "listdir()") == {f"{name}.csv": b"1"}, "a folder has it once"


@OURS
@given(
    st.sampled_from(["Berg_{}", "{} (1)", "{}-Copy1", "12345_{}", "{}_final", "FINAL {}", "{}.ipynb"]),
    st.sampled_from(["21_small", "21 small", "21-Small", "21SMALL"]),
    st.lists(st.sampled_from(["scratch", "Untitled", "notes", "test"]), max_size=3, unique=True),
)
def test_the_lessons_name_in_a_files_name_is_seen(tmp_path_factory, shape, name, others):
    folder = tmp_path_factory.mktemp("found")
    wanted = folder / f"{shape.format(name)}.ipynb"
    for path in [wanted, *(folder / f"{other}.ipynb" for other in others)]:
        path.write_bytes(b"{}")
    path, remarks = find_notebook(folder, "21_small")
    assert path == wanted and (path.name == "21_small.ipynb" or remarks)


@OURS
@given(st.lists(st.sampled_from(["hw1", "hw2", "hw3", "notes"]), min_size=1, max_size=4, unique=True))
def test_of_several_notebooks_those_that_are_missing_are_told_for_what_they_are(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("several")
    for name in names:
        (folder / f"{name}.ipynb").write_bytes(name.encode())
    wanted = ["hw1", "hw2", "hw3"]
    try:
        found = read_handed_in(folder, wanted, {}, lambda name, content: content == name.encode())
    except NotGradable as error:
        assert names == ["notes"] and "no notebook was handed in" not in str(error)
        return
    assert list(found.notebooks) == [name for name in wanted if name in names]
    told = [remark.text for remark in found.remarks]
    assert len(told) == 3 - len(found.notebooks)
    assert all("counts as not handed in" in text and "no notebook was handed in" not in text for text in told)
    assert set(found.beside) == {f"{name}.ipynb" for name in names if name == "notes"}


# --- files over a bound ----------------------------------------------------------------------------------


@OURS
@given(st.dictionaries(st.from_regex(r"[a-d]{1,3}(/[a-d]{1,3}){0,6}\.(py|csv|png)", fullmatch=True),
                       st.integers(0, 40), min_size=1, max_size=12))  # fmt: skip
def test_what_is_over_a_bound_is_named_and_all_else_is_there(tmp_path_factory, sizes):
    folder = tmp_path_factory.mktemp("bounds")
    for name, size in sizes.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x" * size)
    with pytest.MonkeyPatch.context() as patch:
        for bound, value in (("MAX_FILE", 30), ("MAX_BESIDE", 100), ("MAX_FILES", 6), ("NAMED", 100)):
            patch.setattr(beside_notebook, bound, value)
        beside, remarks = files_beside(folder, {})
    told = " ".join(remark.text for remark in remarks)
    assert all(remark.look for remark in remarks)
    for name in sizes:
        assert (name in beside) != (f" {name}" in f" {told}"), name
    assert len(beside) <= 6 and sum(map(len, beside.values())) <= 100
    if sum(sizes.values()) <= 100 and max(sizes.values()) <= 30 and len(sizes) <= 6:
        assert set(beside) == set(sizes)


def test_notebooks_that_are_small_without_their_outputs_are_not_read_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(beside_notebook, "MAX_READ", 250)
    monkeypatch.setattr(beside_notebook, "read_without_outputs", lambda path, shown: b"{}")
    for number in range(4):
        (tmp_path / f"{number}.ipynb").write_bytes(b" " * 100)
    beside, remarks = files_beside(tmp_path, {})
    assert list(beside) == ["0.ipynb", "1.ipynb"]
    assert [remark.text.split(" was")[0] for remark in remarks] == ["2.ipynb, 3.ipynb"]


def test_what_cannot_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "data.csv").write_bytes(b"1")

    def refused(path, most, shown):
        raise NotGradable("no")

    monkeypatch.setattr(beside_notebook, "read_bytes", refused)
    beside, remarks = files_beside(tmp_path, {})
    assert not beside and "data.csv was left out: it cannot be read" in remarks[0].text and remarks[0].look


def test_a_folder_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    real = os.scandir

    def refusing(path="."):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path)

    (tmp_path / "closed").mkdir()
    monkeypatch.setattr(os, "scandir", refusing)
    _, remarks = files_beside(tmp_path, {})
    assert [remark.text for remark in remarks] == [
        "closed was left out: it cannot be read; mend its permissions, then grade"
    ]
    with pytest.raises(NotGradable, match="closed cannot be read"):
        read_handed_in(tmp_path, ["90"], {})


def test_the_lessons_own_file_is_used_and_a_changed_copy_told(tmp_path):
    (tmp_path / "data.csv").write_bytes(b"mine")
    assert "data.csv is not as the lesson has it" in files_beside(tmp_path, {"data.csv": b"ours"})[1][0].text
    assert files_beside(tmp_path, {"data.csv": b"mine"}) == ({}, [])


TEXTS = st.text(alphabet='ab"\\[]{}:,outputs \n', max_size=20)
OUTPUTS = st.lists(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=6))
CELLS = st.lists(st.fixed_dictionaries({"source": TEXTS | st.lists(TEXTS), "id": TEXTS}, optional={"outputs": OUTPUTS}))


@OURS
@given(CELLS, st.sampled_from([None, 1]))
def test_outputs_go_and_nothing_else_does(cells, indent):
    before = {"cells": cells, "nbformat": 4}
    after = json.loads(without_outputs(json.dumps(before, indent=indent).encode()))
    assert after["cells"] == [{**cell, "outputs": []} if "outputs" in cell else cell for cell in cells]


@OURS
@given(st.binary(max_size=60))
def test_what_is_no_notebook_stays_as_it_is_or_loses_outputs_only(content):
    assert len(without_outputs(content)) <= len(content)


# --- times -----------------------------------------------------------------------------------------------

WHEN = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0))
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "Europe/London", "America/St_Johns")


@OURS
@given(WHEN, st.integers(-14 * 60, 14 * 60), st.sampled_from(["+hhmm", "+hh:mm", "UTC", "Z"]))
def test_a_time_with_an_offset_is_that_moment(at, minutes, form):
    away = timedelta(minutes=0 if form in ("UTC", "Z") else minutes)
    local = at.replace(tzinfo=UTC).astimezone(timezone(away))
    sign, total = ("-", -minutes) if minutes < 0 else ("+", minutes)
    names = {"+hhmm": f"{sign}{total // 60:02}{total % 60:02}", "+hh:mm": f"{sign}{total // 60:02}:{total % 60:02}"}
    assert moment(f"{local:%Y-%m-%d %H:%M:%S.%f} {names.get(form, form)}") == at


@OURS
@given(WHEN, st.sampled_from(ZONES))
def test_in_the_courses_zone_a_time_is_that_moment_or_none(at, name):
    """With its abbreviation always but where two clocks share it; without only where the clock showed it once."""
    zone = tz.gettz(name)
    local = at.replace(tzinfo=tz.UTC).astimezone(zone)
    assert moment(f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}", zone) == at
    bare = moment(f"{local:%Y-%m-%d %H:%M:%S}", zone)
    assert bare is None if tz.datetime_ambiguous(local) else bare == at


@pytest.mark.parametrize("name", ZONES)
def test_a_class_across_a_change_of_clocks_is_in_its_order(name):
    zone = tz.gettz(name)
    start = datetime(2026, 1, 1, tzinfo=tz.UTC)
    hours = [start + timedelta(hours=hour) for hour in range(24 * 365)]
    turns = [i for i in range(1, len(hours)) if _offset(hours[i], zone) != _offset(hours[i - 1], zone)]
    for turn in turns:
        moments = [hours[turn] + timedelta(minutes=minute) for minute in range(-120, 120, 7)]
        local = [at.astimezone(zone) for at in moments]
        found = [moment(f"{at:%Y-%m-%d %H:%M:%S} {at.tzname()}", zone) for at in local]
        assert found == [at.replace(tzinfo=None) for at in moments]


def _offset(at: datetime, zone: tzinfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


@OURS
@given(WHEN, st.sampled_from(["CEST", "EDT", "BST", "IST", "AEST", "CST", "+2", "+200", "UTC+2", "+02:60", "PST8PDT"]))
def test_nothing_is_guessed(at, name):
    assert moment(f"{at:%Y-%m-%d %H:%M:%S} {name}") is None
    assert moment(f"{at:%Y-%m-%d %H:%M:%S}") is None
    assert moment(f"{at:%d.%m.%Y %H:%M} UTC") is None and moment(f"{at:%m/%d/%Y %H:%M} UTC") is None


# --- encodings -------------------------------------------------------------------------------------------


@OURS
@given(st.text(alphabet="äößéあ因为", min_size=3, max_size=20), st.sampled_from([b"\xff", b"\xc3", b"\x80"]))
def test_a_damaged_byte_costs_no_other_letter(words, byte):
    content = json.dumps({"cells": [{"cell_type": "markdown", "source": f"{words} @ {words}"}]}, ensure_ascii=False)
    notebook, remarks = parse_notebook(content.encode().replace(b"@", byte), "90.ipynb")
    assert notebook.cells[0].source == f"{words} \ufffd {words}" and remarks[0].look


@OURS
@given(st.text(alphabet="äößé", min_size=1, max_size=20).map(lambda words: f"a{'b'.join(words)}c"))
def test_a_notebook_in_an_encoding_of_windows_is_read_as_that(words):
    content = json.dumps({"cells": [{"cell_type": "markdown", "source": words}]}, ensure_ascii=False)
    notebook, remarks = parse_notebook(content.encode("cp1252"), "90.ipynb")
    assert notebook.cells[0].source == words and remarks[0].look


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_why_a_wide_notebook_cannot_be_read_is_true(encoding):
    with pytest.raises(NotGradable, match="more text follows behind its end"):
        parse_notebook(json.dumps({"cells": []}).encode(encoding) + b"\n", "90.ipynb")


OLD_CELLS = st.tuples(st.sampled_from(["heading", "markdown", "code", "raw"]), st.text(alphabet="ab\n# ", min_size=1))


@OURS
@given(st.lists(OLD_CELLS, min_size=1, max_size=4), st.integers(0, 2), st.booleans())
def test_a_notebook_of_the_old_format_is_read_with_all_its_cells(cells, sheets, lines):
    """As files have them: texts as lists of lines, headings, several sheets."""

    def old(kind, text):
        source = text.splitlines(keepends=True) if lines else text
        made = {"cell_type": kind, "metadata": {}, "input" if kind == "code" else "source": source}
        more = {"outputs": [], "language": "python", "collapsed": False} if kind == "code" else {}
        return {**made, **more, **({"level": 2} if kind == "heading" else {})}

    parts = [[old(*cell) for cell in cells[at :: sheets + 1]] for at in range(sheets + 1)]
    content = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": part} for part in parts]}
    notebook, _ = parse_notebook(json.dumps(content).encode(), "90.ipynb")
    found = [cell.source.replace("#", "").split() for cell in notebook.cells]
    assert sorted(found) == sorted(text.replace("#", "").split() for _, text in cells)


# --- written answers -------------------------------------------------------------------------------------


def page(written: Any) -> str:
    renderer = IPythonRenderer(escape=False, attachments=written.attachments, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(written.text)


def words_of(shown: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", shown)).replace("\u200b", "")


PICTURES = st.sampled_from([("png", PNG), ("jpeg", b"\xff\xd8\xff\xe0" + bytes(20)), ("gif", GIF), ("webp", WEBP)])
PICTURE_NAMES = st.text(alphabet="ab 1.()[]ö_-%&'", min_size=1, max_size=12).map(lambda t: t.strip() or "a")


@OURS
@given(PICTURES, PICTURE_NAMES, st.sampled_from(["attached", "titled", "tag", "pointed", "data", "data tag", "beside",
       "reference"]), st.sampled_from(["drawing", "h[t] over t", "", "a \\] b"]))  # fmt: skip
def test_a_picture_of_every_form_is_shown_and_the_words_stay(picture, name, form, alt):
    kind, content = picture
    data = base64.b64encode(content).decode()
    quoted = "".join(c if c.isalnum() and c.isascii() or c in "._-" else "".join(f"%{b:02X}" for b in c.encode())
                     for c in name)  # fmt: skip
    shape = {
        "attached": f"![{alt}](attachment:{quoted})",
        "titled": f'![{alt}](attachment:{quoted} "its title")',
        "tag": f'<img width="300" src="attachment:{html.escape(name)}" alt="x"/>',
        "pointed": f"![{alt}](<attachment:{quoted}>)",
        "data": f"![{alt}](data:image/{kind};base64,{data})",
        "data tag": f"<IMG alt='x' src='data:image/{kind};base64,{data}'>",
        "beside": f"![{alt}]({quoted})",
        "reference": f"![drawing][one]\n\n[one]: <data:image/{kind};base64,{data}>",
    }[form]
    cell = attached({name: {f"image/{kind}": data}}) if form in ("attached", "titled", "tag", "pointed") else {}
    files = {name: content} if form == "beside" else {}
    written = harmless(f"Before it.\n\n{shape}\n\nBehind it.", cell, files)
    shown = page(written)
    assert written.lost == [] and shown.count("<img") == 1 and f"data:image/{kind};base64,{data}" in shown
    assert "Before it." in shown and "Behind it." in shown
    if form == "titled":
        assert "its title" in shown


CODE = st.text(alphabet="ab<>[]()&*_#\\/:.='\" 1", min_size=1, max_size=30).map(lambda text: f"x{text}x")


@OURS
@given(CODE, CODE, st.sampled_from(["", "<b>bold</b> and [a link](https://example.org)\n\n", "a < b, <script>\n\n"]))
def test_code_stays_character_by_character(first, second, prose):
    written = harmless(f"{prose}In a line `{first}`, in a block:\n\n```\n{second}\n```\n\nEnd.")
    shown = page(written)
    codes = [html.unescape(code) for code in re.findall(r"<code>(.*?)</code>", shown, re.DOTALL)]
    assert codes == [first, f"{second}\n"]
    assert "<script" not in shown and "<b>" not in shown


@OURS
@given(st.sampled_from(["a<b", "f[0](x)", "h_t = \\tanh(W_{hh} h)", "\\sum_{i<j} x_i", "a\\_b < c", "p(x|y) > 0"]),
       st.sampled_from(["${}$", "$$\n{}\n$$", "\\begin{{align}}\n{}\n\\end{{align}}"]),
       st.sampled_from(["", "<i>x</i> [l](http://x)\n\n"]))  # fmt: skip
def test_formulas_stay_character_by_character(formula, form, prose):
    text = f"It is {form.format(formula)} here." if form == "${}$" else f"{form.format(formula)}\n\nhere."
    shown = html.unescape(page(harmless(prose + text)))
    assert formula in shown


ATOMS = st.sampled_from([
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "`", "``", "```", "\n",
    "\n\n", "~~~", "$", "$$", "<b>", "</div>", "<div ", "![", "](", ")", "attachment:a.png", "mermaid", "words", " ",
    "\\href{javascript:x}{y}", "[r]: javascript:x", "[r]", "    ", "<!--", "-->", "|", "---", "\\", "<a href='x'>", ">",
    "data:text/html,x", "\\begin{x}", "\\end{x}", "&lt;", '"', "\r", "\u2028", "\x1b]0;",
])  # fmt: skip


@settings(OURS, max_examples=400)
@given(st.lists(ATOMS, max_size=14))
def test_nothing_active_comes_through_and_no_word_is_lost(atoms):
    text = "".join(atoms)
    written = harmless(text, attached({"a.png": {"image/png": base64.b64encode(PNG).decode()}}))
    shown = page(written).lower()
    for start in ("<script", "onerror=alert(1)>", '<a href="javascript', "<b>", "<div ", "</div", "<!--", "<a href='"):
        bare = re.sub(r"<code[^>]*>.*?</code>", "", shown, flags=re.DOTALL)
        assert start not in bare.replace("&lt;", ""), (start, shown)
    assert shown.count("<img") == shown.count('<img src="data:image/png')
    assert written.text.count("words") == text.count("words")


SIGNS = st.sampled_from(["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u200e", "\u202e", "\u2066", "\ufeff", "\u2028"])


@OURS
@given(st.lists(SIGNS, min_size=1, max_size=4), st.sampled_from(["{}", "`{}`", "${}$", "[a]({})", "<b>{}</b>"]))
def test_no_sign_that_is_not_seen_vanishes_untold(signs, form):
    written = harmless(f"Because {form.format(''.join(f'a{sign}' for sign in signs))} b.")
    turning = [sign for sign in signs if sign in "\u200e\u202e\u2066\ufeff"]
    named = re.findall("\u27e6U\\+([0-9A-F]{4})\u27e7", written.text)
    assert written.turned == len(turning)
    assert [chr(int(code, 16)) for code in named] == [s for s in signs if s in "\x00\x07\x1b\x7f"]
    assert not safe_text.CONTROLS.search(written.text)


@pytest.mark.parametrize("kind", ["audio/wav", "application/pdf", "image/svg+xml", "text/plain"])
def test_long_data_that_is_no_picture_is_told(kind):
    written = harmless(f'<audio src="data:{kind};base64,{"QUJD" * 100}"></audio>')
    assert len(written.lost) == 1 and "characters of data that are no picture" in written.lost[0]
