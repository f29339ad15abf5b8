"""The three forms of a statement: cleaned (stored, shown), normalised (compared), hashed."""

import hashlib
import re
import unicodedata

# Zero-width, bidirectional and other characters that show nothing but make two equal texts differ
# (the Default_Ignorable_Code_Point ranges of Unicode 15, controls and lone surrogates).
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
# What is stored keeps joiners and variation selectors: emoji and several scripts need them.
_NOT_STORED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff0-\ufffb]"
)
_WHITESPACE = re.compile(r"\s+")

QUOTES_AND_DASHES = str.maketrans(
    dict.fromkeys("‘’‚‛′ʼ`´", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
)
# NFKC would turn 10² into 102 and 1½ into 11⁄2.
_RAISED = str.maketrans(
    {raised: f"^{digit}" for raised, digit in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)}
    | dict(zip("₀₁₂₃₄₅₆₇₈₉", (f"_{digit}" for digit in range(10)), strict=True))
    | {
        fraction: f" {unicodedata.normalize('NFKC', fraction)}"
        for fraction in "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅟↉"
    }
)

# Units that differ by their case alone are spelled out before the case is folded.
_CASED_UNIT = re.compile(r"(?<=\d)( ?)(Kb|Mb|Gb|mW|MBps|GBps)(?![A-Za-z])")
_SPELLED_OUT = {
    "Kb": "kilobit",
    "Mb": "megabit",
    "Gb": "gigabit",
    "mW": "milliwatt",
    "MBps": "MB/s",
    "GBps": "GB/s",
}


def clean(text: str) -> str:
    """The statement as it is stored and shown: no control characters, single spaces, case kept.

    Characters that PostgreSQL refuses (NUL), that UTF-8 cannot carry (lone surrogates) or that
    turn the reading direction are dropped.
    """
    return _WHITESPACE.sub(" ", _NOT_STORED.sub("", text)).strip()


def normalise(text: str) -> str:
    """The form in which two spellings of one statement are equal; idempotent.

    NFKC, invisible characters out, casefold, single spaces, plain quotes and dashes, and no
    punctuation at the end. Digits, signs, decimal points, per cent signs and every word stay, and
    so does a closing question mark: a question is not a statement. Nor is 5 mW 5 MW.
    """
    folded = unicodedata.normalize("NFKC", INVISIBLE.sub("", text).translate(_RAISED))
    folded = _CASED_UNIT.sub(lambda unit: unit[1] + _SPELLED_OUT[unit[2]], folded)
    # Casefolding can undo the composition, and composing can show a letter that folds (Unicode 15,
    # section 3.13, definition 146).
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", folded).casefold())
    plain = _WHITESPACE.sub(" ", INVISIBLE.sub("", folded).translate(QUOTES_AND_DASHES))
    return plain.strip().rstrip(" .!,;:")


def content_hash(text: str) -> str:
    """SHA-256 of the normalised text as 64 hexadecimal digits.

    It is stored: a change to `normalise` that alters a hash needs a data migration.
    """
    return hashlib.sha256(normalise(text).encode()).hexdigest()
