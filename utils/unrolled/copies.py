"""The student's copies of the lessons: made once, never overwritten, and updated when asked.

`python -m unrolled.copies` (a part of `make lab`) copies new lessons and says which have been mended since they were
copied; `python -m unrolled.copies --update 02` (`make update LESSON=02`) updates a copy and keeps the student's
answers.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from unrolled.record import COURSE, FOLDER, read_record, write_record
from unrolled.record_page import about

LAID_OUT = "laid_out.json"  # by lesson, a digest of the release that its copy was made from
CELLS = "laid_out_cells.json"  # by lesson and cell, a digest of the text that the student was given
BEFORE = "before"  # the folder of notebooks as they were before an update
WRITTEN = ("answer", "debug", "written")  # the roles of the cells that a student writes
UNTOUCHED = ("YOUR CODE HERE", "YOUR ANSWER HERE")
FREE = (None, *WRITTEN)  # the roles of the cells that a student may change


def releases(root: Path) -> list[Path]:
    """Return the folders of the released lessons, sorted."""
    return sorted(path for path in (root / "notebooks").glob("[0-9]*") if (path / f"{path.name}.ipynb").is_file())


def digest(folder: Path) -> str:
    """Return a digest of a lesson's files, by name and content."""
    made = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and ".ipynb_checkpoints" not in path.parts):
        made.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return made.hexdigest()


def lay_out(root: Path) -> list[str]:
    """Copy each lesson that has no copy yet, and the pages of reference; return the messages about the other
    lessons."""
    (root / FOLDER).mkdir(exist_ok=True)
    known, told = _known(root), []
    for release in releases(root):
        copy, now = root / release.name, digest(release)
        if not copy.exists():
            shutil.copytree(release, copy)
            known[release.name] = now
            _note_cells(root, release)
        elif known.setdefault(release.name, digest_of_copy(copy, release)) != now:
            told.append(
                f"{release.name} was mended since your copy was made. To take the new one, with your answers kept: "
                f"make update LESSON={release.name}"
            )
    _write(root / FOLDER / LAID_OUT, known)
    _write_course(root)
    if (root / "notebooks" / "reference").is_dir():
        (root / "reference").mkdir(exist_ok=True)
        for page in (root / "notebooks" / "reference").glob("*.md"):
            shutil.copy(page, root / "reference")
    return told


def _write_course(root: Path) -> None:
    """Write what the page of progress needs to know of the lessons, and the page."""
    lessons = {release.name: about(root / release.name) for release in releases(root)}
    _write(root / FOLDER / COURSE, {"lessons": lessons})
    write_record(root, read_record(root))


def digest_of_copy(copy: Path, release: Path) -> str:
    """Return the digest of the release that an unrecorded copy was made from: that of `release` where both have the
    same check table, which no student edits; else "another"."""
    same = [(folder / "checks.json").read_bytes() for folder in (copy, release) if (folder / "checks.json").is_file()]
    return digest(release) if len(same) == 2 and same[0] == same[1] else "another"


def update(root: Path, name: str) -> list[str]:
    """Update the copy of a lesson, and put the student's work into it; return the messages for the student.

    Raises:
        SystemExit: there is no such lesson, it has no copy, or its notebook cannot be read. Nothing was changed.
    """
    found = [release for release in releases(root) if release.name.startswith(name)]
    if not name or len(found) != 1 or not (root / found[0].name).is_dir():
        here = ", ".join(release.name for release in releases(root) if (root / release.name).is_dir())
        sys.exit(f"unrolled.copies: {name!r} is none of your copies ({here}). Name one: make update LESSON=02")
    release, copy = found[0], root / found[0].name
    notebook = f"{release.name}.ipynb"
    old, new = _read_notebook(copy / notebook), _read_notebook(release / notebook)
    kept, lost = carry_over(old, new, _given(root, release.name))
    before = root / FOLDER / BEFORE
    before.mkdir(parents=True, exist_ok=True)
    saved = before / f"{release.name}-{time.strftime('%Y%m%d-%H%M%S')}.ipynb"
    shutil.copy(copy / notebook, saved)
    for path in release.iterdir():
        if path.is_file() and path.name != notebook:
            shutil.copy(path, copy)
    _write(copy / notebook, new)
    _write(root / FOLDER / LAID_OUT, _known(root) | {release.name: digest(release)})
    _note_cells(root, release)
    _write_course(root)
    told = [f"{release.name} is up to date, with {kept} of your cells in it. As it was: {saved.relative_to(root)}"]
    told += [f"{one} is no more a part of the lesson; what you wrote is in the old notebook" for one in lost]
    return [*told, "Is the lesson open in JupyterLab? Then close it there without saving, and open it again"]


def _read_notebook(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        for cell in found["cells"]:
            cell["source"], cell["metadata"] = "".join(cell["source"]), dict(cell["metadata"])
        return found
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"unrolled.copies: {path} cannot be read ({error!r}). Move it away; make lab lays out a new one")


def carry_over(old: dict[str, Any], new: dict[str, Any], given: dict[str, str] | None = None) -> tuple[int, list[str]]:
    """Put a student's work from an old notebook into a new one, in place: answers by name, own cells where they were,
    and changed cells of the lesson's as new cells below the lesson's version.

    Args:
        old: the student's.
        new: the release.
        given: a digest of each cell's text as the student got it, by name; where it is not known, answers without the
            stub's marks count as written, and the lesson's own cells as left alone.

    Returns:
        How many cells were kept, and the names that the new notebook has no place for.
    """
    given = given or {}
    places = {_name(cell): cell for cell in new["cells"]}
    kept, lost, after = 0, [], ""
    for cell in old["cells"]:
        name = after_this = _name(cell)
        if _role(cell) in WRITTEN:
            if _is_written(cell, given.get(name)):
                if name in places:
                    changed = places[name]["source"] != cell["source"]
                    places[name]["source"], kept = cell["source"], kept + changed
                else:
                    lost.append(name)
        elif _role(cell) is None and _is_own(cell, given.get(name)):
            if places.get(name, cell)["source"] != cell["source"]:  # the student's version, below the lesson's
                after, name = name, f"mine-{name}"
                cell = {**cell, "id": name}
            if name not in {_name(one) for one in new["cells"]}:
                position = next((i for i, one in enumerate(new["cells"]) if _name(one) == after), len(new["cells"]) - 1)
                new["cells"].insert(position + 1, cell)
                kept, after_this = kept + 1, name
        after = after_this
    return kept, lost


def _is_written(cell: dict[str, Any], given: str | None) -> bool:
    """Say whether a student wrote into a cell that asks for an answer; YOUR CODE HERE may still stand above the
    answer."""
    source = cell["source"]
    if given is not None:
        return _text_digest(source) != given
    stub = UNTOUCHED[1] in source or "raise NotImplementedError" in source
    return not (stub and any(mark in source for mark in UNTOUCHED))


def _is_own(cell: dict[str, Any], given: str | None) -> bool:
    """Say whether the student added or changed a cell. The lesson's own cells without a role have ids such as
    cell-007."""
    if given is not None:
        return _text_digest(cell["source"]) != given
    made_by_build = str(cell.get("id", "")).startswith("cell-") and str(cell.get("id", ""))[5:].isdigit()
    return not made_by_build and bool(cell["source"].strip())


def _text_digest(source: Any) -> str:
    return sha256("".join(source).strip().encode()).hexdigest()[:20]


def _note_cells(root: Path, release: Path) -> None:
    """Record a digest of the text that the student was given in each cell that may be changed."""
    cells = _read_notebook(release / f"{release.name}.ipynb")["cells"]
    now = {_name(cell): _text_digest(cell["source"]) for cell in cells if _role(cell) in FREE}
    _write(root / FOLDER / CELLS, _all_given(root) | {release.name: now})


def _given(root: Path, lesson: str) -> dict[str, str]:
    return _all_given(root).get(lesson, {})


def _all_given(root: Path) -> dict[str, dict[str, str]]:
    try:
        found = json.loads((root / FOLDER / CELLS).read_text(encoding="utf-8"))
        return {str(name): {str(key): str(text) for key, text in cells.items()} for name, cells in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _name(cell: dict[str, Any]) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id") or cell.get("id", ""))


def _role(cell: dict[str, Any]) -> Any:
    return cell["metadata"].get("unrolled", {}).get("role")


def _known(root: Path) -> dict[str, str]:
    try:
        found = json.loads((root / FOLDER / LAID_OUT).read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _write(path: Path, tree: Any) -> None:
    path.write_text(json.dumps(tree, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: Iterable[str] | None = None) -> None:
    """Copy or update lessons in the course's folder, and print the messages: for `make lab` and `make update`."""
    parser = argparse.ArgumentParser(prog="python -m unrolled.copies", description=__doc__)
    parser.add_argument("--update", metavar="LESSON", help="take a mended lesson over, with the answers kept")
    options = parser.parse_args(None if arguments is None else list(arguments))
    root = Path.cwd()
    for line in lay_out(root) if options.update is None else update(root, options.update):
        print(line)


if __name__ == "__main__":
    main()
