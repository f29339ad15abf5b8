"""Reduce a sentence to its claims: remove quotes, attributions and openers, separate two claims.

Everything works on spans of one text, so a claim knows its position. A negation is never removed:
only listed forms are, and none of them contains one.
"""

import re
from collections.abc import Iterator

from insights.ingest.extraction.filters import (
    has_finite_verb,
    opens_with_subject,
    tokens_of,
    words_of,
)
from insights.text.lexicon import (
    AUXILIARIES,
    BASE_VERBS,
    DETERMINERS,
    FUNCTION_WORDS,
    IRREGULAR_PAST,
    NOUN_OR_VERB,
    THIRD_PERSON,
)
from insights.text.sentences import enclosed_spans, split_sentences
from insights.text.wordlists import alternatives, named

Span = tuple[int, int]

_SAID = alternatives("en/claims", "said")
_ROLE = r"(?:the|our|one|another|a)\s(?:[a-z-]{2,20}\s){0,3}" + alternatives("en/claims", "roles")
_NAME = r"""
    (?:(?:Dr|Mr|Mrs|Ms|Prof)\.?\s)?[A-Z][\w'’-]{0,30}(?:\s[A-Z][\w'’.-]{0,30}){0,2}
"""
_PERSON = (
    rf"(?:(?P<name>{_NAME})(?:\s?\([^()]{{1,60}}\)|,\s[^,.]{{1,60}},)?|[Hh]e|[Ss]he|(?i:{_ROLE}))"
)

OPENER = re.compile(
    alternatives("en/claims", "openers")
    + r"(?:\s*[,!…]+\s+|\s*\.{3}\s*|\s+[–—-]+\s+)|(?:so|and|but|yeah|okay|u+m+|u+h+)\s+"
    r"(?=(?:the|a|an|i|we|you|they|he|she|it|my|our|this|there|if|when|every|most)\b)",
    re.IGNORECASE,
)
LABEL = re.compile(
    rf"(?:key\s)?{alternatives('en/claims', 'labels')}\s?\#?\d*\s?[:–—]\s+", re.IGNORECASE
)
HEDGE = re.compile(alternatives("en/claims", "hedges"), re.IGNORECASE)
REPORTED = re.compile(
    rf"{_PERSON}\s(?:also\s|then\s|further\s)?{_SAID}\s(?P<that>(?:to\sus\s|me\s)?that\s)?",
    re.VERBOSE,
)
ACCORDING = re.compile(
    rf"(?:According\sto\s[^,]{{1,80}}|As\s{_PERSON}\s(?:{_SAID}|put\sit|puts\sit)),\s+", re.VERBOSE
)
TAILS = tuple(
    re.compile(rf",\s{tail}(?=[.!]?$)", re.VERBOSE)
    for tail in (
        rf"{_PERSON}\s{_SAID}",
        rf"{_SAID}\s{_PERSON}(?:,\s[^,.]{{1,60}})?",
        r"according\sto\s(?P<name>)[^,]{1,60}?",
    )
)
_SAID_OR_ASKED = rf"(?:{_SAID}|asked|asks|wondered|wonders)"
QUOTE_LEAD = re.compile(
    rf"[^\"“”]{{0,80}}\b{_SAID_OR_ASKED}(?:\s[\w\s]{{1,40}})?\s?[:,]?\s*$", re.VERBOSE
)
NAME_LEAD = re.compile(rf"{_NAME}\s?:\s*$", re.VERBOSE)
QUOTE_TAIL = re.compile(
    rf"\s?,?\s?(?:[–—-]{{1,2}}\s?{_NAME}|(?:{_PERSON}\s)?{_SAID_OR_ASKED}\b)[^\"“”]{{0,120}}$",
    re.VERBOSE,
)
NEGATION = re.compile(
    r"\b(?:not|never|no|nobody|none|neither|nor|denied|denies|without)\b|n['’]t\b",
    re.IGNORECASE,
)
# A longer sentence is left whole: its parts lean on each other in ways no rule here sees.
MAX_SPLIT_CHARS = 600
CLAUSE_BREAK = re.compile(r";\s+|,\s+(?:but|and)\s+")
# The right-hand side leans on the left one when it holds one of these.
LEANING = frozenset(named("en/claims")["leaning"].split())
# A left side that holds one of these may govern the right side as well.
GOVERNING = frozenset(named("en/claims")["governing"].split())
DANGLING_REST = frozenset("he she they it his her their its this that these those such".split())
NOT_A_NAME = FUNCTION_WORDS | frozenset(
    "research reports hardly few nobody no-one evidence literature people staff maybe".split()
)
PLURAL_ROLE = re.compile(
    r"(?:er|or|ent|ant|ee|ist|ian|ser|eam|ate|oup|any|ad|yst)s$", re.IGNORECASE
)


def claim_spans(text: str, start: int, end: int) -> Iterator[Span]:
    """Return the claims of the sentence `text[start:end]`, as spans of `text`."""
    for quote_start, quote_end in _unquoted(text, start, end):
        begin = _after_lead(text, quote_start, quote_end)
        finish = _before_tail(text, begin, quote_end)
        yield from _clauses(text, begin, finish)


def _unquoted(text: str, start: int, end: int) -> Iterator[Span]:
    """Return the sentences of a quotation that makes up the whole sentence, else the sentence."""
    sentence = text[start:end]
    quotes = [(s, e) for s, e in enclosed_spans(sentence) if sentence[s] in '"“„«' and e - s > 2]
    if len(quotes) == 1:
        quote_start, quote_end = quotes[0]
        lead, tail = sentence[:quote_start], sentence[quote_end:]
        if _is_quote_lead(lead) and (not tail.strip(" .!?,") or QUOTE_TAIL.match(tail)):
            for s, e in split_sentences(sentence[quote_start + 1 : quote_end - 1]):
                yield start + quote_start + 1 + s, start + quote_start + 1 + e
            return
    yield start, end


def _is_quote_lead(lead: str) -> bool:
    if not lead.strip(" –—-"):
        return True
    if len(lead) > 160 or NEGATION.search(lead):
        return False
    return bool(QUOTE_LEAD.match(lead) or NAME_LEAD.match(lead))


def _after_lead(text: str, start: int, end: int) -> int:
    """Skip openers, labels, hedges and attributions, as long as a full sentence remains."""
    for _ in range(6):
        step = max(
            (
                match.end()
                for pattern in (OPENER, LABEL, HEDGE, REPORTED, ACCORDING)
                if (match := pattern.match(text, start, end))
                and (pattern is not REPORTED or _is_report(text, match, end))
                and _stands_alone(text[match.end() : end])
            ),
            default=start,
        )
        if step == start:
            return start
        start = step
    return start


def _stands_alone(rest: str) -> bool:
    tokens = tokens_of(rest[:400])
    return len(tokens) >= 3 and opens_with_subject(tokens) and rest[:1] not in ",;:."


def _is_report(text: str, match: re.Match[str], end: int) -> bool:
    if not _is_person(match["name"]):
        return False
    words = words_of(text[match.end() : min(end, match.end() + 60)])
    if not words or words[0] in DANGLING_REST:
        return False
    return bool(match["that"]) or words[0] in DETERMINERS | {"i", "we", "you", "there"}


def _is_person(name: str | None) -> bool:
    """Return False for "Nobody said that ..." and "Customers said that ...", which are claims."""
    if not name:
        return True
    words = name.split()
    if words[0].lower() in NOT_A_NAME or words[0].lower() in BASE_VERBS:
        return False
    return len(words) > 1 or not PLURAL_ROLE.search(name)


def _before_tail(text: str, start: int, end: int) -> int:
    for pattern in TAILS:
        match = pattern.search(text, max(start, end - 160), end)
        if (
            match
            and not NEGATION.search(match[0])
            and (not match["name"] or _is_person(match["name"]))
        ):
            return match.start() if _stands_alone(text[start : match.start()]) else end
    return end


def _clauses(text: str, start: int, end: int) -> Iterator[Span]:
    """Split claims joined by ";", ", but" or ", and" if neither needs the other."""
    if end - start > MAX_SPLIT_CHARS:
        yield start, end
        return
    sentence = text[start:end]
    held = enclosed_spans(sentence)
    for match in CLAUSE_BREAK.finditer(sentence):
        if any(s <= match.start() < e for s, e in held):
            continue
        left, right = sentence[: match.start()], sentence[match.end() :]
        if _is_independent(left, right, comma=match[0][0] == ","):
            yield start, start + match.start()
            yield from _clauses(text, start + match.end(), end)
            return
    yield start, end


def _is_independent(left: str, right: str, *, comma: bool) -> bool:
    left_words, right_words = words_of(left[:600]), words_of(right[:600])
    if len(left_words) < 4 or len(right_words) < 4:
        return False
    if not LEANING.isdisjoint(right_words) or not GOVERNING.isdisjoint(left_words):
        return False
    if comma and ("," in left or ":" in left):
        return False
    subject = right_words[0]
    if subject not in DETERMINERS | {"i", "we", "you"} and not right[:1].isupper():
        return False
    if subject == left_words[0] and subject in {"i", "we", "you"}:
        return False
    return (
        opens_with_subject(tokens_of(left[:600]))
        and _has_certain_verb(left_words)
        and _has_certain_verb(right_words)
    )


def _has_certain_verb(words: list[str]) -> bool:
    """Return whether an unambiguous finite verb is early on, with something after it."""
    for at, word in enumerate(words[1:8], 1):
        if at + 1 >= len(words):
            return False
        if word in AUXILIARIES or word.endswith("n't"):
            return True
        verb = word in THIRD_PERSON or word in IRREGULAR_PAST
        if (
            verb
            and words[at - 1] not in DETERMINERS
            and has_finite_verb(words[: at + 2], strict=True)
        ):
            return True
        pronoun = words[at - 1] in {"i", "we", "you"}
        if pronoun and (word in BASE_VERBS or word in NOUN_OR_VERB or word.endswith("ed")):
            return True
    return False
