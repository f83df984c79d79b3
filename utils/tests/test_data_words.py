"""Are words taken out of text as documented, and is the split fixed and honest?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.data import DataError, tokenize
from unrolled.data.words import choose_sentences, is_held_out, sentences_of, wanted


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("I didn't see it.", ["i", "didn't", "see", "it", "."]),
        ("We’ve seen ‘it’ — twice…", ["we've", "seen", "'", "it", "'", "--", "twice", "..."]),
        ("'Tis he; th' empire's 'em", ["'tis", "he", ";", "th'", "empire's", "'em"]),
        ("he said 'hello' to o' them", ["he", "said", "'", "hello", "'", "to", "o'", "them"]),
        ("to-night, sea-captain -- go!", ["to-night", ",", "sea-captain", "--", "go", "!"]),
        ("the 21st of 1990s cost 3.50 or 1,000", ["the", "21st", "of", "1990s", "cost", "3.50", "or", "1,000"]),
        ("''Star Wars'' &amp; more", ['"', "star", "wars", '"', "&", "more"]),
        ("cliché Ærø", ["cliché", "ærø"]),
        ("no_man 4ever", ["no", "man", "4", "ever"]),
        ("", []),
    ],
)
def test_text_becomes_these_tokens(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


@given(st.text(alphabet=st.characters(exclude_characters="_&", exclude_categories=["Cs", "Cc"])))
def test_no_letter_digit_or_mark_is_lost(text: str) -> None:
    def bare(some: str) -> str:
        return "".join(some.translate(str.maketrans("–", "-", "'\"’‘“”")).replace("—", "--").lower().split())

    joined = bare("".join(tokenize(text)).replace("...", "…"))
    assert joined == bare(text.replace("...", "…"))


def test_sentences_end_with_their_mark_and_the_last_may_lack_one() -> None:
    assert list(sentences_of("Who's there? Nay,\nanswer me: stand! Say")) == [
        ["who's", "there", "?"],
        ["nay", ",", "answer", "me", ":", "stand", "!"],
        ["say"],
    ]


def test_the_split_is_fixed_for_ever() -> None:
    """These answers may never change: they would move sentences a model was trained on to the other side."""
    words = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog"]
    assert [word for word in words if is_held_out(word)] == ["jumps", "a"]
    share = sum(is_held_out(str(number)) for number in range(10_000)) / 10_000
    assert 0.09 < share < 0.11


def test_each_sentence_is_on_one_side_only() -> None:
    sentences = [[str(number % 300)] for number in range(1000)]
    train, held_out = (choose_sentences(sentences, split) for split in ("train", "held_out"))
    assert len(train) + len(held_out) == len(choose_sentences(sentences, "all")) == 1000
    assert held_out and not {tuple(tokens) for tokens in train} & {tuple(tokens) for tokens in held_out}


def test_a_split_that_is_not_there_is_refused() -> None:
    with pytest.raises(DataError, match="'test'.*held_out"):
        wanted("test", True)  # type: ignore[arg-type]  # the mistake that is tested
