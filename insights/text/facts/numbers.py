"""Finds the bare magnitudes of a statement: digits, number words, fractions, ordinals."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Literal, NamedTuple

# A number, or the text of one whose value cannot be told ("1.000", "dozens").
Value = int | Fraction | str

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SMALL = {word: value for value, word in enumerate(_SMALL)}
TENS = {word: 10 * place for place, word in enumerate(_TENS, start=2)} | {"fourty": 40}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}

_ORDINAL_SMALL = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
ORDINALS = (
    {word: value for value, word in enumerate(_ORDINAL_SMALL, start=1)}
    | {
        f"{tens}{join}{word}": value + ordinal
        for tens, value in TENS.items()
        for ordinal, word in enumerate(_ORDINAL_SMALL[:9], start=1)
        for join in "- "
    }
    | {"thirtieth": 30, "fortieth": 40, "fiftieth": 50, "hundredth": 100}
)
DENOMINATORS = {"half": 2, "halve": 2, "third": 3, "quarter": 4} | {
    word: value for word, value in ORDINALS.items() if 4 <= value <= 20
}
_FRACTIONS = "1/4 1/2 3/4 1/7 1/9 1/10 1/3 2/3 1/5 2/5 3/5 4/5 1/6 5/6 1/8 3/8 5/8 7/8"
VULGAR = dict(zip("¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞", map(Fraction, _FRACTIONS.split()), strict=True))

DIGIT = re.compile("[0-9]")
# Longer runs of digits are identifiers; they are compared as they stand, never computed with.
MAX_DIGITS = 30


def alternation(words: Iterable[str]) -> str:
    """Return a regex alternative of the words, longest first."""
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))


def digits_value(written: str) -> Value:
    """Return the value of digits with separators as English writes them; else the text itself.

    "1,000" is a thousand, "1.5" and "1,5" one and a half. "1.000" is one in London and a thousand
    in Berlin, so it equals nothing but itself.
    """
    plain = written if written.isdigit() else written.replace("'", "").replace(" ", "")
    if len(plain) > MAX_DIGITS or (plain[0] == "0" and len(plain) > 6 and plain.isdigit()):
        return plain
    commas, dots = plain.count(","), plain.count(".")
    if commas and dots:
        decimal = "," if plain.rindex(",") > plain.rindex(".") else "."
        whole, _, rest = plain.partition(decimal)
        if decimal in rest or not _grouped(whole, "." if decimal == "," else ","):
            return plain
        return Fraction(f"{re.sub('[.,]', '', whole)}.{rest}")
    if not commas and not dots:
        return int(plain)
    separator = "," if commas else "."
    if _grouped(plain, separator):
        if separator == "." and dots == 1:
            return plain
        return int(plain.replace(separator, ""))
    if commas + dots > 1:
        return plain
    return Fraction(f"0{plain}".replace(",", "."))


def _grouped(digits: str, separator: str) -> bool:
    head, *groups = digits.split(separator)
    return 1 <= len(head) <= 3 and head[0] != "0" and all(len(group) == 3 for group in groups)


class CardinalRun:
    """Sum of number words, taken in one after another while they make one number.

    "two", "hundred", "and", "five" make 205; "five", "ten" do not go together.
    """

    def __init__(self) -> None:
        self._total = 0
        self._part = 0
        self._room = 10**15  # what the next word must be smaller than
        self._scale = 10**15

    @property
    def value(self) -> int:
        return self._total + self._part

    def add(self, word: str, join: str) -> bool:
        """Add `word`, joined by `join` ("", " ", "-" or " and "); return whether it fits."""
        if word in SCALES:
            return self._add_scale(SCALES[word], join)
        value = SMALL.get(word) or TENS.get(word, 0)
        after_scale = self._room in (100, 1000)
        if join == " and " and not after_scale:
            return False
        if value >= self._room or (join and not value):
            return False
        self._part += value
        self._room = 10 if word in TENS else 0
        return True

    def _add_scale(self, scale: int, join: str) -> bool:
        if join == " and " or (join and not self.value):
            return False
        if scale == 100:
            if self._part >= 100 or (join and not self._part):
                return False
            self._part = (self._part or 1) * 100
            self._room = 100
            return True
        if scale >= self._scale or (join and not self._part):
            return False
        self._total += (self._part or 1) * scale
        self._part, self._room, self._scale = 0, 1000, scale
        return True


Form = Literal["digits", "count", "ordinal", "share", "times", "article"]


class Magnitude(NamedTuple):
    """A number before its unit. `value` is text where no one value can be told ("dozens")."""

    start: int
    end: int
    value: Value
    form: Form
    written: str
    weak: bool = False


_TIME_UNIT = "second|minute|hour|day|week|fortnight|month|quarter|year|decade"
_DENOMINATOR = alternation(
    form for word in DENOMINATORS for form in (word, f"{word}s") if form not in ("halve", "halfs")
)
_ATOM = re.compile(
    rf"""(?P<phone>\+[0-9][0-9 ()-]{{5,}}[0-9](?!\w)
        |(?<![\w.,-])(?:0[0-9]{{2,4}}[ -][0-9]{{3,}}(?:[ -][0-9]{{3,}})*|[0-9]{{3}}-[0-9]{{4}}
        |[0-9]{{3}}-[0-9]{{3}}-[0-9]{{4}})(?![\w-]))
    |(?<![\w.,/])(?P<whole>[0-9]{{1,4}})[ -](?P<mixed>[0-9]{{1,3}}/[0-9]{{1,3}})(?![\w/])
    |(?<![\w.,/])(?P<fraction>[0-9]{{1,4}}/[0-9]{{1,4}})(?![\w/])
    |(?P<vulgar>(?<!\w)[0-9]{{0,9}}[ ]?[{"".join(VULGAR)}])
    |(?P<digits>(?<![\w.,])[0-9]{{1,3}}(?:[ ][0-9]{{3}})+(?![\w.,])
        |(?<!\w)[0-9]+(?:[.,'][0-9]+)*|(?<![\w.])\.[0-9]+)(?P<th>(?:st|nd|rd|th)\b)?
    |\b(?:(?P<ordinal>{alternation(ORDINALS)})
        |(?P<cardinal>{alternation([*SMALL, *TENS, *SCALES])})
        |(?P<half>half)
        |(?:an?[ -])?(?P<dozen>dozen)
        |(?:an?[ ])?(?P<quarter>quarter)(?=[ ]of[ ]an[ ]hour\b|[ -]hours?\b)
        |an?[ ](?P<part>{_DENOMINATOR})
            (?=[ ](?:of|less|more|fewer|longer|shorter|cheaper|faster|slower)\b|[.,;!?]?$)
        |(?P<couple>(?:an?[ ])?couple(?:[ ]of)?)
        |(?P<times>once(?=[ -](?:daily|weekly|monthly|yearly))|twice|thrice
            |doubl(?:ed|es|ing)|tripl(?:ed|es|ing)|quadrupl(?:ed|es|ing)
            |(?:double|triple)(?=[ ](?:the|what|its|our)\b))
        |(?P<halved>halv(?:ed|es|ing))
        |(?P<vague>tens(?=[ ]of\b)|dozens|hundreds|thousands|millions|billions)
        |(?P<single>single(?!-)|sole)
        |(?<!once[ ])(?P<article>an?)
            (?=[ ](?:(?:single|full|whole|further|extra)[ ])?(?:{_TIME_UNIT})\b(?![-'])))\b""",
    re.VERBOSE,
)
# A text without any of these has no magnitude.
HAS_DIGIT = re.compile(f"[0-9{''.join(VULGAR)}]")
NUMBER_WORDS = frozenset(
    {*ORDINALS, *SMALL, *TENS, *SCALES, *DENOMINATORS, *_TIME_UNIT.split("|")}
    | set(
        """halve halves halved halving half dozen couple once twice thrice double doubled doubles
        doubling triple tripled triples tripling quadrupled quadruples quadrupling tens single sole
        """.split()
    )
)
_TIMES = {"on": 1, "tw": 2, "do": 2, "th": 3, "tr": 3, "qu": 4}
# "no one", "this one", "one another", "one-off": not a number.
_PRONOUN_BEFORE = re.compile(
    r"(?:no|this|that|each|every|any|some|which|the|another|new|old|other|right|wrong|good|bad"
    r"|next|last|only|such|first|early|late|long|short)[ -]$"
)
_PRONOUN_AFTER = re.compile(
    r"(?:[ ](?:another|by one|of (?:the|these|those|our|my|their)|\w+ to (?:the next|another))\b"
    r"|-|'s\b)"
)
_JOIN = re.compile(r"[ ]and[ ]|[ -]")
_FRACTION_AFTER = re.compile(rf"[ -]({_DENOMINATOR})\b")
_A_DOZEN = re.compile(r"[ -]a[ ]dozen\b")
_AND_A_HALF = re.compile(r"[ ]and[ ]a[ ]half\b")
_HALF_HOUR = re.compile(rf"[ -](?:an? )?(?:{_TIME_UNIT})\b")
_NOT_HALF = re.compile(r"(?:first|second|other|1st|2nd)[ ]$")


def magnitudes(text: str) -> list[Magnitude]:
    """Return the magnitudes of a folded, lowered text, in order, none overlapping another."""
    found: list[Magnitude] = []
    position = 0
    while match := _ATOM.search(text, position):
        magnitude = _read(text, match)
        if magnitude:
            found.append(magnitude)
        position = magnitude.end if magnitude else match.end()
    return found


def _read(text: str, match: re.Match[str]) -> Magnitude | None:
    start, end = match.span()
    written = match.group()
    group = match.lastgroup
    if group == "cardinal":
        return _read_cardinal(text, start)
    value: Value
    form: Form = "count"
    if group in ("digits", "th"):
        value = digits_value(match["digits"])
        if match["th"]:
            return Magnitude(start, end, value, "ordinal", written, weak=value == 1)
        return _with_a_half(text, Magnitude(start, end, value, "digits", written))
    if group == "phone":
        value = "".join(filter(str.isdigit, written))
    elif group in ("fraction", "mixed"):
        value, form = _quotient(match[group]), "share"
        if group == "mixed" and not isinstance(value, str):
            value, form = value + int(match["whole"]), "count"
    elif group == "vulgar":
        whole = written[:-1].strip()
        value, form = int(whole or 0) + VULGAR[written[-1]], "count" if whole else "share"
    elif group == "ordinal":
        return Magnitude(start, end, ORDINALS[written], "ordinal", written, written == "first")
    elif group == "half":
        if _NOT_HALF.search(text, max(0, start - 7), start) and not _HALF_HOUR.match(text, end):
            return None
        value, form = Fraction(1, 2), "share"
        if dozen := _A_DOZEN.match(text, end):
            value, form, end = 6, "count", dozen.end()
    elif group == "halved":
        value, form = Fraction(1, 2), "times"
    elif group == "dozen":
        value = 12
    elif group == "part":
        value, form = Fraction(1, DENOMINATORS[match["part"].removesuffix("s")]), "share"
    elif group == "quarter":
        value, form = Fraction(1, 4), "share"
    elif group == "couple":
        value = 2
    elif group == "times":
        value = _TIMES[written[:2]]
        form = "times"
    elif group == "vague":
        value = written
    elif group == "single":
        return Magnitude(start, end, 1, form, written, weak=True)
    else:
        value, form = 1, "article"
    return Magnitude(start, end, value, form, written)


def _read_cardinal(text: str, start: int) -> Magnitude | None:
    run, end, join = CardinalRun(), start, ""
    while (word := _ATOM.match(text, end + len(join))) and word.lastgroup == "cardinal":
        if not run.add(word.group(), join):
            break
        end = word.end()
        following = _JOIN.match(text, end)
        if not following:
            break
        join = following.group()
    written = text[start:end]
    if (
        written == "one"
        and not _FRACTION_AFTER.match(text, end)
        and (
            _PRONOUN_BEFORE.search(text, max(0, start - 8), start)
            or _PRONOUN_AFTER.match(text, end)
        )
    ):
        return None
    part = _FRACTION_AFTER.match(text, end)
    if part and (part[1].endswith("s") or part[1] == "halves") == (run.value != 1):
        value = Fraction(run.value, DENOMINATORS[part[1].removesuffix("s")])
        return Magnitude(start, part.end(), value, "share", text[start : part.end()])
    if text.startswith((" dozen", "-dozen"), end):
        return Magnitude(start, end + 6, run.value * 12, "count", text[start : end + 6])
    magnitude = Magnitude(start, end, run.value, "count", written, weak=written == "one")
    return _with_a_half(text, magnitude)


def _with_a_half(text: str, number: Magnitude) -> Magnitude:
    half = _AND_A_HALF.match(text, number.end)
    if not half or isinstance(number.value, str):
        return number
    return number._replace(
        end=half.end(), value=number.value + Fraction(1, 2), form="count", weak=False
    )


def _quotient(written: str) -> Value:
    above, below = map(int, written.split("/"))
    return Fraction(above, below) if above and below else written
