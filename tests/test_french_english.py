"""Is the synthetic French-English corpus correct French and English, and is its split honest?"""

import re
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from unrolled.data import DataError, french_english_pairs, load_pairs, split_clitics

FOLDER = Path(__file__).parents[1] / "solutions/11_capstone"  # the grammar is kept there: see its make_data.py
sys.path.insert(0, str(FOLDER))
import french_clauses as clauses  # noqa: E402  it lies in FOLDER
import french_corpus as corpus  # noqa: E402  it lies in FOLDER
import french_phrases as phrases  # noqa: E402  it lies in FOLDER
import french_sentences as sentences  # noqa: E402  it lies in FOLDER
from french_lexicon import lexicon, starts_with_vowel  # noqa: E402  it lies in FOLDER

sys.path.remove(str(FOLDER))

PAIRS = french_english_pairs("all")
GRAMMAR = corpus.corpus()
FRENCH = [french for french, _ in PAIRS]
ENGLISH = [english for _, english in PAIRS]


def words_before_a_vowel(sentence: str) -> set[str]:
    """Return the words of a sentence that stand right before a vowel sound."""
    aspirated = ("haricot", "hibou")
    words = re.findall(r"[^\W\d]+'?", sentence)
    pairs = zip(words, words[1:], strict=False)
    return {first.lower() for first, second in pairs if starts_with_vowel(second, second.startswith(aspirated))}


def test_there_are_at_least_20_000_distinct_pairs_and_always_the_same() -> None:
    assert len(set(PAIRS)) == len(PAIRS) >= 20_000
    assert [(pair.french, pair.english) for pair in GRAMMAR] == PAIRS


def test_the_first_sentence_of_the_lesson_is_among_the_training_pairs() -> None:
    assert ("Je suis étudiant.", "I am a student.") in french_english_pairs()


def test_no_english_sentence_is_on_both_sides() -> None:
    train, held_out = french_english_pairs("train"), french_english_pairs("held_out")
    assert {english for _, english in train}.isdisjoint(english for _, english in held_out)
    assert len(train) + len(held_out) == len(PAIRS) and len(held_out) > 2_000


def test_no_held_out_combination_is_in_the_training_part() -> None:
    sides = defaultdict(set)
    for pair in GRAMMAR:
        for combination in pair.combinations:
            sides[combination].add(corpus.is_held_out(pair))
    new = [combination for combination, seen in sides.items() if seen == {True}]
    assert len(new) > 100
    for english in ("black cat", "red car", "green door"):
        told = [pair for pair in GRAMMAR if english in pair.combinations]
        assert all(english in pair.english or "s" in pair.english for pair in told)


def test_a_held_out_sentence_has_a_combination_that_no_training_sentence_has() -> None:
    trained = {c for pair in GRAMMAR if not corpus.is_held_out(pair) for c in pair.combinations}
    for pair in GRAMMAR:
        assert corpus.is_held_out(pair) == (not pair.combinations <= trained)


def test_one_french_sentence_has_one_translation() -> None:
    assert len(set(FRENCH)) == len(FRENCH)


def test_the_grammar_never_says_one_french_sentence_in_two_ways_of_english() -> None:
    rng, said = np.random.default_rng(4), defaultdict(set)
    for _ in range(20_000):
        pair = corpus.draw(rng)
        said[pair.french].add(pair.english)
    assert not {french: english for french, english in said.items() if len(english) > 1}


def test_a_thing_has_one_colour_one_size_and_one_age() -> None:
    rng = np.random.default_rng(3)
    for _ in range(3000):
        english = sentences.quality(rng).english
        words = set(english.rstrip(".?").split())
        assert all(len(words & group) < 2 for group in sentences.GROUPS), english


def test_one_is_at_the_station_and_in_the_garden() -> None:
    text = " ".join(FRENCH)
    assert " à la gare" in text and "dans le jardin" in text
    assert not re.search(r"dans (la gare|l'aéroport|le restaurant|le musée|l'hôtel|le bureau)", text)


def test_every_sentence_begins_with_a_capital_and_ends_with_its_mark() -> None:
    for french, english in PAIRS:
        assert french[0].isupper() and english[0].isupper()
        assert (french.endswith(" ?") and english.endswith("?")) or (french[-1] == english[-1] == ".")
        assert "  " not in french + english


def test_short_words_lose_their_vowel_before_a_vowel() -> None:
    never = {"le", "la", "je", "ne", "de", "que", "ce", "du", "au", "ma", "ta", "sa"}
    for sentence in FRENCH:
        assert not words_before_a_vowel(sentence) & never, sentence


def test_no_word_loses_its_vowel_before_a_consonant_or_an_aspirated_h() -> None:
    tied = re.compile(r"'([^\W\d]+)")
    for sentence in FRENCH:
        for word in tied.findall(sentence):
            assert word == "y" or starts_with_vowel(word, word.startswith(("haricot", "hibou"))), sentence


def test_prepositions_and_articles_are_contracted() -> None:
    for sentence in FRENCH:
        assert not re.search(r"\b(de|à) (le|les)\b", sentence), sentence


def test_bel_vieil_and_nouvel_stand_before_a_vowel_only() -> None:
    for sentence in FRENCH:
        words = sentence.split(" ")
        for word, following in zip(words, words[1:], strict=False):
            if word.lower() in ("bel", "vieil", "nouvel", "cet"):
                assert starts_with_vowel(following), sentence


def test_a_or_an_follows_the_sound() -> None:
    for sentence in ENGLISH:
        assert not re.search(r"\b[Aa] [aeiouAEIO]", sentence), sentence
        assert not re.search(r"\b[Aa]n [^aeiouAEIOU]", sentence), sentence


def test_adjectives_agree_with_their_noun() -> None:
    words = lexicon()
    nouns = {form: (noun.gender, plural) for noun in words.nouns.values() if noun.french != noun.plural
             for form, plural in ((noun.french, False), (noun.plural, True))}  # fmt: skip
    after = {}
    for adjective in words.adjectives.values():
        for form in (adjective.m, adjective.f, adjective.m_plural, adjective.f_plural):
            after[form] = adjective
    seen = 0
    for sentence in FRENCH:
        tokens = re.findall(r"[\w-]+", sentence)
        for noun, adjective in zip(tokens, tokens[1:], strict=False):
            if noun in nouns and adjective in after and not after[adjective].before:
                seen += 1
                assert adjective == after[adjective].form(*nouns[noun]), sentence
    assert seen > 3_000


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        (("je", "ai", "de", "le", "pain"), "j'ai du pain"),
        (("à", "le", "hôtel"), "à l'hôtel"),
        (("à", "les", "hôtels"), "aux hôtels"),
        (("de", "le", "hibou"), "du hibou"),
        (("est-ce que", "il", "ne", "y", "a", "pas", "de", "eau"), "est-ce qu'il n'y a pas d'eau"),
        (("de", "la", "eau"), "de l'eau"),
    ],
)
def test_words_are_joined_as_french_writes_them(words: tuple[str, ...], joined: str) -> None:
    assert phrases.join_french(words) == joined


def clause(person: int, verb: str, tense: str, negation: str = "", modal: str | None = None) -> clauses.Clause:
    french, english, number, gender = phrases.PRONOUNS[person]
    who = {"she": "he", "we": "they"}.get(english, english)
    verbs = lexicon().verbs
    subject = phrases.Subject((french,), (english,), gender, number > 2, person=number, who=who, pronoun=french)
    return clauses.Clause(subject, verbs[verb], tense, negation, verbs[modal] if modal else None)


@pytest.mark.parametrize(
    ("made", "french", "english"),
    [
        (clause(5, "go", "past"), "elle est allée", "she went"),
        (clause(10, "come", "past", "pas"), "elles ne sont pas venues", "they did not come"),
        (clause(4, "eat", "past", "jamais"), "il n'a jamais mangé", "he has never eaten"),
        (clause(0, "see", "future"), "je verrai", "I will see"),
        (clause(6, "be", "simple", "plus"), "nous ne sommes plus", "we are no longer"),
        (clause(2, "read", "simple", "pas", "can"), "tu ne peux pas lire", "you cannot read"),
        (clause(4, "eat", "simple", "", "want"), "il veut manger", "he wants to eat"),
        (clause(8, "buy", "continuous"), "vous achetez", "you are buying"),
        (clause(4, "be", "past"), "il était", "he was"),
    ],
)
def test_verbs_are_conjugated_and_negated(made: clauses.Clause, french: str, english: str) -> None:
    assert (phrases.join_french(made.french()), " ".join(made.english())) == (french, english)


def test_a_pronoun_behind_a_verb_that_ends_with_a_vowel_takes_a_t() -> None:
    assert clause(4, "eat", "simple").french(inverted=True) == ["mange-t-il"]
    assert clause(9, "eat", "past").french(inverted=True) == ["ont-ils", "mangé"]


def test_every_kind_of_sentence_is_in_the_corpus() -> None:
    rng = np.random.default_rng(0)
    for kind, share in sentences.KINDS:
        assert share > 0 and isinstance(kind(rng), clauses.Pair)
    wanted = (r"^Est-ce qu", r"-t-elle", r"ne \w+ jamais", r"n'y a pas de", r" plus de ", r"^Pourquoi", r"^Où", r"^Qui",
              r"veu[xt] ", r"\bdu \w", r"\baux?\b", r"allée", r"^Hier", r"souvent", r"dix ")  # fmt: skip
    for pattern in wanted:
        assert any(re.search(pattern, sentence) for sentence in FRENCH), pattern


# --- files of pairs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "I am here.\tJe suis là.",
        "I am here.\tJe suis là.\tCC-BY 2.0 (France) Attribution: tatoeba.org #1 (a) & #2 (b)",
        "12\tI am here.\t34\tJe suis là.",
        "\ufeffI am here.\tJe suis là.\r",
    ],
)
def test_old_and_new_columns_are_read(tmp_path: Path, line: str) -> None:
    path = tmp_path / "fra.txt"
    path.write_text(line + "\n\n", encoding="utf-8")
    assert load_pairs(path) == [("Je suis là.", "I am here.")]
    assert load_pairs(path, swap=False) == [("I am here.", "Je suis là.")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"one column\n", "line 1: 1 columns"),
        (b"a\tb\na\t \n", "line 2: 2 columns"),
        (b"", "holds no sentences"),
        (b"\xff\xfe\xff", "is not UTF-8"),
    ],
)
def test_a_file_of_another_form_is_told_with_its_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "fra.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(told)):
        load_pairs(path)


def test_a_missing_file_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.txt cannot be read"):
        load_pairs(tmp_path / "nothing.txt")


def test_short_words_are_tokens_of_their_own() -> None:
    assert split_clitics("J'ai mangé l'œuf.") == ["j'", "ai", "mangé", "l'", "œuf", "."]
    assert split_clitics("Où est-ce qu'il va ?") == ["où", "est", "-ce", "qu'", "il", "va", "?"]
