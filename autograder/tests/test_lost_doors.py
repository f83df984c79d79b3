"""Does every student come through every door by the very name that came in, and does nobody stand in for another?"""

import csv
import shutil
from pathlib import Path

import pytest
from class_run import grade, in_this_process
from grade_course import NAME, Course, make_course
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.exportapp import ExportApp
from nbgrader.converters.base import NbGraderException

from unrolled_grader.commands.report import run as run_report
from unrolled_grader.confine.template import ForkingTemplate
from unrolled_grader.nbgrader_plugin.autograde import FeedbackOfEverybody

ODD = (
    " ann", "ann", "ann ", "\tbob", "bob", "Berg, Anna", 'the "one"', "=1+1", "x\u00a0y", "l'e", "a;b", "{id}", "50%",
    "two  blanks", "\u3000wide", "zero\u200bwidth",
)  # fmt: skip
BROKEN = "no, notebook"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, template: ForkingTemplate) -> Course:
    """Grade a class of odd names, and one submission that cannot be graded."""
    course = make_course(tmp_path_factory.mktemp("doors"))
    for name in ODD:
        course.submit(name, course.solved({"scale": f"def scale(x):\n    return x * 3.0  # {name!r}"}))
    course.submit(BROKEN, b"{")
    with pytest.MonkeyPatch.context() as patch:
        in_this_process(patch, template)
        grade(course)
    return course


def book(course: Course) -> Gradebook:
    return Gradebook(course.config().CourseDirectory.db_url, "unrolled")


def export(course: Course, path: Path, *options: str) -> list[dict[str, str]]:
    """Run `nbgrader export` in the course; return its rows."""
    app = ExportApp(config=course.config())
    app.initialize(["--to", str(path), *options])
    app.start()
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def page(course: Course, student: str) -> Path:
    return course.root / "autograder/course/feedback" / student / NAME / f"{NAME}.html"


def test_names_come_out_of_nbgraders_export_as_they_went_in(course, tmp_path, monkeypatch):
    monkeypatch.chdir(course.root)
    rows = export(course, tmp_path / "grades.csv")
    assert {row["student_id"] for row in rows} == {*ODD, BROKEN}
    assert all(None not in row for row in rows), "nothing was shifted into a column that is none"
    assert {row["score"] for row in rows if row["student_id"] != BROKEN} == {"8.0"}
    assert {row["max_score"] for row in rows} == {"10.0"}


def test_what_could_not_be_graded_has_no_score_in_the_export_until_a_person_gives_one(course, tmp_path, monkeypatch):
    monkeypatch.chdir(course.root)
    only = f"--ExportPlugin.student=['{BROKEN}']"
    assert [row["score"] for row in export(course, tmp_path / "one.csv", only)] == [""]
    with book(course) as gradebook:
        gradebook.find_grade("test_scale", NAME, NAME, BROKEN).manual_score = 2.5
        gradebook.db.commit()
    assert [row["score"] for row in export(course, tmp_path / "two.csv", only)] == ["2.5"]


def test_an_exporter_of_the_courses_own_stays():
    from traitlets.config import Config

    from unrolled_grader.nbgrader_plugin.settings import configure

    config = Config({"ExportApp": {"plugin_class": "mine.Export"}})
    configure(config)
    assert config.ExportApp.plugin_class == "mine.Export"


def test_names_come_out_of_our_report_as_they_went_in(course, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(course.root)
    run_report([NAME, "--csv", str(tmp_path / "r.csv")])
    with (tmp_path / "r.csv").open(encoding="utf-8", newline="") as file:
        assert {row["student"] for row in csv.DictReader(file)} == {*ODD, BROKEN}
    shown = [line for line in capsys.readouterr().out.splitlines() if " of 8 " in f"{line} " or "8 of 8" in line]
    names = {line.split("  graded")[0].rstrip() for line in shown if "graded" in line}
    assert {"ann", "' ann'", "'ann '", "bob", "'\\tbob'"} <= names, "two names that differ do not look the same"


@pytest.mark.parametrize("name", [" ann", "ann ", "\tbob", "\u3000wide"])
def test_formgraders_buttons_take_a_name_with_blanks_around_it(course, template, monkeypatch, name):
    in_this_process(monkeypatch, template)
    api = NbGraderAPI(coursedir=course.coursedir(), config=course.config())
    others = [course.autograded(other).stat().st_mtime_ns for other in ("ann", "bob")]
    before = course.autograded(name).stat().st_mtime_ns
    done = api.autograde(NAME, name)
    assert done["success"], done
    assert course.autograded(name).stat().st_mtime_ns > before
    assert [course.autograded(other).stat().st_mtime_ns for other in ("ann", "bob")] == others, "nobody else's"
    done = api.generate_feedback(NAME, name)
    assert done["success"] and page(course, name).is_file(), done


def test_who_left_keeps_nobody_elses_page_back(course, template, monkeypatch):
    """Removed from the gradebook, with the autograded and the feedback folder still there."""
    in_this_process(monkeypatch, template)
    everybody = FeedbackOfEverybody(coursedir=course.coursedir(), config=course.config())
    everybody.start()
    with book(course) as gradebook:
        gradebook.remove_student("50%")
    page(course, "a;b").unlink()
    again = FeedbackOfEverybody(coursedir=course.coursedir(), config=course.config())
    again.force = True
    again.start()
    assert page(course, "a;b").is_file()
    assert "50%" not in {Path(folder).parent.name for folder in again.assignments}
    coursedir = course.coursedir()
    coursedir.student_id = "50%"
    with pytest.raises(NbGraderException, match="no page is made of 50%"):
        FeedbackOfEverybody(coursedir=coursedir, config=course.config()).start()


def test_whose_folder_is_gone_is_in_no_list(course, template, tmp_path, monkeypatch, capsys):
    in_this_process(monkeypatch, template)
    monkeypatch.chdir(course.root)
    shutil.rmtree(course.folder(BROKEN).parent)
    ran = grade(course)
    assert BROKEN not in ran.students
    run_report([NAME, "--json", str(tmp_path / "r.json")])
    assert BROKEN not in (tmp_path / "r.json").read_text()
    assert BROKEN not in capsys.readouterr().out


def test_folders_in_the_other_order_are_told(course, template, monkeypatch):
    in_this_process(monkeypatch, template)
    turned = course.root / "autograder/course/submitted" / NAME / "eve"
    turned.mkdir(parents=True)
    (turned / f"{NAME}.ipynb").write_bytes(b"{}")
    assert any(f"{NAME}/eve was not graded" in text for text in grade(course).reporter.said)
