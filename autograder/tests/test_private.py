"""On a machine that several people share: can another account read what only those who grade may read, or hand in as
somebody else? Three real accounts try: the instructor is who runs the tests (root), two students are others."""

import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from class_run import grade
from grade_course import NAME, Course, make_course
from nbgrader.exchange import ExchangeFactory

from unrolled_grader.commands import doctor
from unrolled_grader.private import seen_by_others

ANN, BOB = [account for account in pwd.getpwall() if account.pw_uid not in (0, os.geteuid())][:2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several accounts: run it as root, as CI does")


def as_account(account: pwd.struct_passwd, work: Callable[[], object]) -> str:
    """Do something in a process of another account; return the name of the exception that it raised, or nothing."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            work()
            os.write(write, b"")
        except BaseException as error:
            os.write(write, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        return pipe.read().decode()


@pytest.fixture(scope="module")
def course() -> Iterator[Course]:
    """Yield a graded course in a folder that everybody may enter, made with the rights that most systems give."""
    before = os.umask(0o022)
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        made = make_course(folder / "course")
        made.submit(ANN.pw_name, made.solved())
        grade(made)
        yield made
    finally:
        os.umask(before)
        shutil.rmtree(folder)


def reader(path: Path) -> Callable[[], object]:
    return (lambda: os.listdir(path)) if path.is_dir() else path.read_bytes


@as_root
def test_another_account_reads_no_answer_gradebook_seed_or_work_of_others(course):
    records = course.root / "autograder/course"
    private = [course.root / "solutions", *(course.root / "solutions").rglob("*"), records, *records.rglob("*")]
    assert len([path for path in private if path.is_file()]) > 10
    assert {"gradebook.db", "seeds", "submitted", "autograded", "exercises.py"} <= {path.name for path in private}
    read = [path for path in private if as_account(BOB, reader(path)) != "PermissionError"]
    assert read == []
    assert as_account(BOB, reader(course.root / "notebooks" / NAME / f"{NAME}.ipynb")) == "", "this one they may read"


@as_root
def test_the_doctor_sees_what_another_account_sees(course):
    told = doctor.privacy(course.coursedir())
    assert [finding.good for finding in told] == [True], told
    seeds = course.root / "autograder/course/seeds"
    seed = next(seeds.iterdir())
    for path, mode in ((seeds.parent, 0o711), (seeds, 0o755), (seed, 0o644)):
        path.chmod(mode)
    try:
        assert as_account(BOB, reader(seed)) == ""
        told = [finding for finding in doctor.privacy(course.coursedir()) if not finding.good]
        assert [finding.text.split(":")[0] for finding in told] == ["records"] and str(seeds) in told[0].text
        assert told[0].remedy == f"chmod go-rwx {seeds.parent}"
    finally:
        seeds.parent.chmod(0o700)


@as_root
def test_nobody_hands_in_as_somebody_else(course, caplog):
    inbound = course.root / "autograder/exchange/unrolled/inbound"
    inbound.mkdir(parents=True)
    inbound.chmod(0o733)  # as nbgrader makes it
    own, forged = (f"{ANN.pw_name}+{NAME}+2026-01-0{day} 00:00:00 UTC" for day in (1, 2))

    def hand_in(name: str, text: str) -> None:
        (inbound / name).mkdir()
        (inbound / name / f"{NAME}.ipynb").write_text(text)

    assert as_account(ANN, lambda: hand_in(own, "her own")) == ""
    assert as_account(BOB, lambda: hand_in(forged, "in her name")) == ""
    assert as_account(BOB, lambda: os.listdir(inbound)) == "PermissionError"
    shutil.rmtree(course.folder(ANN.pw_name))
    config = course.config()
    collect = ExchangeFactory(config=config).Collect(coursedir=course.coursedir(), config=config)
    collect.log.propagate = True
    collect.start()
    assert (course.folder(ANN.pw_name) / f"{NAME}.ipynb").read_text() == "her own"
    assert f"{forged} was not collected: {BOB.pw_name} handed it in under another name" in caplog.text
    assert not [folder for folder in course.folder(ANN.pw_name).parents[1].iterdir() if "laid" in folder.name]


@pytest.mark.parametrize(
    "modes, seen",
    [((0o755, 0o755, 0o644), True), ((0o700, 0o755, 0o644), False), ((0o711, 0o711, 0o600), False),
     ((0o711, 0o711, 0o644), True), ((0o711, 0o755, 0o600), True), ((0o755, 0o700, 0o644), False)],
)  # fmt: skip
def test_what_others_see_hangs_on_every_folder_on_the_way(modes, seen):
    with tempfile.TemporaryDirectory() as made:
        top = Path(made)
        top.chmod(0o755)
        (top / "course/seeds").mkdir(parents=True)
        (top / "course/seeds/02.json").write_text("{}")
        for path, mode in zip(("course", "course/seeds", "course/seeds/02.json"), modes, strict=True):
            (top / path).chmod(mode)
        assert (seen_by_others(top / "course/seeds") is not None) == seen
        assert stat.S_IMODE((top / "course").stat().st_mode) == modes[0], "a look changes nothing"
