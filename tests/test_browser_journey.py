"""A student and a teacher in a real browser: open, solve wrong and then right, validate, submit, see it listed."""

import getpass
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_course import chromium, copy_course, find_chromium, make_lab, run_in
from playwright.sync_api import Locator, Page, expect

LESSON = "00_start_here"
SLOW = 60_000  # ms for what starts a process (a kernel, Validate) on a busy machine
RAN = re.compile(r"\[\d+\]:")
HINT = "Each total stops one step short."
ONE_STEP_LATE = """\
def running_total(x):
    totals = np.zeros_like(x)
    for t in range(1, len(x)):
        totals[t] = totals[t - 1] + x[t - 1]
    return totals
"""
RAISES = """\
def running_total(x):
    return np.cumsum(y)
"""
RIGHT = """\
def running_total(x):
    return np.cumsum(x)
"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_course(tmp_path_factory.mktemp("browser") / "a course", LESSON)
    run_in(folder, "unrolled", "release", LESSON)
    run_in(folder, "nbgrader", "release_assignment", LESSON)
    return folder


@pytest.fixture(scope="module")
def address(course: Path) -> Iterator[str]:
    with make_lab(course) as address:
        yield address


@pytest.fixture
def page(course: Path, address: str) -> Iterator[Page]:
    if find_chromium() is None:
        message = "no Chromium was found. Debian: apt-get install chromium. Else: make test CHROMIUM=/path/to/chrome"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)  # `make test` needs Python and make only; CI installs Chromium and never comes here
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(SLOW)
        expect.set_options(timeout=SLOW)
        yield page
        page.screenshot(path=course / "last.png")


def test_a_student_finds_the_way_answers_wrong_and_right_and_hands_in(page: Page, address: str, course: Path) -> None:
    page.goto(address)
    expect(page.locator(".jp-RenderedMarkdown h1")).to_contain_text("Where am I?")
    page.get_by_role("menuitem", name="Nbgrader").click()
    expect(page.get_by_role("menuitem", name="Assignment List")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Formgrader")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator(".jp-RenderedMarkdown").get_by_role("link", name="running_total").first.click()
    expect(cell(page, "def running_total")).to_be_in_viewport()  # the link leads to the exercise
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    shot(page, course, "1_exercise")

    run_cell(page, "from unrolled import check, quiz")
    run_cell(page, "check(running_total)")
    message = cell(page, "check(running_total)").locator(".jp-OutputArea-output")
    expect(message).to_contain_text("running_total is not defined yet. Run the cell above")
    expect(answer(page, RAISES)).to_contain_text("in running_total: return np.cumsum(y)")
    message = answer(page, ONE_STEP_LATE)
    expect(message).to_contain_text(HINT)
    expect(message).to_contain_text("x = failing(running_total)")
    expect(message).not_to_contain_text("Traceback")
    expect(message).to_have_count(1)
    shot(page, course, "2_wrong")
    message = answer(page, RIGHT)
    expect(message).to_contain_text("running_total: all")
    expect(message).to_contain_text("1 of 1 exercises of this lesson pass")

    unfold(page, "A memory that is struck once")
    run_cell(page, "def draw_memory(kept)")
    picture = page.locator(".jp-OutputArea-output img")
    before = picture.first.get_attribute("src")
    handle = page.locator(".widget-slider .noUi-handle")
    handle.focus()
    handle.press("ArrowRight")
    expect(picture.first).not_to_have_attribute("src", before or "")
    expect(picture).to_have_count(1)

    run_cell(page, "quiz()")
    choice = page.get_by_role("button", name="It takes points off, fewer the nearer you are.")
    choice.focus()
    choice.press("Enter")
    expect(page.get_by_text("Nothing is counted while you work.").last).to_be_visible()
    shot(page, course, "3_quiz")

    # by now whatever JupyterLab has to announce would be on the screen
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".Toastify__toast")).to_have_count(0)

    write(page, "YOUR ANSWER HERE", "The total so far. It forgets the order.")
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_role("dialog")).to_contain_text("Success! Your notebook passes all the tests.")
    page.get_by_role("dialog").get_by_role("button").last.click()

    # an open tab keeps what it showed first, as the page says: closed, it is opened anew
    page.locator(".lm-TabBar-tab", has_text="progress.md").locator(".lm-TabBar-tabCloseIcon").click()
    page.get_by_role("link", name="Where am I?").last.click()
    done = page.locator(".jp-RenderedMarkdown li", has_text="running_total")
    expect(done).to_contain_text("✔")
    expect(page.locator("td", has_text="1 of 1")).to_be_visible()
    shot(page, course, "4_progress")

    choose(page, "Assignment List")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#submitted_assignments_list")).to_contain_text(LESSON)


def test_a_teacher_collects_grades_and_sees_points_and_kinds(page: Page, course: Path) -> None:
    run_in(course, "nbgrader", "collect", LESSON)
    with make_lab(course, "teach") as address:
        page.goto(address)
        expect(
            page.locator(".jp-RenderedMarkdown h1", has_text="Where am I?")
        ).to_be_visible()  # by now no other page comes to the front
        choose(page, "Formgrader")
        grader = page.frame_locator("iframe")
        row = grader.locator("tr", has_text=LESSON)
        expect(row.locator(".num-submissions")).to_have_text("1")
        row.locator(".num-submissions a").click()
        submission = grader.locator("tbody tr")
        expect(submission).to_contain_text(getpass.getuser())
        submission.locator(".autograde a").click()
        expect(submission.locator(".status")).to_have_text("needs manual grading")
        expect(submission.locator(".score")).to_have_text("2 / 3")

        page.goto(address.replace("tree/progress.md", f"tree/solutions/{LESSON}/{LESSON}.ipynb"))
        page.get_by_role("tab", name="Create Assignment").click()
        panel = page.locator(".nbgrader-CreateAssignmentWidget")
        expect(panel.get_by_label("Total points")).to_have_value("3")


def test_the_page_of_feedback_fits_a_phone(page: Page, course: Path) -> None:
    run_in(course, "nbgrader", "generate_feedback", LESSON)
    (path,) = (course / "autograder" / "course" / "feedback").rglob("*.html")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path.as_uri())
    shot(page, course, "5_feedback_phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for heading in page.locator(".nbgrader_cell .panel-heading").all():
        points, around = heading.locator(".pull-right").bounding_box(), heading.bounding_box()
        assert points is not None and around is not None
        assert points["y"] + points["height"] <= around["y"] + around["height"]  # not over the code below


def shot(page: Page, course: Path, name: str) -> None:
    """Take a picture of the page, to be looked at: beside the course, or in the folder SHOTS names."""
    page.screenshot(path=Path(os.environ.get("SHOTS", course)) / f"{name}.png")


def choose(page: Page, command: str) -> None:
    """Choose one of the commands in nbgrader's menu."""
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name=command).click()


def cell(page: Page, text: str) -> Locator:
    """Return the code cell that holds this text."""
    return page.locator(".jp-CodeCell").filter(has=page.locator(".jp-InputArea", has_text=text))


def run_cell(page: Page, text: str) -> None:
    """Run a cell and wait until it has: its prompt counts one further."""
    prompt = cell(page, text).locator(".jp-InputArea-prompt")
    before = prompt.inner_text()
    cell(page, text).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    expect(prompt).to_have_text(RAN)
    expect(prompt).not_to_have_text(before)


def unfold(page: Page, promise: str) -> None:
    """Open a folded cell, of which the first line is shown, by a click on it."""
    page.locator(".jp-InputPlaceholder", has_text=promise).click()


def write(page: Page, before: str, text: str) -> None:
    """Replace the text of a markdown cell."""
    page.locator(".jp-MarkdownOutput", has_text=before).dblclick()
    page.locator(".jp-MarkdownCell.jp-mod-active .cm-content").click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(text)
    page.keyboard.press("Shift+Enter")


def answer(page: Page, source: str) -> Locator:
    """Write the answer, run it and its check; return what the check says."""
    cell(page, "def running_total").locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(source)
    page.keyboard.press("Shift+Enter")
    run_cell(page, "check(running_total)")
    return cell(page, "check(running_total)").locator(".jp-OutputArea-output")
