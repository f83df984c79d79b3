"""Makes the files that nbgrader releases: a lesson's source notebook and, beside it, the students' check table."""

from pathlib import Path
from typing import Any

from unrolled.plain_data import from_json, to_json
from unrolled_grader.class_run import fingerprint
from unrolled_grader.class_run.cache import Store
from unrolled_grader.course import LessonPaths
from unrolled_grader.files import digest, users_cache
from unrolled_grader.lesson.figures import demos
from unrolled_grader.lesson.lesson import Lesson, load_lesson
from unrolled_grader.lesson_source.cell import LessonSourceError, digest_of_cells
from unrolled_grader.lesson_source.earlier_releases import NAME as FORMER
from unrolled_grader.lesson_source.notebook import edited_since_built, notebook_text
from unrolled_grader.trials.machine_hints import table_with_hints


def build_lesson(paths: LessonPaths, force: bool = False) -> list[Path]:
    """Write LESSON.ipynb and checks.json into the lesson's folder; return the files that changed.

    Args:
        paths: the lesson.
        force: overwrite a notebook that was edited after it was built, and not yet adopted.

    Raises:
        LessonSourceError: the source cannot be built, or the notebook holds edits that building would lose.
        ExerciseError: exercises.py is wrong.
    """
    lesson = load_lesson(paths.folder)
    if not force and edited_since_built(paths, lesson.cells):
        raise LessonSourceError(
            f"{paths.notebook.name} was edited after it was built, and building would lose that. "
            f"Take the edits over with `unrolled adopt {paths.name}`, or drop them with "
            f"`unrolled build --force {paths.name}`"
        )
    changed = [write_if_changed(paths.notebook, notebook_text(lesson.cells))]
    if has_table(lesson):
        table = {**_table(paths, lesson), "demos": demos(lesson)}
        changed.append(write_if_changed(paths.table, to_json(table) + "\n"))
    else:
        paths.table.unlink(missing_ok=True)
    write_if_changed(paths.stamp, digest_of_cells(lesson.cells) + "\n")
    return [path for path in changed if path is not None]


def _table(paths: LessonPaths, lesson: Lesson) -> dict[str, Any]:
    """Return the students' check table, from the cache where nothing that it depends on has changed: making it takes
    minutes where models are trained."""
    made = {paths.notebook.name, paths.table.name, paths.stamp.name, paths.figures.name, FORMER}
    files = [path for path in paths.folder.rglob("*") if path.is_file() and path.name not in made]
    sources = [path for path in files if not {"__pycache__", ".ipynb_checkpoints"} & {*path.parts}]
    key = digest(fingerprint.of_grader(), fingerprint.of_catalogue(), fingerprint.of_files(sources, paths.folder))
    store = Store(users_cache() / "tables" / paths.name)
    text = store.lesson(key)
    if text is None:
        text = to_json(table_with_hints(lesson))
        store.keep_lesson(key, text)
    table: dict[str, Any] = from_json(text)
    return table


def has_table(lesson: Lesson) -> bool:
    """Say whether the lesson has anything to check: a page of prose alone has no table."""
    return bool(lesson.exercises or lesson.quiz)


def write_if_changed(path: Path, text: str) -> Path | None:
    """Write a text, unless the file holds it already (an open JupyterLab should not be disturbed); return the path
    where the file changed, else None."""
    data = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == data:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
