"""Redaction of e-mail addresses and telephone numbers (settings.REDACT_CONTACTS)."""

import re

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
# Seven digits or more with the marks of a telephone number; not a date, a price or a plain count.
_PHONE = re.compile(
    r"(?<![\w.,/-])(?:\+|00)?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ ./-]\d{2,8}){1,5}(?![\w.,]*\d)"
    r"|(?<!\w)\+\d{7,15}(?!\d)"
)
_DATE = re.compile(r"\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[ –-]\d{4}")


def redact(text: str) -> str:
    """Put [e-mail] and [phone] in place of addresses and numbers by which somebody is reached."""
    text = _EMAIL.sub("[e-mail]", text)
    return _PHONE.sub(_phone, text)


def _phone(match: re.Match[str]) -> str:
    found = match[0]
    digits = sum(char.isdigit() for char in found)
    return found if digits < 7 or _DATE.fullmatch(found) else "[phone]"
