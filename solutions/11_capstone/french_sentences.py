"""The kinds of sentences of the corpus. Each function draws one sentence with its translation."""

from collections.abc import Callable, Sequence

import numpy as np
from french_clauses import BE, WAS, Clause, Pair, sentence
from french_lexicon import Noun, Verb, lexicon
from french_phrases import Subject, noun_phrase, pick, pronoun, relative, subject, third_person

OBJECT = ("definite", "indefinite", "indefinite", "demonstrative", "possessive", "number")
KNOWN = ("demonstrative", "possessive")  # what one can like: this film. "Les films" would be films in general, or these
WHEN = {
    "continuous": (("maintenant", "now"), ("en ce moment", "at the moment")),
    "simple": (("tous les jours", "every day"), ("chaque matin", "every morning"), ("le dimanche", "on Sundays")),
    "past": (("hier", "yesterday"), ("hier soir", "yesterday evening"), ("lundi dernier", "last Monday")),
    "future": (("demain", "tomorrow"), ("ce soir", "tonight"), ("la semaine prochaine", "next week")),
}
ON = (("sur la table", "on the table"), ("sous la table", "under the table"), ("sur la chaise", "on the chair"),
      ("sous le lit", "under the bed"), ("devant la porte", "in front of the door"),
      ("derrière la maison", "behind the house"), ("à côté de la fenêtre", "next to the window"))  # fmt: skip
GROUPS = (
    {"black", "white", "red", "green", "blue", "yellow", "grey"},
    {"small", "big"},
    {"old", "new", "young"},
    {"good", "bad", "delicious", "boring", "interesting"},
    {"French", "English", "Italian"},
    {"pretty", "beautiful"},
)  # a thing has one of each: no grey coat is yellow, no big bicycle is small
NOT_VERY = {"French", "English", "Italian", "open", "closed", "ready", "delicious", "black", "white", "red", "green",
            "blue", "yellow", "grey", "new"}  # fmt: skip


def action(rng: np.random.Generator) -> Pair:
    """Somebody does something with something: Marie ne mange jamais de pain."""
    verb = _verb(rng, lambda verb: bool(verb.objects) and not verb.modal)
    who = subject(rng, set(verb.subjects))
    question = rng.random() < 0.2
    negation = "" if question else pick(rng, ("", "", "", "", "pas", "pas", "jamais", "plus"))
    if verb.name == "like" and negation == "jamais":
        negation = "pas"
    tense = _tense(rng, verb, negation, question)
    noun = _object_noun(rng, verb)
    left_out = {"number"} if negation else set()
    left_out |= {"possessive"} if who.kind != "person" else set()
    determiners = [d for d in (KNOWN if verb.name == "like" else OBJECT) if d not in left_out]
    thing = noun_phrase(rng, noun, determiners, who, negation, plain=negation in ("jamais", "plus"))
    clause = Clause(who, verb, tense, negation)
    combinations = who.combinations | thing.combinations | {f"{verb.name} {noun.english}"}
    if question:
        return _question(rng, clause, thing.french, thing.english, combinations)
    when = _when(rng, clause)
    return _statement(rng, clause, thing.french, thing.english, when, combinations)


def wish(rng: np.random.Generator) -> Pair:
    """Somebody wants to, can, must or is going to do something: Nous voulons lire ce livre."""
    verb = _verb(rng, lambda verb: bool(verb.objects) and verb.name not in ("like", "lose"))
    modal = _verb(rng, lambda verb: bool(verb.modal))
    who = subject(rng, {"person"})
    question = rng.random() < 0.25 and modal.name != "must"
    negation = "" if question or rng.random() < 0.7 else "pas"
    noun = _object_noun(rng, verb)
    determiners = [d for d in OBJECT if d != "number" or not negation]
    thing = noun_phrase(rng, noun, determiners, who, negation)
    clause = Clause(who, verb, "simple", negation, modal)
    combinations = who.combinations | thing.combinations | {f"{verb.name} {noun.english}"}
    if question:
        return _question(rng, clause, thing.french, thing.english, combinations)
    when = pick(rng, ("", "", "future")) if not negation else ""
    return _statement(rng, clause, thing.french, thing.english, when, combinations)


def somewhere(rng: np.random.Generator) -> Pair:
    """Somebody sleeps, works, goes or comes: Elle est allée au musée hier."""
    verb = _verb(rng, lambda verb: bool(verb.places))
    who = subject(rng, set(verb.subjects))
    place = pick(rng, [place for place in lexicon().places.values() if place.said(verb.places)[1][0]])
    french, english = place.said(verb.places)
    question = rng.random() < 0.2
    negation = "" if question else pick(rng, ("", "", "", "pas", "jamais"))
    if verb.name == "come" and negation == "jamais":
        negation = "pas"
    clause = Clause(who, verb, _tense(rng, verb, negation, question), negation)
    combinations = who.combinations | {f"{verb.name} {place.french}"}
    if question:
        return _question(rng, clause, french, english, combinations)
    when = _when(rng, clause)
    return _statement(rng, clause, french, english, when, combinations)


def city_or_language(rng: np.random.Generator) -> Pair:
    """Somebody lives in a city, or speaks or learns a language: Vous apprenez l'espagnol."""
    words = lexicon()
    name = pick(rng, ("live", "speak", "learn", "study"))
    verb = words.verbs[name]
    if name == "live":
        city, english = pick(rng, list(words.cities.items()))
        french: tuple[str, ...] = ("à", city)
        said: tuple[str, ...] = ("in", english)
    else:
        language, english = pick(rng, list(words.languages.items()))
        french = (language,) if name == "speak" else ("le", language)
        said = (english,)
    who = subject(rng, {"person"})
    question = rng.random() < 0.25
    negation = "" if question else pick(rng, ("", "", "", "pas", "plus"))
    tense = "simple" if verb.stative or negation == "plus" else "continuous"
    clause = Clause(who, verb, tense, negation)
    combinations = who.combinations | {f"{name} {english}"}
    if question:
        return _question(rng, clause, french, said, combinations)
    return sentence((*clause.french(), *french), (*clause.english(), *said), combinations)


def profession(rng: np.random.Generator) -> Pair:
    """Who somebody is: Je suis étudiant. French has no article here."""
    who = pronoun(rng) if rng.random() < 0.6 else relative(rng) if rng.random() < 0.4 else subject(rng, {"person"})
    while who.kind == "person" and not who.pronoun and any(job in who.english for job in _jobs()):
        who = relative(rng)
    jobs = _jobs()
    noun = jobs[pick(rng, list(jobs))]
    tense = pick(rng, ("simple", "simple", "simple", "past", "future"))
    question = rng.random() < 0.2
    negation = "" if question else pick(rng, ("", "", "", "pas", "plus"))
    clause = Clause(who, lexicon().verbs["be"], tense, negation if tense == "simple" or negation != "plus" else "pas")
    french = (noun.form(who.gender, who.plural),)
    article = [] if who.plural else ["an" if noun.english[0] in "aeiou" else "a"]
    english = (*article, noun.english_form(who.plural))
    combinations = {f"{' '.join(who.english)} be {noun.english}"} - {"I be student"}  # the lesson's first sentence
    if question:
        return _question(rng, clause, french, english, combinations)
    return sentence((*clause.french(), *french), (*clause.english(), *english), combinations)


def quality(rng: np.random.Generator) -> Pair:
    """What something is like: Les chats noirs ne sont pas très intelligents."""
    words = lexicon()
    nouns = [noun for noun in words.nouns.values() if not noun.kinds & {"family"}]
    draw, kinds = rng.random(), frozenset[str]()
    if draw < 0.4:
        who = pronoun(rng) if rng.random() < 0.7 else subject(rng, {"person"}, describe=0)
        kinds = frozenset({"feeling"})
        name = " ".join(who.english)
    else:
        noun = pick(rng, nouns)
        phrase = noun_phrase(rng, noun, ("definite", "definite", "demonstrative"), describe=0.2)
        who = third_person(phrase, "thing")
        states = {"openable": "shut", "building": "shut", "drink": "warm", "cooked": "warm", "person": "feeling"}
        kinds, name = noun.kinds | {states[kind] for kind in noun.kinds & states.keys()}, noun.english
    taken = set(who.english).union(*(group for group in GROUPS if group & set(who.english)))
    fitting = [a for a in words.adjectives.values() if a.kinds & kinds and a.english not in taken]
    if not fitting:
        return quality(rng)
    adjective = pick(rng, fitting)
    free = adjective.kinds & {"feeling", "shut", "warm"}
    tense = pick(rng, ("simple", "simple", "past", "future") if free else ("simple", "simple", "past"))
    question = rng.random() < 0.2
    negation = "" if question else pick(rng, ("", "", "", "pas", "plus" if free and tense == "simple" else "pas"))
    very = adjective.english not in NOT_VERY and negation != "plus" and rng.random() < 0.3
    french = (*(("très",) if very else ()), adjective.form(who.gender, who.plural))
    english = (*(("very",) if very else ()), adjective.english)
    clause = Clause(who, words.verbs["be"], tense, negation)
    combinations = who.combinations | {f"{adjective.english} {name}"}
    if question:
        return _question(rng, clause, french, english, combinations)
    return sentence((*clause.french(), *french), (*clause.english(), *english), combinations)


def there_is(rng: np.random.Generator) -> Pair:
    """What is somewhere: Il n'y a pas de chat noir dans le jardin."""
    nouns = [noun for noun in lexicon().nouns.values() if noun.kinds & {"animal", "thing", "person"}]
    noun = pick(rng, nouns)
    small = bool(noun.kinds & {"thing"}) and not noun.kinds & {"large"}
    french, english = _place(rng, small)
    past, draw = rng.random() < 0.25, rng.random()
    be = WAS if past else BE
    finite = "avait" if past else "a"
    if draw < 0.2:
        thing = noun_phrase(rng, noun, ("indefinite",), negated="pas")
        verb = be["they" if thing.plural else "he"]
        bare = thing.english[1:] if thing.english[0] in ("a", "an", "any") else thing.english
        return sentence(
            ("il", "ne", "y", finite, "pas", *thing.french, *french), ("there", verb, "no", *bare, *english),
            thing.combinations | {f"there {noun.english}"},
        )  # fmt: skip
    thing = noun_phrase(rng, noun, ("indefinite", "indefinite", "number"))
    verb = be["they" if thing.plural else "he"]
    combinations = thing.combinations | {f"there {noun.english}"}
    if draw < 0.35:
        asked = ("est-ce que", "il", "y", finite, *thing.french, *french)
        return sentence(asked, (verb, "there", *thing.english, *english), combinations, "?")
    return sentence(
        ("il", "y", finite, *thing.french, *french), ("there", verb, *thing.english, *english), combinations
    )  # fmt: skip


def possession(rng: np.random.Generator) -> Pair:
    """What somebody has: Ma sœur a deux vélos rouges."""
    who = pronoun(rng) if rng.random() < 0.6 else subject(rng, {"person"}, describe=0)
    kinds = {"animal", "buyable", "losable"} | ({"family"} if rng.random() < 0.3 else set())
    nouns = [n for n in lexicon().nouns.values() if n.kinds & kinds and "only_one" not in n.kinds]
    noun = pick(rng, nouns)
    question = rng.random() < 0.2
    negation = "" if question else pick(rng, ("", "", "", "pas", "plus"))
    thing = noun_phrase(rng, noun, ("indefinite", "indefinite", "number") if not negation else ("indefinite",),
                        negated=negation, plain=negation == "plus")  # fmt: skip
    clause = Clause(who, lexicon().verbs["have"], "simple", negation)
    combinations = who.combinations | thing.combinations | {f"have {noun.english}"}
    if question:
        return _question(rng, clause, thing.french, thing.english, combinations)
    return sentence((*clause.french(), *thing.french), (*clause.english(), *thing.english), combinations)


def taste(rng: np.random.Generator) -> Pair:
    """What somebody likes in general: Elle aime le chocolat. French takes the article, English none."""
    who = pronoun(rng) if rng.random() < 0.5 else subject(rng, {"person"}, describe=0)
    nouns = [n for n in lexicon().nouns.values() if n.kinds & {"food", "drink", "animal", "text", "show"}]
    noun = pick(rng, nouns)
    mass = "mass" in noun.kinds
    article = "les" if not mass else "la" if noun.gender == "f" else "le"
    question = rng.random() < 0.25
    negation = "" if question else pick(rng, ("", "", "pas", "plus"))
    clause = Clause(who, lexicon().verbs["like"], "simple", negation)
    french, english = (article, noun.form(noun.gender, not mass)), (noun.english_form(not mass),)
    combinations = who.combinations | {f"like {noun.english}"}
    if question:
        return _question(rng, clause, french, english, combinations)
    return sentence((*clause.french(), *french), (*clause.english(), *english), combinations)


def where(rng: np.random.Generator) -> Pair:
    """Where something is, asked and answered: Où est le livre rouge ?"""
    nouns = [noun for noun in lexicon().nouns.values() if noun.kinds & {"thing", "animal"}]
    noun = pick(rng, nouns)
    owner = pronoun(rng)
    kinds = ("definite", "demonstrative", "possessive") if owner.person in (0, 1, 3, 4) else ("definite",)
    thing = third_person(noun_phrase(rng, noun, kinds, owner), "thing")
    be = lexicon().verbs["be"]
    combinations = thing.combinations | {f"where {noun.english}"}
    if rng.random() < 0.4:
        verb = be.present[thing.person]
        return sentence(("où", verb, *thing.french), ("where", BE[thing.who], *thing.english), combinations, "?")
    french, english = _place(rng, bool(noun.kinds & {"thing"}) and not noun.kinds & {"large"})
    clause = Clause(thing, be, pick(rng, ("simple", "simple", "past")), pick(rng, ("", "", "pas")))
    return sentence((*clause.french(), *french), (*clause.english(), *english), combinations)


def open_question(rng: np.random.Generator) -> Pair:
    """What, who, why, where, when: Pourquoi est-ce que tu vends ta voiture ?"""
    verb = _verb(rng, lambda verb: bool(verb.objects) and verb.name != "like" and not verb.stative)
    noun = _object_noun(rng, verb)
    kind = pick(rng, ("what", "who", "why", "when", "where"))
    if kind == "who":
        somebody = Subject(("qui",), ("who",), "m", False)
        clause = Clause(somebody, verb, "past" if verb.momentary else pick(rng, ("continuous", "past", "future")))
        thing = noun_phrase(rng, noun, ("definite", "demonstrative"))
        combinations = thing.combinations | {f"{verb.name} {noun.english}"}
        return sentence((*clause.french(), *thing.french), (*clause.english(), *thing.english), combinations, "?")
    who = subject(rng, {"person"}, describe=0.1)
    tense = pick(rng, ("past", "future")) if verb.momentary or kind in ("when", "where") else "continuous"
    clause = Clause(who, verb, tense)
    if kind == "what":
        french, english = ("qu'est-ce que", *clause.french()), ("what", *clause.english(question=True))
        return sentence(french, english, who.combinations | {f"what {verb.name} {' '.join(who.english)}"}, "?")
    thing = noun_phrase(rng, noun, ("definite", "demonstrative", "possessive"), who)
    word = {"why": "pourquoi", "when": "quand", "where": "où"}[kind]
    combinations = who.combinations | thing.combinations | {f"{verb.name} {noun.english}"}
    return sentence(
        (word, "est-ce que", *clause.french(), *thing.french), (kind, *clause.english(question=True), *thing.english),
        combinations, "?",
    )  # fmt: skip


# --- shared parts ----------------------------------------------------------------------------------------


def _question(
    rng: np.random.Generator,
    clause: Clause,
    french: Sequence[str],
    english: Sequence[str],
    combinations: frozenset[str] | set[str],
) -> Pair:
    """Yes or no: with est-ce que, or a pronoun behind its verb."""
    asked = (*clause.english(question=True), *english)
    if clause.subject.pronoun not in ("", "je") and rng.random() < 0.5:
        return sentence((*clause.french(inverted=True), *french), asked, combinations, "?")
    return sentence(("est-ce que", *clause.french(), *french), asked, combinations, "?")


def _statement(
    rng: np.random.Generator,
    clause: Clause,
    french: Sequence[str],
    english: Sequence[str],
    when: str,
    combinations: frozenset[str] | set[str],
) -> Pair:
    """A clause, with a word for the time first, last or not at all; `when` says which words fit."""
    if when == "often":
        said = (*clause.english(often="often"), *english)
        return sentence((*clause.french(), "souvent", *french), said, combinations)
    left, right = (*clause.french(), *french), (*clause.english(), *english)
    if not when:
        return sentence(left, right, combinations)
    fr_when, en_when = pick(rng, WHEN[when])
    if rng.random() < 0.3:
        return sentence((fr_when + ",", *left), (en_when + ",", *right), combinations)
    return sentence((*left, fr_when), (*right, en_when), combinations)


def _when(rng: np.random.Generator, clause: Clause) -> str:
    """Which words for the time go with a clause: a kind of WHEN, "often", or none."""
    if clause.negation in ("jamais", "plus") or clause.verb.stative:
        return ""
    if clause.tense == "simple":
        return "often" if not clause.negation and rng.random() < 0.5 else "simple"
    return clause.tense if rng.random() < 0.4 else ""


def _tense(rng: np.random.Generator, verb: Verb, negation: str, question: bool) -> str:
    """A tense that English can tell: where no word for the time says which, a French present is what goes on now."""
    if question and not verb.stative and not verb.momentary:
        return pick(rng, ("continuous", "continuous", "past", "future"))
    if negation == "plus":
        return "simple"
    if verb.name == "like":
        return pick(rng, ("simple", "simple", "past"))
    if negation == "jamais":
        return pick(rng, ("simple", "past", "future"))
    if verb.stative:
        return pick(rng, ("simple", "simple", "past", "future"))
    if verb.momentary:
        return pick(rng, ("past", "past", "future"))
    return pick(rng, ("continuous", "continuous", "simple", "past", "past", "future"))


def _verb(rng: np.random.Generator, fits: Callable[[Verb], bool]) -> Verb:
    verbs = [verb for verb in lexicon().verbs.values() if fits(verb)]
    return pick(rng, verbs)


def _object_noun(rng: np.random.Generator, verb: Verb) -> Noun:
    nouns = [noun for noun in lexicon().nouns.values() if noun.kinds & verb.objects]
    return pick(rng, nouns)


def _jobs() -> dict[str, Noun]:
    return {noun.english: noun for noun in lexicon().nouns.values() if "job" in noun.kinds}


def _place(rng: np.random.Generator, small: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where something is: on the table, if it is small, or in a room or garden."""
    if small and rng.random() < 0.6:
        french, english = pick(rng, ON)
        return tuple(french.split(" ")), (english,)
    return pick(rng, [said for place in lexicon().places.values() if (said := place.said("in"))[1][0]])


KINDS: tuple[tuple[Callable[[np.random.Generator], Pair], float], ...] = (
    (action, 0.34),
    (wish, 0.12),
    (somewhere, 0.08),
    (city_or_language, 0.05),
    (profession, 0.06),
    (quality, 0.13),
    (there_is, 0.06),
    (possession, 0.06),
    (taste, 0.03),
    (where, 0.03),
    (open_question, 0.04),
)
