"""What does `unrolled site` say and leave behind, when a page shows an answer or a link leads nowhere?"""

from pathlib import Path

import pytest

from unrolled_grader.commands import site
from unrolled_grader.course import choose_lessons, find_root

ROOT = find_root(Path(__file__))
ANSWER = "h = np.tanh(x_t @ W_xh.T + h_prev @ W_hh.T + b_h)"


@pytest.fixture
def made(monkeypatch, tmp_path):
    """Let the verb find one page with this text, and one lesson."""

    def put(text):
        out = tmp_path / "site"

        def build(root, folder, servers):
            folder.mkdir()
            (folder / "index.html").write_text(text)

        monkeypatch.setattr(site, "build_site", build)
        monkeypatch.setattr(site, "lessons", lambda root: choose_lessons(ROOT, ["02"]))
        monkeypatch.chdir(ROOT)
        return out, site.run(["--out", str(out), "--list-links"])

    return put


def test_a_clean_site_is_kept_and_told(made, capsys):
    out, status = made('<a href="index.html">a</a><a href="https://example.org/b">b</a><img src="index.html" alt="c">')
    assert status == 0
    assert (out / "index.html").is_file()
    said = capsys.readouterr().out
    assert "1 pages" in said
    assert "2 links inside, all followed; 1 addresses outside, not fetched\nhttps://example.org/b" in said


def test_a_site_that_shows_an_answer_is_removed(made, capsys):
    out, status = made(f"<pre>{ANSWER}</pre>")
    assert status == 1
    assert not out.exists()
    assert "shows the answer of rnn_step" in capsys.readouterr().err


def test_a_lost_link_and_a_picture_without_a_text_are_faults(made, capsys):
    out, status = made('<a href="lost.html">a</a><img src="index.html">')
    assert status == 1
    assert out.exists()
    said = capsys.readouterr().err
    assert "index.html: lost.html leads nowhere" in said
    assert "index.html: index.html has no text" in said
