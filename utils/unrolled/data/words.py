"""Words out of text, and the rule that says which texts are held out."""

import hashlib
import html
import re
from collections.abc import Iterable, Iterator
from typing import Literal

from unrolled.data.catalogue import DataError

Split = Literal["train", "held_out", "all"]
HELD_OUT_IN_TEN = 1

# English words that begin or end with an apostrophe; elsewhere one at the edge of a word is a quotation mark.
_BEFORE = "'(?:tis|twas|twere|twill|twould|twixt|tween|em|t|s|gainst|scape|scaped|mongst|fore|faith)"
_AFTER = "(?:o|i|a|th|ha|wi)'"
_LETTERS = r"[^\W\d_]+"
_NUMBER = r"\d+(?:[.,]\d+)*(?:st|nd|rd|th|s)?(?!\w)|\d+"
_TOKEN = re.compile(
    rf"(?<!\w){_BEFORE}(?![\w'])|(?<!\w){_AFTER}(?=\s+\w)|{_LETTERS}(?:['-]{_LETTERS})*|{_NUMBER}|--+|\.\.\.+|[^\w\s]"
)
_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "—": "--", "–": "-", "…": "...", "_": " "})


def tokenize(text: str) -> list[str]:
    """Split an English text into words and punctuation marks, in lower case.

    A word keeps its apostrophes and inner hyphens (`didn't`, `'tis`, `to-night`); a number with its decimals is one
    token, `--` and `...` are one each, any other mark stands alone.

    >>> tokenize("I didn't see it -- did you?")
    ['i', "didn't", 'see', 'it', '--', 'did', 'you', '?']
    """
    return _TOKEN.findall(html.unescape(text).translate(_MARKS).replace("''", '"').lower())


_CONTRACTED = rf"{_LETTERS}'(?:t|s|ll|re|ve|d|m)(?![\w'])"  # English: can't, it's, they'll
_CLITIC_TOKEN = re.compile(rf"{_CONTRACTED}|{_LETTERS}'|-t(?=-)|-?{_LETTERS}|{_NUMBER}|[^\w\s]")


def split_clitics(text: str) -> list[str]:
    """Split a French, Spanish or English sentence into words and marks for translation, in lower case: a short word
    that is tied to another stands alone; an English contraction stays whole.

    >>> split_clitics("Qu'a-t-il mangé ?")
    ["qu'", 'a', '-t', '-il', 'mangé', '?']
    >>> split_clitics("I can't.")
    ['i', "can't", '.']
    """
    return _CLITIC_TOKEN.findall(html.unescape(text).translate(_MARKS).lower())


def sentences_of(text: str) -> Iterator[list[str]]:
    """Yield the sentences of a text, tokenized: each ends with its `.`, `!` or `?` (one too at the end, without
    one)."""
    sentence: list[str] = []
    for token in tokenize(text):
        sentence.append(token)
        if token in (".", "!", "?"):
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def is_held_out(key: str) -> bool:
    """Say whether the text with this key is held out. One in ten is, chosen by the SHA-256 of the key alone.

    So the split needs no list and no order, and two equal texts are always on the same side.
    """
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 10 < HELD_OUT_IN_TEN


def wanted(split: Split, held_out: bool) -> bool:
    """Say whether a thing that is held out (or not) belongs to `split`.

    Raises:
        DataError: there is no such split.
    """
    if split not in ("train", "held_out", "all"):
        raise DataError(f'there is no split {split!r}. Use "train", "held_out" or "all".')
    return split == "all" or held_out == (split == "held_out")


def choose_sentences(sentences: Iterable[list[str]], split: Split) -> list[list[str]]:
    """Return those of the tokenized sentences that belong to `split`, by the rule of `is_held_out`."""
    return [tokens for tokens in sentences if wanted(split, is_held_out(" ".join(tokens)))]
