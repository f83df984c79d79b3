"""Does the doctor tell what is on and what is off, by trying, and say what to do?"""

import importlib
from pathlib import Path

import pytest

from unrolled_grader.commands import doctor
from unrolled_grader.commands.doctor import remedies
from unrolled_grader.confine import Layer, one_probe, probe_layers

NAMES = [
    "student process", "user", "namespaces", "file system", "nothing stays", "network", "system calls",
    "resource limits", "memory", "kernel's memory", "full sockets", "memory floor", "time of a cell", "time in all",
    "output", "view",
]  # fmt: skip


@pytest.fixture(scope="module")
def measured() -> list[Layer]:
    return probe_layers("auto")


def test_every_layer_is_on_under_bubblewrap(measured):
    assert [layer.name for layer in measured] == NAMES
    assert [layer for layer in measured if not layer.on] == []


def test_without_confinement_the_walls_are_seen_to_be_off():
    off = {layer.name for layer in probe_layers("none") if not layer.on}
    assert {"namespaces", "file system", "nothing stays", "network", "system calls"} <= off


def course(tmp_path: Path) -> Path:
    (tmp_path / "nbgrader_config.py").write_text("")
    return tmp_path


def test_it_exits_with_0_where_grading_is_possible(measured, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(course(tmp_path))
    (tmp_path / "source/ps1").mkdir(parents=True)
    monkeypatch.setattr(doctor, "probe_layers", lambda **hidden: measured)
    assert doctor.run([]) == 0
    report = capsys.readouterr().out
    assert "Grading is possible here, with student code confined." in report
    assert "torch 2" in report
    assert "alembic at" in report
    assert not (tmp_path / "autograder").exists(), "a look makes nothing"


def test_it_exits_with_1_and_a_remedy_where_a_layer_is_off(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(course(tmp_path))
    measured = [Layer("user", True, "fine"), Layer("network", False, "reached a server")]
    monkeypatch.setattr(doctor, "probe_layers", lambda **hidden: measured)
    assert doctor.run([]) == 1
    report = capsys.readouterr().out
    assert "NO  network:" in report
    assert "do: " in report
    assert "--isolation none" in report


def test_a_machine_too_busy_to_measure_gets_no_verdict(template, tmp_path, monkeypatch, capsys):
    probes = {probe.name: probe for probe in importlib.import_module("unrolled_grader.confine.probes").PROBES}
    monkeypatch.setattr(one_probe, "PATIENCE", 0.001)
    (layer,) = [one_probe.measure(template, probes["user"])]
    assert (layer.on, layer.measured) == (False, False) and "not measured: it took more than" in layer.detail
    monkeypatch.chdir(course(tmp_path))
    (tmp_path / "source/ps1").mkdir(parents=True)
    monkeypatch.setattr(doctor, "probe_layers", lambda **hidden: [layer])
    assert doctor.run([]) == 1
    report = capsys.readouterr().out
    assert "??  user:" in report and "run `unrolled doctor` again" in report
    assert "could not be found out" in report and "not possible" not in report and "--isolation none" not in report


def test_it_exits_with_1_outside_a_course(measured, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "probe_layers", lambda **hidden: measured)
    assert doctor.run([]) == 1
    assert "cd into the course's folder" in capsys.readouterr().out


def test_an_exchange_that_cannot_be_written_to_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    finding = doctor.exchange(blocked / "exchange")
    assert not finding.good
    assert str(blocked) in finding.text


def test_a_missing_package_and_a_missing_alembic_are_named(monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "no-such-package"))
    monkeypatch.setattr(doctor.shutil, "which", lambda name, path: None)
    bad = [finding for finding in doctor.software() if not finding.good]
    assert ["no-such-package" in bad[0].text, "alembic" in bad[1].text] == [True, True]
    assert {finding.remedy for finding in bad} == {"make setup"}


def test_data_that_was_not_downloaded_is_named_but_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    (finding,) = doctor.data()
    assert (finding.good, finding.needed) == (False, False)
    assert "shakespeare" in finding.text
    assert "unrolled data get" in finding.remedy


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "user.max_user_namespaces=15000"),
    ],
)
def test_a_switch_that_refuses_namespaces_is_found_with_its_remedy(tmp_path, name, value, words):
    switch = tmp_path / "proc/sys" / name
    switch.parent.mkdir(parents=True)
    switch.write_text(f"{value}\n")
    (remedy,) = remedies(tmp_path)
    assert words in remedy
    switch.write_text("7\n")
    assert remedies(tmp_path) == []


def test_a_container_is_told_which_options_to_start_it_with(tmp_path):
    (tmp_path / ".dockerenv").touch()
    (remedy,) = remedies(tmp_path)
    assert "--security-opt seccomp=unconfined" in remedy
    assert "systempaths=unconfined" in remedy
