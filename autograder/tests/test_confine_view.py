"""Does a student's process see what Python and the course need, and nothing else, whatever the prefix of Python?"""

import os
import sys
from pathlib import Path

import pytest

from unrolled_grader.confine import bubblewrap, open_template, probe_layers

PYTHON = bubblewrap.PYTHON


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Make a folder like /usr/local, with a Python and much else in it."""
    made = tmp_path / "local"
    for name in (
        f"bin/{PYTHON}", "bin/admin-tool", f"lib/{PYTHON}/os.py", "lib/libpython3.so.1.0", "lib/R/secret",
        "share/nbgrader/exchange/01/inbound/ada.ipynb", "share/zoneinfo/UTC", "share/man/x", "etc/secret", "src/secret",
    ):  # fmt: skip
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text("x")
    (made / "bin/python3").symlink_to(PYTHON)
    return made


def shown(prefix: Path) -> set[str]:
    return {os.path.relpath(path, prefix) for path in bubblewrap._of_prefix(str(prefix))}


def test_of_a_shared_prefix_python_is_seen_and_nothing_else(prefix):
    needed = {f"bin/{PYTHON}", "bin/python3", f"lib/{PYTHON}", "lib/libpython3.so.1.0", "share/zoneinfo"}
    assert shown(prefix) == needed


def test_of_condas_prefix_all_libraries_are_seen(prefix):
    (prefix / "conda-meta").mkdir()
    assert "lib" in shown(prefix) and not any(name.startswith("share/nb") for name in shown(prefix))


def test_a_student_sees_no_exchange_in_the_prefix_of_python(prefix, monkeypatch):
    monkeypatch.setattr(sys, "exec_prefix", str(prefix))
    with open_template("bubblewrap", warm=()) as template, template.start() as student:
        found = student.run_cell(
            f"import os; print(sorted(os.path.join(w, f) for w, _, fs in os.walk({str(prefix)!r}) for f in fs))"
        )
    text = found.outputs[0]["text"]
    assert "os.py" in text
    for hidden in ("ada.ipynb", "admin-tool", "secret", "man/x"):
        assert hidden not in text


def test_a_course_that_lies_within_the_view_is_covered(prefix, monkeypatch):
    course = prefix / "lib" / PYTHON / "course"
    course.mkdir()
    (course / "nbgrader_config.py").write_text("c = get_config()")
    (course / "gradebook.db").write_text("x")
    monkeypatch.setattr(sys, "exec_prefix", str(prefix))
    monkeypatch.chdir(course)
    with open_template("bubblewrap", warm=()) as template, template.start() as student:
        found = student.run_cell(f"import os; print(os.listdir({str(course)!r}))")
    assert found.outputs[0]["text"].strip() == "[]"


def test_doctor_compares_the_view_with_the_list(tmp_path):
    layers = {layer.name: layer for layer in probe_layers(hidden=[tmp_path])}
    assert layers["view"].on, layers["view"]
    assert "each on the list" in layers["view"].detail


def test_doctor_tells_where_a_place_of_the_course_is_seen():
    seen = Path(bubblewrap.package_folder())
    hidden = Path(next(inside for outside, inside in bubblewrap.view().bound if outside != str(seen)))
    layers = {layer.name: layer for layer in probe_layers(hidden=[hidden])}
    assert not layers["view"].on and str(hidden) in layers["view"].detail
