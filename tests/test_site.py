"""The static site, built anew and opened from its folder in a real browser: does it need nothing but that folder?"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser_course import ROOT, chromium, find_chromium
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from unrolled_grader.course import CourseError, lessons
from unrolled_grader.site.build import CONFIGURATION, build_site, run_sphinx
from unrolled_grader.site.shown import Page, leaks_of_pages, lost_links, read_pages
from unrolled_grader.site.start import BUNDLE, Servers

LESSON = "lessons/02_vanilla_rnn.html"
ANSWER = "return np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)"  # of rnn_step
NARROW, WIDE = 390, 1280
SLOW = 60_000  # ms, on a busy machine
FORMULAS_READY = "() => !window.MathJax || MathJax.startup.promise.then(() => true)"
FORMULAS = "() => ['.math', '.math:has(mjx-container > svg)'].map((one) => document.querySelectorAll(one).length)"
TOO_WIDE = "() => document.documentElement.scrollWidth - window.innerWidth"
CUT_OFF = """() => {
    const scrolls = (it) => it.tagName !== "ARTICLE"
        && (/auto|scroll/.test(getComputedStyle(it).overflowX) || scrolls(it.parentElement));
    const beyond = (it) => it.getBoundingClientRect().right > window.innerWidth + 1 && !it.closest("svg");
    return [...document.querySelectorAll("article *")].filter((it) => beyond(it) && !scrolls(it))
        .map((it) => `${it.tagName} ${it.className}`);
}"""  # the theme hides what is too wide: it would be lost, and the page no wider
WRONG_FORMULA = 'mjx-container :is([data-mml-node="merror"], [fill="red"])'  # MathJax shows an unknown macro in red
IN_VIEW = "(it) => { const at = it.getBoundingClientRect(); return at.left >= 0 && at.right <= window.innerWidth; }"
LIGHTNESS = (
    "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "a site"
    build_site(ROOT, folder, Servers())
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> list[Page]:
    return read_pages(site)


# --- what is written on the pages -------------------------------------------------------------------------


def test_every_lesson_and_every_page_for_readers_is_there(site: Path) -> None:
    asked = [f"lessons/{paths.name}" for paths in lessons(ROOT)]
    asked += [path.stem for path in (ROOT / "docs").glob("*.md")]
    asked += [f"reference/{path.stem}" for path in (ROOT / "notebooks/reference").glob("*.md")]
    assert not [name for name in (*asked, "index", "start", "architecture") if not (site / f"{name}.html").is_file()]
    assert (site / ".nojekyll").is_file(), "or GitHub Pages leaves out _static"
    assert list(site.rglob(BUNDLE)), "the zip that lessons tell readers to download"


def test_no_page_shows_an_answer(site: Path, pages: list[Page]) -> None:
    assert not leaks_of_pages(site, pages, lessons(ROOT))
    assert not [page.path.name for page in pages if ANSWER in "".join(page.code)], "not in a later lesson either"


def test_an_answer_on_a_page_is_found(tmp_path: Path) -> None:
    """Highlighted as Sphinx does it, each word in an element of its own."""
    marked = re.sub(r"(\w+)", r"<span>\1</span>", ANSWER)
    (tmp_path / "lessons").mkdir()
    for name in ("index.html", "lessons/02_vanilla_rnn.html"):
        (tmp_path / name).write_text(f"<p>prose</p><pre>{marked}</pre>")
    found = leaks_of_pages(tmp_path, read_pages(tmp_path), lessons(ROOT)[:4])
    assert {leak.split("/")[0] for leak in found if "the answer of rnn_step" in leak} == {"index.html", "lessons"}


def test_links_lead_somewhere_and_pictures_have_a_text(site: Path, pages: list[Page]) -> None:
    assert sum(len(page.links) for page in pages) > 1000
    assert not lost_links(site, pages)
    assert not [(page.path.name, picture) for page in pages for picture in page.silent_pictures]


def test_a_lost_link_and_a_silent_picture_are_found(tmp_path: Path) -> None:
    (tmp_path / "one.html").write_text('<a href="two.html#here">a</a> <a href="#there">b</a> <img src="two.html">')
    (tmp_path / "two.html").write_text('<a href="one.html">c</a> <a href="https://example.org/lost">d</a>')
    lost = lost_links(tmp_path, read_pages(tmp_path))
    assert [message.split(" leads")[0] for message in lost] == ["one.html: two.html#here", "one.html: #there"]
    assert [page.silent_pictures for page in read_pages(tmp_path)] == [["two.html"], []]


def test_a_link_to_nothing_stops_the_build(tmp_path: Path) -> None:
    pages, copied = tmp_path / "pages", tmp_path / "copied"
    pages.mkdir()
    copied.mkdir()
    (pages / "index.md").write_text("# A page\n\n[one](index.md) [two](#a-page) [three](missing.md)\n")
    with pytest.raises(CourseError, match="index.md:3: .* not found: 'missing.md'"):
        run_sphinx(ROOT / CONFIGURATION, pages, copied, tmp_path / "made")


def test_a_folder_that_is_no_clone_is_told(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="made in a clone of the course's repository"):
        build_site(tmp_path, tmp_path / "site", Servers())


def test_the_first_page_shows_what_check_really_says(pages: list[Page]) -> None:
    (first,) = [page for page in pages if page.path.name == "index.html"]
    said = [text for text in first.code if text.startswith("softmax, ")]
    assert len(said) == 2
    assert "nan; NaN appears" in said[0]
    assert "How many distributions" in said[1]


# --- in a browser -----------------------------------------------------------------------------------------

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if find_chromium() is None:
        message = "no Chromium was found. Debian: apt-get install chromium. Else: make test CHROMIUM=/path/to/chrome"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)  # `make test` needs Python and make only; CI installs Chromium and never comes here
    expect.set_options(timeout=SLOW)
    with chromium() as browser:
        yield browser


@contextmanager
def opened(browser: Browser, site: Path, width: int = WIDE, theme: str = "light") -> Iterator[Tab]:
    """Open a tab in which every request that leaves the folder, and every error, fails the test at its end."""
    tab = browser.new_page(viewport={"width": width, "height": 850}, color_scheme=theme)  # type: ignore[arg-type]
    tab.set_default_timeout(SLOW)
    wrong: list[str] = []
    inside = site.as_uri() + "/"
    tab.on("request", lambda request: None if request.url.startswith((inside, "data:")) else wrong.append(request.url))
    tab.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    try:
        yield tab
    finally:
        tab.close()
    assert not wrong


def show(tab: Tab, site: Path, page: str) -> None:
    tab.goto((site / page).as_uri())
    tab.wait_for_function(FORMULAS_READY)


def test_every_page_fits_a_telephone_and_draws_its_formulas(browser: Browser, site: Path, pages: list[Page]) -> None:
    drawn = 0
    with opened(browser, site, NARROW, "dark") as tab:
        for page in pages:
            name = page.path.relative_to(site).as_posix()
            show(tab, site, name)
            assert tab.evaluate(TOO_WIDE) <= 0, name
            assert not tab.evaluate(CUT_OFF), name
            asked, done = tab.evaluate(FORMULAS)
            assert asked == done, name
            assert tab.locator(WRONG_FORMULA).count() == 0, name
            drawn += done
    assert drawn > 500


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_lesson_is_read_in_both_themes_at_both_widths(
    browser: Browser, site: Path, width: int, theme: str, tmp_path: Path
) -> None:
    with opened(browser, site, width, theme) as tab:
        show(tab, site, LESSON)
        assert tab.evaluate(TOO_WIDE) <= 0
        assert not tab.evaluate(CUT_OFF)
        assert (tab.evaluate(LIGHTNESS) > 600) == (theme == "light")
        figure = tab.locator("img.unrolled-figure").first
        assert (figure.evaluate("it => getComputedStyle(it).filter") == "none") == (theme == "light")
        assert figure.evaluate("it => it.naturalWidth") > 300
        hint = tab.locator("details", has=tab.locator("summary", has_text="Hint 1")).first
        expect(hint.locator("p").first).to_be_hidden()
        hint.locator("summary").first.click()
        expect(hint.locator("p").first).to_be_visible()
        tab.screenshot(path=tmp_path / f"{width}_{theme}.png")


def test_a_quiz_says_why_and_counts_first_choices(browser: Browser, site: Path) -> None:
    with opened(browser, site) as tab:
        show(tab, site, LESSON)
        first, second = (tab.locator(".question").nth(i) for i in (0, 1))
        score = tab.locator(".score")
        expect(score).to_be_hidden()
        first.locator(".wrong summary").first.click()
        expect(first.locator(".wrong .why").first).to_contain_text("Not quite.")
        first.locator(".right summary").click()
        expect(first.locator(".right .why")).to_contain_text("Right.")
        second.locator(".right summary").click()
        expect(score).to_contain_text("1 of 2 right at the first choice")
        score.get_by_role("button").click()
        expect(score).to_be_hidden()
        expect(second.locator(".why").first).to_be_hidden()


def test_the_search_finds_a_word(browser: Browser, site: Path) -> None:
    with opened(browser, site) as tab:
        show(tab, site, "index.html")
        tab.locator(".sidebar-search").fill("perplexity")
        tab.keyboard.press("Enter")
        found = tab.locator("#search-results ul.search a")
        expect(found.filter(has_text="Counting sequences").first).to_be_visible()
        found.filter(has_text="Counting sequences").first.click()
        expect(tab.locator("h1")).to_contain_text("01")


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_the_figure_of_the_first_page_follows_its_sliders(browser: Browser, site: Path, width: int) -> None:
    with opened(browser, site, width) as tab:
        show(tab, site, "index.html")
        told, weight, gate = tab.locator(".memory output"), *tab.locator(".memory input").all()
        expect(told).to_contain_text("the LSTM's cell 13%")
        before = tab.locator(".memory .rnn.curve").get_attribute("d")
        weight.fill("1")
        gate.fill("1")
        expect(told).to_contain_text("the LSTM's cell 100%")
        assert tab.locator(".memory .rnn.curve").get_attribute("d") != before


def test_a_keyboard_reaches_the_side_bars_of_a_narrow_page_where_they_are_seen(browser: Browser, site: Path) -> None:
    with opened(browser, site, NARROW) as tab:
        show(tab, site, LESSON)
        for piece in (".sidebar-search", ".toc-drawer li li a"):
            inside = tab.locator(piece).first
            inside.focus()
            tab.wait_for_function(IN_VIEW, arg=inside.element_handle())


def test_on_paper_there_is_no_dark_figure_and_no_side_bar(browser: Browser, site: Path) -> None:
    with opened(browser, site, theme="dark") as tab:
        show(tab, site, LESSON)
        tab.emulate_media(media="print")
        expect(tab.locator(".sidebar-drawer")).to_be_hidden()
        assert tab.evaluate(LIGHTNESS) > 600
        assert tab.locator("img.unrolled-figure").first.evaluate("it => getComputedStyle(it).filter") == "none"


def test_without_a_script_a_page_still_says_all(browser: Browser, site: Path) -> None:
    tab = browser.new_page(java_script_enabled=False)
    tab.goto((site / LESSON).as_uri())
    choice = tab.locator(".question .wrong").first
    choice.locator("summary").click()
    expect(choice.locator(".why")).to_be_visible()
    tab.goto((site / "index.html").as_uri())
    expect(tab.get_by_text("The figure needs JavaScript")).to_be_visible()
    tab.close()
