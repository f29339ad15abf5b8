"""Cut a folded statement into words, codes and signs, contractions undone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from insights.text.dictionary import lemma

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark; `text` is lower case, `cased` as written (both without contraction)."""

    text: str
    cased: str
    span: Span


# "C++", "F#", ".NET" and "AT&T" are words; so are codes: "12B", "B12", "x-9/2".
_TOKEN = re.compile(
    r"(?P<code>(?<![\w])\.[a-z]{2,}(?!\w)|[^\W_]+(?:\+\+|[#♯](?!\w))"
    r"|[^\W\d_]{1,4}-(?=[^\W_]*\d)[^\W_]+(?:[-/][^\W_]*\d[^\W_]*)*"
    r"|[^\W\d_]*\d[^\W_]*(?:[-./:,][^\W_]*\d[^\W_]*)*|[^\W\d_]+\d[^\W_]*)"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<mark>[,;:.!?()/&\"–]|-(?= ))"
)
_SIGN = re.compile(
    r"(?P<sign>#(?!\d)|[+*@^~<>=|\\§©®™°%$€£¥₹±×÷≈≠≤≥←-⇿✀-➿⌀-⏿☀-⛿■-◿⬀-⯿]"
    r"|[\U0001f000-\U0001faff](?:\u200d?[\U0001f3fb-\U0001faff\u2640\u2642\u2695])*"
    r"|(?<![\w)])[:;=]-?[()DPp/|](?!\w))"
)
_ENDINGS = {"n't": "not", "'ll": "will", "'ve": "have", "'re": "are", "'m": "am", "'d": "would"}
_IS = frozenset("it that there what who he she where how here this let".split())
# "The gym's closing in May" and "the gym's been shut" speak of no owner.
_DETERMINED = "an?|the|my|your|his|her|its|our|their"
_AFTER_IS = re.compile(
    rf" (?:{_DETERMINED}|not|being|going|gonna|always|still|too|in|on|at|from|with|under|down)"
    r"\b(?!-)"
    r"| [a-z]+er than\b"
    rf"| [a-z]+(?:ing|ed)(?:$|[,.!;]| (?:{_DETERMINED}|me|us|him|it|them|to|in|on|at|up|down|off"
    r"|out)\b)"
)
_AFTER_HAS = re.compile(r"(?: already| never| just)? (?:been|got|had|gone|given|taken|become)\b")
_SPECIAL = {
    "can't": ("can", "not"), "cannot": ("can", "not"), "won't": ("will", "not"),
    "shan't": ("shall", "not"), "cant": ("can", "not"), "wont": ("will", "not"),
    "ain't": ("is", "not"), "let's": ("let", "us"), "gonna": ("going", "to"),
    "wanna": ("want", "to"), "gotta": ("got", "to"),
} | {
    f"{word}nt": (word, "not")
    for word in "do does did is are was were would could should has have had".split()
}  # fmt: skip


def cut(low: str, plain: str, english: bool) -> Iterator[Token]:
    """Return the words, codes and punctuation of a folded text; `low` is `plain` in lower case."""
    for match in _TOKEN.finditer(low):
        text, span = match.group(), match.span()
        cased = plain[span[0] : span[1]]
        if match.lastgroup != "word":
            yield Token(text, cased, span)
            continue
        if not english:  # "n'ont", "l'app": two words each
            for part in re.finditer("[^']+", text):
                start, end = part.span()
                yield Token(part.group(), cased[start:end], (span[0] + start, span[0] + end))
            continue
        if text in _SPECIAL:
            yield from (Token(part, part, span) for part in _SPECIAL[text])
            continue
        stem, mark, ending = text.rpartition("'")
        if not mark:
            yield Token(text, cased, span)
        elif text.endswith(("n't", "'nt")):
            if stem != "n":  # "does n't", cut before it came here
                yield Token(text[:-3], cased[:-3], span)
            yield Token("not", "not", span)
        elif f"'{ending}" in _ENDINGS:
            yield Token(stem, cased[: len(stem)], span)
            is_had = ending == "d" and _is_done(low[match.end() :])
            yield Token("had" if is_had else _ENDINGS[f"'{ending}"], ending, span)
        elif ending == "s":
            yield Token(stem, cased[: len(stem)], span)
            following = low[match.end() :]
            if _AFTER_HAS.match(following):
                yield Token("has", "has", span)
            else:
                is_verb = stem in _IS or _AFTER_IS.match(following)
                yield Token(*(("is", "is") if is_verb else ("'s", "'s")), span)
        else:
            yield Token(text, cased, span)


def _is_done(following: str) -> bool:
    """Return whether a participle follows: "she'd already left", but "she'd often leave"."""
    done = _PARTICIPLE.match(following)
    return done is not None and lemma(done[1])[1] in ("ed", "past", "pp")


_PARTICIPLE = re.compile(r" (?:(?:already|just|never|always|ever|not|only|also) )*([a-z]+)")


def signs_of(text: str) -> list[tuple[str, Span]]:
    """Return the symbols and emoji, which count like words."""
    return [(match.group(), match.span()) for match in _SIGN.finditer(text)]
