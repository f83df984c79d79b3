"""Are melodies in ABC notation read as a musician would read them?"""

from fractions import Fraction
from typing import Any

import pytest

from unrolled.data import read_abc

HEADER = "X:1\nT:A tune % not to be sung\nR:Reel\nM:C|\nL:1/8\n"


def tune(body: str, key: str = "C") -> Any:
    return read_abc(f"{HEADER}K:{key}\n{body}")


def pitches(body: str, key: str = "C") -> list[Any]:
    return [note.pitch for note in tune(body, key).notes]


def lengths(body: str) -> list[str]:
    return [str(note.length) for note in tune(body).notes]


def bars(body: str) -> list[Any]:
    return [note.bar for note in tune(body).notes]


def test_the_header_says_what_the_tune_is():
    read = tune("c", "D")
    assert (read.title, read.kind, read.metre, read.unit, read.tonic) == ("A tune", "reel", "2/2", Fraction(1, 8), 2)


def test_letters_commas_and_apostrophes_are_octaves():
    assert pitches("C, C c c' B") == [48, 60, 72, 84, 71]


@pytest.mark.parametrize(
    ("key", "f_and_b"),
    [("C", [65, 71]), ("G", [66, 71]), ("F", [65, 70]), ("Am", [65, 71]), ("A Minor", [65, 71]), ("Edor", [66, 71])]
    + [("Dmix % one sharp", [66, 71]), ("Glyd", [66, 71]), ("Bb", [65, 70]), ("EM", [66, 71]), ("Gm", [65, 70])],
)
def test_the_key_raises_and_lowers_notes(key, f_and_b):
    assert pitches("FB", key) == f_and_b


def test_an_accidental_holds_to_the_end_of_its_bar_and_in_its_octave():
    assert pitches("^F F f | F _B =B", "C") == [66, 66, 77, 65, 70, 71]


def test_lengths_multiply_and_divide():
    assert lengths("c c2 c/ c// c3/2 c/3 z4") == ["1", "2", "1/2", "1/4", "3/2", "1/3", "4"]


def test_broken_rhythm_gives_one_note_what_the_other_loses():
    assert lengths("c>d e<f g>>a") == ["3/2", "1/2", "1/2", "3/2", "7/4", "1/4"]


def test_a_tuplet_squeezes_its_notes_and_only_those():
    assert lengths("(3cde f (3:2:2 ga b") == ["2/3", "2/3", "2/3", "1", "2/3", "2/3", "1"]


def test_bar_lines_of_all_kinds_end_a_bar_and_two_in_a_row_end_one():
    assert bars("|: c d | e :|\n|: f |1 g :|2 a || b |]") == [0, 0, 1, 2, 3, 4, 5]


def test_of_a_chord_the_highest_note_is_read():
    assert pitches("[CEc]2 [B,D]") == [72, 62]
    assert lengths("[CEc]2 [B,2D2]") == ["2", "2"]


def test_rests_are_notes_without_a_pitch():
    assert pitches("c z d") == [72, None, 74]


def test_ornaments_fingerings_words_and_comments_are_left_out():
    assert pitches('u"4"e {gf}~c !trill!.d (ef) T[I:x] % abc\nw: a b c\nA') == [76, 72, 74, 76, 77, 69]


def test_a_key_may_change_on_the_way():
    assert pitches("F [K:G] F\nK:C\nF") == [65, 66, 65]


@pytest.mark.parametrize("text", ["X:1\nABc", "X:1\nK:H\nABc", "X:1\nK:Cfoo\nABc"])
def test_a_tune_without_a_key_that_can_be_read_is_refused(text):
    with pytest.raises(ValueError, match="key"):
        read_abc(text)
