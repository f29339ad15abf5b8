"""The forms of a statement: cleaned (stored, shown), normal (hashed), folded (for features)."""

import hashlib
import re
import unicodedata

from insights.text.wordlists import words

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

LEAST_SHOUTED = 4
# The first word of a text, written as the first word of a sentence is.
_FIRST_WORD = re.compile(r"^[^\w]*(?P<word>[^\W\d_][^\W\d_]*)(?![\w&'-])")


def clean(text: str) -> str:
    """Return the statement as it is stored and shown: no control characters, single spaces.

    Characters that PostgreSQL refuses (NUL), that UTF-8 cannot carry (lone surrogates) or that
    turn the reading direction are dropped. A text that shows nothing becomes empty.
    """
    cleaned = _WHITESPACE.sub(" ", _NOT_STORED.sub("", text)).strip()
    return cleaned if INVISIBLE.sub("", cleaned) else ""


def normal_form(text: str) -> str:
    """Return the form in which two statements are exact repeats of one another; idempotent.

    Folds only what never turns the meaning: compatibility forms (NFKC), invisible characters,
    spaces, quotes, dashes, the capital that opens a sentence, punctuation at the end, and the
    capitals of a sentence that is all in capitals. Other capitals stay ("US" is not "us", "mV" not
    "MV"), and so do signs, emoji, accents, "ß" and a closing question mark.
    """
    plain = _plain(text).rstrip(" .!,;:")
    if _is_shouted(plain):
        return _plain(plain.lower())
    first = _FIRST_WORD.match(plain)
    if first and _opens_sentence(first["word"]):
        start = first.start("word")
        plain = plain[:start] + plain[start].lower() + plain[start + 1 :]
    return plain


def normalise(text: str) -> str:
    """Return the text without case, for features that count words; idempotent."""
    # Casefolding can undo the composition, and composing can show a letter that folds (Unicode 15,
    # section 3.13, definition 146).
    folded = unicodedata.normalize("NFD", _plain(text)).casefold()
    return _plain(folded).rstrip(" .!,;:")


def content_hash(text: str) -> str:
    """Return the SHA-256 of the normal form as 64 hexadecimal digits; it is stored."""
    return hashlib.sha256(normal_form(text).encode()).hexdigest()


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", INVISIBLE.sub("", text).translate(_RAISED))
    # Composing can show a character that is a quote, a space or invisible.
    folded = INVISIBLE.sub("", folded).translate(QUOTES_AND_DASHES)
    return _WHITESPACE.sub(" ", unicodedata.normalize("NFKC", folded)).strip()


def _is_shouted(plain: str) -> bool:
    """Return True for a sentence in capitals whose words mean the same in small letters."""
    said = [word.lower() for word in plain.split() if word.isupper()]
    is_plain = len(said) >= LEAST_SHOUTED and not any(map(str.isdigit, plain))
    return is_plain and plain.isupper() and words("en/cased").isdisjoint(said)


def _opens_sentence(word: str) -> bool:
    """Return whether only its position capitalises a first word: "It", not "IT" or "Polish"."""
    if word in _FUNCTION_OPENERS:
        return True
    is_title_case = word[0].isupper() and (len(word) == 1 or word[1:].islower())
    return is_title_case and len(word[0].lower()) == 1 and word.lower() not in words("en/cased")


# Listed as another word in capitals, yet common at the start of a sentence.
_FUNCTION_OPENERS = frozenset(("It", "Us", "Who", "It's"))
