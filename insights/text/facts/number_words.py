"""The words that name numbers, and the value of a written number: "1,000.5", "twenty-one"."""

import re
from collections.abc import Iterable
from fractions import Fraction

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
    """Adds number words one after another for as long as they make one number.

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
