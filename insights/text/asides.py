"""Find in an English statement where it begins and ends, without requests, comments and tags."""

import re
from typing import NamedTuple

_REQUEST = re.compile(
    r"\W*(?:(?P<asks>(?:please,? )?(?:could|can|would|will) (?:you|someone|somebody|we)"
    r" (?:please|kindly|pls|plz|possibly|be so (?:kind|good) as to|be kind enough to)"
    r"|(?:could|can) (?:we|i) (?=get |have )|would it be possible to)"
    r"|it would be (?:great|nice|good|helpful|useful|lovely|better)"
    r" (?:if (?:you|we|they|someone) (?:could|would)|to)"
    r"|(?:we|i)(?: would|'d) (?:really )?(?:like|love)(?: you)? to(?: be able to)?"
    r"|(?:please|kindly)(?: let (?:us|me)| allow (?:us|me) to)?(?! note| be aware| remember))\b"
)
# Openings and closings that only comment on saying so.
_COMMENT = re.compile(
    r"(?:\W*(?:(?:i|we) (?:have to|must|would|'d) (?:say|admit)(?: that|(?=,))"
    r"|to be (?:fair|honest|frank)|in my (?:humble |honest )?(?:opinion|view)"
    r"|as far as i (?:can tell|know)|if i may say so|if i'm (?:being )?honest|all in all"
    r"|it (?:has to|must|should) be (?:said|noted|mentioned) that"
    r"|(?:oh,? )?(?:and )?(?:by the way|btw)"
    r"|(?:so,? )?yeah|ok(?:ay)? so|i(?:'m| am) afraid(?: that)?(?! to| of)"
    r"|(?:with (?:all )?due respect|as i said|well|right|look|listen)(?=,)"
    r"|(?:the )?thing is|i mean"
    r"|(?:hi|hiya|hey|hello)(?: all| there| team| everyone)?(?=[,!.])|quick one"
    r"|not (?:gonna|going to) lie(?! down| about| to| in| on| here)"
    r"|hope you(?:'re| are) (?:well|ok|okay)|thank (?:god|goodness)"
    r"|just (?:wanted )?to (?:say|let you know|mention)(?: that)?"
    r"|sorry to say(?=,)|sorry (?:to (?:moan|bother you|say)(?: this)? )?but|no offence but"
    r"|tbh|ngl|imo|imho|fyi)\b)+"
)
_CLOSING = re.compile(
    r"(?P<tag>, (?:is|are|was|were|do|does|did|has|have|ca|wo)n't (?:it|he|she|they|we|you|i)\W*$"
    r"|,? innit\W*$)|,? (?:tbh|ngl|lol|haha|imo|imho|and stuff|to be (?:fair|honest)"
    r"|if i may say so|if i'm (?:being )?honest|thank (?:god|goodness)|just saying"
    r"|in my (?:humble )?opinion)\W*$"
    r"|, (?:thank you(?: (?:so|very) much)?|many thanks|can you believe it|you know)\W*$"
)
_PLEASE = re.compile(r", please\W*$")


class Frame(NamedTuple):
    """The statement is `[begin, end)` of a folded lower-case text, counted in characters.

    requests: it asks for something. is_statement: its question mark asks nothing.
    """

    begin: int
    end: int
    requests: bool = False
    is_statement: bool = False


def framed(low: str) -> Frame:
    """Leave out "to be honest", "could you please" and ", isn't it?"; all if nothing else is."""
    comment = _COMMENT.match(low)
    opening = _REQUEST.match(low, comment.end() if comment else 0)
    closing = _CLOSING.search(low)
    begin = max(found.end() if found else 0 for found in (comment, opening))
    end = closing.start() if closing else len(low)
    if not re.search(r"\w", low[begin:end]):
        return Frame(0, len(low))
    return Frame(
        begin,
        end,
        opening is not None or _PLEASE.search(low) is not None,
        bool((opening and opening["asks"]) or (closing and closing["tag"])),
    )
