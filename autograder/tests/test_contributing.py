"""Do the documents' recipes for a known mistake and for a lesson work as they stand? Does all exist that they name?"""

import re
import shutil

import pytest
from small_course import ROOT

from unrolled_grader.commands.exercises import report_exercise
from unrolled_grader.lesson.lesson import load_lesson

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


def test_the_recipe_for_a_known_mistake_gives_one_that_is_caught_and_named(tmp_path):
    recipe = re.search(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    assert recipe is not None
    folder = shutil.copytree(ROOT / "solutions/02_vanilla_rnn", tmp_path / "02_vanilla_rnn")
    with (folder / "exercises.py").open("a", encoding="utf-8") as file:
        file.write("\n\n" + recipe[1])
    lesson = load_lesson(folder)
    exercise = next(exercise for exercise in lesson.exercises if exercise.name == "rnn_step")
    assert exercise.mistakes[-1].id == "clipped"
    report = report_exercise(lesson, exercise, 2)
    assert report.faults == [] and report.named == report.mistakes == len(exercise.mistakes)


def test_the_smallest_lesson_of_the_authors_page_passes_all_checks_of_exercises(tmp_path):
    text = (ROOT / "docs/authors.md").read_text(encoding="utf-8")
    source, exercises = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    folder = tmp_path / "12_halves"
    folder.mkdir()
    (folder / "12_halves.py").write_text(source, encoding="utf-8")
    (folder / "exercises.py").write_text(exercises, encoding="utf-8")
    lesson = load_lesson(folder)
    (exercise,) = lesson.exercises
    report = report_exercise(lesson, exercise, 2)
    assert report.faults == [] and report.named == report.mistakes and report.accepted == report.right_answers


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document):
    text = document.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [link for link in links if link and not (document.parent / link).exists()]
    assert not missing


def test_every_file_that_architecture_names_exists():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    roots = (ROOT, ROOT / "autograder/unrolled_grader", ROOT / "utils", ROOT / "autograder")
    named = re.findall(r"`([\w./]+(?:\.py|/))`", text)
    parents = [*roots, *(folder for folder in (ROOT / "autograder/unrolled_grader").iterdir() if folder.is_dir())]
    parents += [ROOT / "utils/unrolled/check"]
    missing = [n for n in named if "NN" not in n and not any((root / n).exists() for root in parents)]
    assert len(named) > 30 and not missing
