"""Words that the extraction rules know: closed classes, and common verbs."""

import re

from insights.text.wordlists import named, words


def _words(name: str) -> frozenset[str]:
    return frozenset(named("closed_classes")[name].split())


DETERMINERS = _words("determiners")
SUBJECT_PRONOUNS = _words("subject_pronouns")
PREPOSITIONS = _words("prepositions")
CONJUNCTIONS = _words("conjunctions")
AUXILIARIES = _words("auxiliaries")
# Never a noun, so one of them is a sign of a finite verb wherever it stands.
FINITE = AUXILIARIES - _words("nonfinite")
FUNCTION_WORDS = (
    DETERMINERS | SUBJECT_PRONOUNS | PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | _words("others")
)

# A capital letter on one of these after "U.S." or "J." says that a new sentence begins.
SENTENCE_OPENERS = (
    (DETERMINERS - _words("numbers")) | SUBJECT_PRONOUNS | CONJUNCTIONS | _words("openers")
)

NOUN_OR_VERB = words("nouns_or_verbs")
BASE_VERBS = words("verbs") | NOUN_OR_VERB


def third_person(verb: str) -> str:
    if re.search(r"(?:s|x|z|ch|sh|o)$", verb):
        return verb + "es"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + "s"


THIRD_PERSON = frozenset(map(third_person, BASE_VERBS))
IRREGULAR_PAST = words("irregular_past")
