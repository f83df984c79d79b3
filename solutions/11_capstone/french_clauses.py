"""One clause in both languages: tense, negation and question around a subject, a verb and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass

from french_lexicon import Verb, lexicon
from french_phrases import Subject, join_french

BE = {"I": "am", "you": "are", "he": "is", "they": "are"}
WAS = {"I": "was", "you": "were", "he": "was", "they": "were"}
ENGLISH_NEGATIONS = {"pas": "not", "jamais": "never", "plus": "no longer"}


@dataclass(frozen=True)
class Pair:
    """A French sentence, its English translation, and the combinations of words in it."""

    french: str
    english: str
    combinations: frozenset[str]


@dataclass(frozen=True)
class Clause:
    """What is said of a subject.

    `tense` is "simple", "continuous", "past" or "future" (all but the last two are the French present), `negation`
    "", "pas", "jamais" or "plus"; `modal` a verb before the infinitive.
    """

    subject: Subject
    verb: Verb
    tense: str
    negation: str = ""
    modal: Verb | None = None

    # --- French

    def french_finite(self) -> str:
        """The word that is conjugated."""
        person = self.subject.person
        if self.modal is not None:
            return self.modal.present[person]
        if self.tense == "past":
            if self.verb.imperfect:
                return self.verb.imperfect[person]
            auxiliary = "be" if self.verb.auxiliary == "être" else "have"
            return lexicon().verbs[auxiliary].present[person]
        return self.verb.future(person) if self.tense == "future" else self.verb.present[person]

    def french_rest(self) -> list[str]:
        """Infinitive or participle, if there is one; the participle agrees after être."""
        if self.modal is not None:
            return [self.verb.infinitive]
        if self.tense != "past" or self.verb.imperfect:
            return []
        if self.verb.auxiliary == "avoir":
            return [self.verb.participle]
        return [self.verb.participle + "e" * (self.subject.gender == "f") + "s" * self.subject.plural]

    def french(self, inverted: bool = False) -> list[str]:
        """Subject and verb; `inverted` puts a pronoun behind the verb (mange-t-il)."""
        finite, before = self.french_finite(), list(self.subject.french)
        if inverted:
            link = "-t-" if finite[-1] in "aeé" and self.subject.french[0] in ("il", "elle") else "-"
            finite, before = f"{finite}{link}{self.subject.french[0]}", []
        negated = ["ne", finite, self.negation] if self.negation else [finite]
        return [*before, *negated, *self.french_rest()]

    # --- English

    def english(self, question: bool = False, often: str = "") -> list[str]:
        """Subject and verb; as a question the auxiliary stands first."""
        auxiliary, rest = self._english_verb(question)
        if question:
            return [auxiliary, *self.subject.english, *rest]
        return [*self.subject.english, *([auxiliary] if auxiliary else []), *([often] if often else []), *rest]

    def _english_verb(self, question: bool) -> tuple[str, list[str]]:
        no = [ENGLISH_NEGATIONS[self.negation]] if self.negation else []
        if self.modal is not None:
            return self._english_modal(no, question)
        if self.verb.name == "be":
            if self.tense == "future":
                return "will", [*no, "be"]
            return (WAS if self.tense == "past" else BE)[self.subject.who], no
        if self.tense == "continuous":
            return BE[self.subject.who], [*no, self.verb.ing]
        if self.tense == "future":
            return "will", [*no, self.verb.base]
        if self.tense == "past" and self.negation == "jamais":
            return "has" if self.subject.third else "have", ["never", self.verb.done]
        if question or self.negation == "pas":
            does = "did" if self.tense == "past" else "does" if self.subject.third else "do"
            return does, [*no, self.verb.base]
        if self.tense == "past":
            return "", [*no, self.verb.past]
        return "", [*no, self.verb.third if self.subject.third else self.verb.base]

    def _english_modal(self, no: list[str], question: bool) -> tuple[str, list[str]]:
        modal = self.modal
        assert modal is not None
        if modal.needs_do:
            first, *more = modal.modal.split(" ")
            if question or no:
                return "does" if self.subject.third else "do", [*no, first, *more, self.verb.base]
            return "", [first + "s" * self.subject.third, *more, self.verb.base]
        if modal.modal == "going to":
            return BE[self.subject.who], [*no, "going to", self.verb.base]
        if modal.modal == "can" and no:
            return "cannot", [self.verb.base]
        return modal.modal, [*no, self.verb.base]


def sentence(
    french: Sequence[str],
    english: Sequence[str],
    combinations: frozenset[str] | set[str] = frozenset(),
    mark: str = ".",
) -> Pair:
    """The two lists of words as sentences: joined, with a capital letter and a mark at the end."""
    left, right = join_french(french), " ".join(english)
    left, right = left[0].upper() + left[1:], right[0].upper() + right[1:]
    return Pair(left + (mark if mark == "." else " " + mark), right + mark, frozenset(combinations))
