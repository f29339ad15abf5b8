"""Words that the extraction rules know: closed classes, and common verbs."""

import re

from insights.text.wordlists import words


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DETERMINERS = _words(
    """
    the a an this that these those my your his her its our their some any no every each all both
    most many few several another other such one two three four five six seven eight nine ten
    half much more less fewer either neither
    """
)
SUBJECT_PRONOUNS = _words(
    """
    i you he she it we they there everyone everybody someone somebody anyone anybody nobody
    nothing something everything anything none who
    """
)
PREPOSITIONS = _words(
    """
    of in on at by for with from to into onto over under about after before between through during
    without within across against among around as behind below above beyond despite down except
    inside like near off out outside per since than toward towards until till up upon via versus
    """
)
CONJUNCTIONS = _words("and or but nor so yet if because although though while when whereas unless")
AUXILIARIES = _words(
    """
    am is are was were be been being has have had do does did can could will would shall should may
    might must cannot ain't isn't aren't wasn't weren't hasn't haven't hadn't don't doesn't didn't
    can't couldn't won't wouldn't shan't shouldn't mightn't mustn't needn't
    """
)
# Never a noun, so one of them is a sign of a finite verb wherever it stands.
FINITE = AUXILIARIES - _words("be been being will might may must can")
FUNCTION_WORDS = (
    DETERMINERS
    | SUBJECT_PRONOUNS
    | PREPOSITIONS
    | CONJUNCTIONS
    | AUXILIARIES
    | _words("me him us them not very too also just only even still again then here now yes")
)

# A capital letter on one of these after "U.S." or "J." says that a new sentence begins.
SENTENCE_OPENERS = (
    (DETERMINERS - _words("one two three four five six seven eight nine ten half"))
    | SUBJECT_PRONOUNS
    | CONJUNCTIONS
    | _words(
        """
        in on at by for with from to after before during since until as despite
        also however then thus therefore hence here now nevertheless moreover furthermore
        additionally finally first second third next meanwhile instead otherwise still again
        what why how where which whose not only even our
        """
    )
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
