"""The words of a mail's own author: quoted replies, signatures and disclaimers taken off."""

import re

from insights.text.wordlists import lines

_QUOTE_HEADERS = tuple(
    re.compile(header, re.MULTILINE | re.IGNORECASE) for header in lines("mail_quote_headers")
)
_FORWARD = re.compile(
    r"^[ \t]*-{2,}[ \t]*(?:Forwarded message|Weitergeleitete Nachricht|Message transféré"
    r"|Mensaje reenviado|Messaggio inoltrato)[^\n]{0,40}\n"
    r"(?:[ \t]*\n)?(?:[^\n:]{2,20}:[^\n]{0,200}\n){1,8}",
    re.MULTILINE | re.IGNORECASE,
)
MOST_ABOVE_FORWARD = 200
_QUOTED = re.compile(r"^[ \t]*>", re.MULTILINE)
_SIGNATURE = re.compile(
    r"^(?:--|—|–|__)[ \t]*$"
    r"|^[ \t]*(?:Sent from my|Get Outlook for|Sent via|Von meinem \w+ gesendet|Envoyé de mon"
    r"|Enviado desde mi)\b.*$",
    re.MULTILINE | re.IGNORECASE,
)
# A closing formula on a line of its own, with at most a few short lines below it.
_CLOSING = re.compile(
    rf"^[ \t]*(?:{'|'.join(lines('mail_closings'))})"
    r"(?:,?[ \t]+\w[\w.'’-]{0,20}(?:[ \t]\w[\w.'’-]{0,20})?(?:[ \t]\([^()\n]{1,40}\))?)?"
    r"[ \t]*[,.!–-]?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_DISCLAIMER = re.compile("|".join(lines("mail_disclaimers")), re.IGNORECASE)
_DISCLAIMS = re.compile(
    r"\b(?:this|the|diese|ce|any)\s(?:(?:e-?mail|message|communication|transmission|information|nachricht"
    r"|attachments?|content)s?)\b",
    re.IGNORECASE,
)
MOST_SIGNATURE_LINES = 8


def without_quotes(text: str) -> str:
    """Cut quoted mails, signatures and disclaimers off a mail's body."""
    if (forward := _FORWARD.search(text)) and forward.start() < MOST_ABOVE_FORWARD:
        # Who forwards a mail means what it says, so it is kept.
        text = f"{text[: forward.start()]}\n\n{text[forward.end() :]}"
    for header in _QUOTE_HEADERS:
        if match := header.search(text):
            # An answer written below the quotation stays: further down only quoted lines are
            # removed.
            above, below = text[: match.start()], text[match.end() :]
            paragraphs = re.split(r"\n[ \t]*\n", below)
            quoted = [bool(_QUOTED.search(paragraph)) for paragraph in paragraphs]
            answers = [p for p, is_quoted in zip(paragraphs, quoted, strict=True) if not is_quoted]
            text = "\n\n".join([above, *answers]) if any(quoted) else above
    text = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
    return _without_signature(text).strip()


_BLOCKQUOTE = re.compile(r"<(?:blockquote\b|(?P<end>/)blockquote>)", re.IGNORECASE)


def without_quoted_html(text: str) -> str:
    """Cut what an HTML body quotes: each outermost blockquote, unless nothing else is said."""
    kept: list[str] = []
    at = depth = start = 0
    for match in _BLOCKQUOTE.finditer(text):
        if not match["end"]:
            start = start if depth else match.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                kept.append(text[at:start])
                at = match.end()
    rest = " ".join([*kept, text[at:]])
    return rest if re.search(r"\w", re.sub(r"<[^<>]*>", "", rest)) else text


def is_mail(text: str) -> bool:
    """Return True if a cell holds a mail: it quotes one, or ends with a disclaimer."""
    ends_in_one = _is_disclaimer(text.rstrip().rsplit("\n", 1)[-1]) and bool(text.strip())
    return "\n>" in text or ends_in_one or any(header.search(text) for header in _QUOTE_HEADERS)


def _without_signature(text: str) -> str:
    if match := _SIGNATURE.search(text):
        text = text[: match.start()]
    for match in reversed(list(_CLOSING.finditer(text))):
        below = [line for line in text[match.end() :].split("\n") if line.strip()]
        if len(below) <= MOST_SIGNATURE_LINES and all(len(line) < 80 for line in below):
            text = text[: match.start()]
            break
    paragraphs = re.split(r"\n[ \t]*\n", text)
    while paragraphs and _is_disclaimer(paragraphs[-1]):
        paragraphs.pop()
    lines = paragraphs.pop().split("\n") if paragraphs else []
    while len(lines) > 1 and _is_disclaimer(lines[-1]):
        lines.pop()
    return "\n\n".join([*paragraphs, "\n".join(lines)])


def _is_disclaimer(paragraph: str) -> bool:
    if not paragraph.strip():
        return True
    first = paragraph.strip().split("\n")[0]
    if not (_DISCLAIMER.search(first) or _DISCLAIMS.search(first)):
        return False  # it begins with something else
    marks = len(_DISCLAIMER.findall(paragraph))
    return marks >= 2 or (marks == 1 and _DISCLAIMS.search(paragraph) is not None)


def own_words(text: str) -> str:
    """Return the author's words when `text` is a mail with a quoted one below; else ""."""
    return without_quotes(text) if any(header.search(text) for header in _QUOTE_HEADERS) else ""
