"""Tell statements from courtesies, orders, questions and fragments; in doubt it is a statement."""

import re

from insights.text.lexicon import (
    AUXILIARIES,
    BASE_VERBS,
    CONJUNCTIONS,
    DETERMINERS,
    FINITE,
    FUNCTION_WORDS,
    IRREGULAR_PAST,
    NOUN_OR_VERB,
    PREPOSITIONS,
    SUBJECT_PRONOUNS,
    THIRD_PERSON,
    third_person,
)
from insights.text.wordlists import alternatives, groups, lines, named
from insights.text.wordlists import words as word_list

_LISTS = named("en/claims")
MIN_WORDS = 3
MAX_CHARS = 2000
STOCK_ANSWERS = frozenset(lines("nothing_said"))
# Reasons why a text gives no statement, as pages and commands show them.
QUESTION = "a question"
COURTESY = "a greeting, thanks or filler"
ORDER = "an order or request"
DANGLING = "says nothing without what was said before"
FRAGMENT = "no full statement"
NOTHING_SAID = "says nothing"
FOREIGN = word_list("foreign") | word_list("und/function")
# English words that are words of another language as well.
SHARED = frozenset("in no a i as on is die me do so an at to per or also am was".split())
EVALUATION = re.compile(
    rf"(?:{'|'.join(opening for row in groups('evaluations') for opening in row)})\b"
)
LEAST_EVALUATION = 4
CONTRASTS = frozenset("but however although though except unfortunately".split())
# What may stand after the mark that ends a sentence.
CLOSING = "\"'”’»)]*_ "
MAX_WORDS_WITHOUT_STOP = 60
MOST_NUMBERS = 0.4
TOKEN = re.compile(r"[^\W_][\w'’]*(?:[.\-/:@&+][\w'’]+)*[%°]?|[,;:()|–—]")

GREETING = re.compile(alternatives("en/claims", "greetings"), re.IGNORECASE)
FILLER = re.compile(alternatives("en/claims", "fillers"), re.IGNORECASE)
AGENDA = re.compile(
    alternatives("en/claims", "agenda") + r"\s*\d*\s*:"
    r"|(?:please|kindly|remember\sto|don(?:'|’)t\sforget|make\ssure|todo|tbd|tbc|n/a|see\salso|cf)\b"
    r"|other\s\(please\sspecify|answer\schoices\b|answered\s?:"
    r"|(?:figure|fig\.|table|listing|photo|image|chart|source|copyright|©)\s*\d*\s*[:.©]",
    re.IGNORECASE,
)
QUESTION_OPENING = re.compile(alternatives("en/claims", "question_openings"), re.IGNORECASE)
PRAISE = re.compile(
    r"(?:(?:very|really|so|such an?|its|it's)\s)*(?:nice|great|good|best|cool|awesome"
    r"|excellent|amazing|perfect|super|fantastic|wonderful|love this|love the)\s"
    r"(?:app|game|product|job|work|service|stuff|one|tool|program|software)(?:\sever)?"
)
# What a mail server or an absent person's mailbox answers.
AUTOMATIC = re.compile(
    r"(?:\[auto\]|automatic reply|out of office|undelivered mail|delivery status notification"
    r"|this is an automat)",
    re.IGNORECASE,
)
DANGLING_SUBJECTS = frozenset(_LISTS["dangling"].split())
# Words that tell nothing without knowing what was said before.
EMPTY = frozenset(_LISTS["empty"].split())
IMPERATIVE_OBJECTS = frozenset(_LISTS["imperative_objects"].split())
NOT_BEFORE_A_VERB = frozenset(_LISTS["not_before_a_verb"].split())
ADVERBS = frozenset(_LISTS["adverbs"].split())
NO_SUBJECT = frozenset("not never to".split())
FOREIGN_PROSE = re.compile(r"(?=(?:\S*\s+){5})(?=(?:\S+\s+)*?(?:[^\W\d_A-Z]\S*\s+){2})[^\d:|]+")
COMPLEMENTS = (
    DETERMINERS
    | (PREPOSITIONS - {"of", "above", "below"})
    | SUBJECT_PRONOUNS
    | frozenset(
        "them him her us me not too very only often always never too when because so".split()
    )
)
CONTRACTIONS = ("n't", "'re", "'ve", "'ll", "'d", "'m")
CLITIC_SUBJECTS = SUBJECT_PRONOUNS | frozenset("that this here what who where how".split())
AMBIGUOUS = NOUN_OR_VERB | frozenset(map(third_person, NOUN_OR_VERB))
MODALS = frozenset("will can may might must".split())


def words_of(sentence: str) -> list[str]:
    """Return the words in lower case, with straight apostrophes; numbers count as words."""
    return [token for token in tokens_of(sentence) if token[0].isalnum()]


def tokens_of(sentence: str) -> list[str]:
    """Return the words, and the punctuation that splits a sentence, in order."""
    return [token.replace("’", "'").lower() for token in TOKEN.findall(sentence)]


def why_not_a_claim(sentence: str) -> str:
    """Return why a sentence of running text is not a claim; "" if it is one.

    Not claims: questions, greetings, thanks and fillers; orders and agenda lines; lead-ins that
    end with a colon; fewer than three words or more than 2,000 characters; no word that may be a
    finite verb; and a bare pronoun as subject (it, that, this, these, those, they, he, she, there)
    when fewer than two words follow that mean something by themselves: "That would be great." but
    not "It crashes on large files."

    The word lists are English. A sentence in another language only has to be one: three words and
    a full stop, or four words. So does a judgement without a verb that opens with one of a list
    ("No hot water on Sundays.").
    """
    bare = sentence.strip().rstrip(CLOSING)
    if bare.endswith(("?", "?!")):
        return QUESTION
    tokens = tokens_of(bare)
    words = [token for token in tokens if token[0].isalnum()]
    stopped = bare.endswith((".", "!", "…", "。", "！"))
    if not bare or len(bare) > MAX_CHARS or bare.endswith(":"):
        return FRAGMENT
    if _is_wide(bare):
        return ""
    if len(words) < MIN_WORDS or sum(word[0].isalpha() for word in words) < MIN_WORDS - 1:
        return FRAGMENT
    if not stopped and len(words) > MAX_WORDS_WITHOUT_STOP:
        return FRAGMENT
    if sum(not word[0].isalpha() for word in words) > MOST_NUMBERS * len(words):
        return FRAGMENT  # a chart's legend
    if GREETING.match(bare) or FILLER.match(bare):
        return COURTESY
    if stopped and len(words) >= LEAST_EVALUATION and EVALUATION.match(bare.lower()):
        return ""
    if AGENDA.match(bare):
        return FRAGMENT
    if not stopped and QUESTION_OPENING.match(bare):
        return QUESTION
    if _is_foreign(bare, tokens) and (stopped or len(words) > MIN_WORDS):
        return ""
    if FUNCTION_WORDS.isdisjoint(words) and stopped and FOREIGN_PROSE.fullmatch(bare):
        return ""
    if not has_finite_verb(tokens, strict=not stopped):
        return FRAGMENT
    if _is_order(words):
        return ORDER
    return DANGLING if _is_dangling(words) else ""


def why_not_an_answer(sentence: str) -> str:
    """Return why a sentence of an answer or message is not a statement; "" if it may be one.

    Only questions, greetings, thanks, stock answers ("n/a") and single words are excluded.
    """
    bare = " ".join(sentence.split()).rstrip(CLOSING)
    if bare.endswith(("?", "?!")):
        return QUESTION
    if _is_wide(bare):
        return ""
    words = [word for word in words_of(bare) if word[0].isalpha()]
    plain = re.sub(r"[^\w\s/']", "", bare.replace("’", "'")).strip().lower()
    if (
        not words
        or plain in STOCK_ANSWERS
        or AUTOMATIC.match(bare)
        or re.fullmatch(r"\S*://\S+|\S+@\S+", bare)
    ):
        return NOTHING_SAID
    if len(words) < 2:
        return FRAGMENT
    if PRAISE.fullmatch(plain):
        return NOTHING_SAID
    if greeting := GREETING.match(bare):
        rest = tokens_of(bare[greeting.end() :])
        if not has_finite_verb(rest, strict=True) and not CONTRASTS.intersection(rest):
            return COURTESY
    return ""


def _is_foreign(text: str, tokens: list[str]) -> bool:
    """Return True if it has more little words of other languages than English ones.

    A text in another script, or without any English word and with letters that English lacks, is
    foreign as well.
    """
    words = {part for token in tokens for part in re.split(r"(?<=[a-z]')", token)}
    english = len((words & FUNCTION_WORDS) - SHARED)
    if len((words & FOREIGN) - SHARED) > english:
        return True
    letters = sum(map(str.isalpha, text))
    beyond = sum(char.isalpha() and not char.isascii() for char in text)
    return english == 0 and beyond > 0.05 * letters and beyond > 1


def _is_wide(text: str) -> bool:
    """Return True for Chinese, Japanese, Korean or Thai, where sentences have no spaces."""
    return sum(char >= "\u0e00" for char in text if char.isalpha()) > 4


def has_finite_verb(tokens: list[str], *, strict: bool) -> bool:
    """Return True if one of `tokens` (see `tokens_of`) is, or may be, a finite verb.

    `strict` is for lines without a full stop, where a noun that is also a verb ("export
    results") counts only with what a verb takes after it.
    """
    return any(_is_finite(tokens, at, strict=strict) for at in range(len(tokens)))


def opens_with_subject(tokens: list[str]) -> bool:
    """Return True if a clause may begin here: a pronoun, a determiner or a noun, then a verb."""
    if not tokens or tokens[0] in PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | NO_SUBJECT:
        return False
    return tokens[0][0].isalnum() and has_finite_verb(tokens, strict=True)


def _is_finite(tokens: list[str], at: int, *, strict: bool) -> bool:
    word = tokens[at]
    previous = tokens[at - 1] if at else ""
    following = tokens[at + 1] if at + 1 < len(tokens) else ""
    if word in MODALS:  # "12 May 2025" and "in May" are dates
        dated = previous.isdigit() or following.isdigit() or previous in PREPOSITIONS
        return at > 0 and not dated
    if word in FINITE or word.endswith(CONTRACTIONS):
        return True
    if word.endswith("'s") and word[:-2] in CLITIC_SUBJECTS:
        return True
    if at == 0:
        return word in THIRD_PERSON and word not in AMBIGUOUS
    known = word in BASE_VERBS or word in THIRD_PERSON or word in IRREGULAR_PAST
    if previous in ADVERBS:
        return known or word.endswith("ed")
    if not previous[0].isalnum():  # "Our method, Nova, achieves ...", but not "6 May, recorded by"
        return known and not strict and word not in AMBIGUOUS
    if previous in NOT_BEFORE_A_VERB or (previous in {"and", "or"} and not following):
        return False
    if previous.isdigit() and following.isdigit():
        return False  # "24 March 2025"
    takes_complement = following in COMPLEMENTS or following[:1].isdigit() or following[-2:] == "ly"
    if known:
        pronoun = previous in {"i", "we", "you", "they"}
        if word not in AMBIGUOUS or takes_complement or (pronoun and following):
            return True
        return not strict and (word in THIRD_PERSON or _may_be_plural(previous))
    if word.endswith("ed") and len(word) > 4:
        return not strict or takes_complement
    # A verb that the lists do not know, by agreement: "scrolls past the banner", "pipes clog".
    if (
        not word.isalpha()
        or word in FUNCTION_WORDS
        or previous in FUNCTION_WORDS - SUBJECT_PRONOUNS
        or word.endswith(("ly", "ing"))
        or (strict and (not takes_complement or tokens[0] in PREPOSITIONS))
    ):
        return False
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        singular = previous in SUBJECT_PRONOUNS or not _may_be_plural(previous)
        ends = at == 2 == len(tokens) - 1 and not strict and tokens[0] in DETERMINERS
        return singular and (takes_complement or at + 1 < len(tokens) or ends)
    return _may_be_plural(previous)


def _may_be_plural(noun: str) -> bool:
    return (
        (noun.endswith(("s", "people", "men", "ren")) and not noun.endswith(("ss", "'s", "us")))
        or noun in SUBJECT_PRONOUNS
        or noun == "staff"
    )


def _is_order(words: list[str]) -> bool:
    first, second = words[0], words[1]
    if first not in BASE_VERBS:
        return False
    if second in IMPERATIVE_OBJECTS:
        return True
    for word in words[1:4]:  # "Leave requests cannot be ...": a noun phrase, then its verb
        if word in FINITE or word in MODALS:
            return False
        if word in FUNCTION_WORDS:
            break
    return first not in NOUN_OR_VERB or not any(
        _is_finite(words, at, strict=True) for at in range(1, len(words))
    )


def _is_dangling(words: list[str]) -> bool:
    subject, _, clitic = words[0].partition("'")
    if subject not in DANGLING_SUBJECTS or (clitic and clitic not in {"s", "re", "ll", "d", "ve"}):
        return False
    if subject in {"this", "that", "these", "those"} and not _opens_predicate(words, clitic):
        return False  # "This export takes an hour.": a determiner
    meaning = {w for w in words[1:] if w not in EMPTY and w not in FUNCTION_WORDS}
    return len(meaning) < 2


def _opens_predicate(words: list[str], clitic: str) -> bool:
    second = words[1]
    return bool(clitic) or second in AUXILIARIES or second in THIRD_PERSON or second in EMPTY
