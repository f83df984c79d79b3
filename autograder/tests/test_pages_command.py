"""Does the verb write every page, the same bytes twice, and see what is stale?"""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from small_course import EXERCISES, ROOT, SOURCE, make_course, the_lesson

from unrolled_grader.commands import build as build
from unrolled_grader.commands import pages
from unrolled_grader.course import lessons, reference_folder
from unrolled_grader.lesson.executed import execute_lesson
from unrolled_grader.pages import claims, running
from unrolled_grader.pages.lesson_text import lesson_texts
from unrolled_grader.release.build_lesson import build_lesson
from unrolled_grader.release.bundle import write_bundle
from unrolled_grader.release.generate import release_lesson
from unrolled_grader.release.leaks import leaks_of_bundle

CLAIM = """
# %% role="demo"
from unrolled.claims import Claims

measured = Claims()
measured.add(
    "twice two is four", by="this course", measured=f"{double_and_shift(numbers, 0.0)[2]:g}", spread="exact",
    budget="none: exact", would_change="nothing: exact",
)
measured

# %% [markdown]
# ## Glossary
#
# - **Doubling**: times two.
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course of one released lesson whose claims were taken down."""
    root = make_course(tmp_path_factory.mktemp("course"), n11_double=(SOURCE + CLAIM, EXERCISES))
    build_lesson(the_lesson(root))
    release_lesson(the_lesson(root))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert pages.run([]) == 1  # the claims are missing: the lesson was not run yet
        assert pages.run(["--execute", "11"]) == 0
    return root


@pytest.fixture
def course(released: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Copy it, with its pages as they were made."""
    monkeypatch.chdir(released)
    folder = reference_folder(released)
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    yield released
    for path in set(folder.iterdir()) - set(kept):
        path.unlink()
    for path, content in kept.items():
        path.write_bytes(content)


def test_running_the_lesson_takes_its_claims_down(course):
    assert "| twice two is four | this course | 4 | exact |" in (reference_folder(course) / "claims.md").read_text()


def test_claims_that_another_run_put_down_meanwhile_stay(course, monkeypatch):
    found = claims.read_found(reference_folder(course))
    monkeypatch.setattr(claims, "has_claims", lambda lesson: True)
    others = {lesson.name: {"versions": {}, "rows": []} for lesson in lesson_texts(course)} | {
        "12_other": found["11_double"]
    }

    def run_beside_another(paths):
        claims.write_found(reference_folder(course), others)
        return execute_lesson(paths)

    monkeypatch.setattr(running, "execute_lesson", run_beside_another)
    chosen = lessons(course)
    running.record_results(course, chosen, [*lesson_texts(course), replace(lesson_texts(course)[0], name="12_other")])
    assert claims.read_found(reference_folder(course)) == {**others, "11_double": found["11_double"]}


def test_what_is_kept_says_nothing_of_the_day_or_the_machine(course):
    kept = json.loads((reference_folder(course) / "claims.json").read_text())
    assert set(kept) == {"command", "lessons"} and set(kept["lessons"]["11_double"]) == {"versions", "rows"}
    assert set(kept["lessons"]["11_double"]["versions"]) == {"numpy", "torch"}


def test_a_second_run_changes_no_byte_and_the_check_is_content(course, capsys):
    before = {path.name: path.read_bytes() for path in reference_folder(course).iterdir()}
    assert set(before) == {"glossary.md", "graded_names.md", "claims.md", "references.md", "claims.json"}
    assert pages.run([]) == 0 and pages.run(["--check"]) == 0
    assert capsys.readouterr().out.splitlines() == ["4 pages: fresh", "4 pages: fresh"]
    assert {path.name: path.read_bytes() for path in reference_folder(course).iterdir()} == before


def test_the_check_tells_a_stale_page_a_missing_one_and_a_file_that_nothing_makes(course, capsys):
    folder = reference_folder(course)
    (folder / "glossary.md").write_text("old")
    (folder / "references.md").unlink()
    (folder / "notes.md").write_text("mine")
    assert pages.run(["--check"]) == 1
    said = capsys.readouterr().err
    assert "notebooks/reference/glossary.md: stale" in said and "references.md: missing" in said
    assert "notebooks/reference/notes.md: nothing makes this file" in said
    assert (folder / "glossary.md").read_text() == "old"


def test_the_folder_is_taken_for_no_lesson_and_for_no_forgotten_one(course):
    assert [paths.name for paths in lessons(course)] == ["11_double"]
    assert build.check(course, []) == []


def test_the_pages_travel_in_the_bundle_and_are_scanned_for_answers(course, tmp_path):
    out = write_bundle(course, tmp_path / "students.zip")
    with zipfile.ZipFile(out) as archive:
        assert "unrolled/notebooks/reference/glossary.md" in archive.namelist()
    assert leaks_of_bundle(out, lessons(course)) == []
    (reference_folder(course) / "glossary.md").write_text("return doubled + shift * np.ones_like(x)")
    found = leaks_of_bundle(write_bundle(course, out), lessons(course))
    assert len(found) == 1 and "reference/glossary.md: shows the answer of double_and_shift" in found[0]


def test_the_courses_own_pages_are_fresh_and_without_faults():
    made_from = lesson_texts(ROOT)
    made = pages.made_pages(ROOT, made_from)
    assert pages.faults(ROOT, made_from) == [] and pages.stale(ROOT, made) == []
    assert "lectures.md" in made
