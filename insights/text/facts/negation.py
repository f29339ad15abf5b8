"""Negations of a statement: "not", "never", "without", "fails to", "hardly"."""

import re

from insights.text.facts.kinds import DifferenceKind, Fact

# What only looks like a negation: "not only", "whether or not", "no. 5" (a number is blanked).
_NO_CUE = (
    r"\bnot (?:only|just|merely|simply|to mention|least)\b|\b(?:whether |if |why |or )not\b"
    r"|\bno (?:doubt|matter|sooner)\b|\bnothing but\b|\bnone other than\b|\bno\.?[ ]?(?=[#\x00])"
    r"|, [a-z]+n't (?:it|they|he|she|we|you|i)(?=[ ]?(?:$|[?.!,]))"
    r"|\bno(?=,? yes\b)|\byes (?:and|or) no\b"
    # Quantities, not negations: "hardly any" is "few".
    r"|\bfree of charge\b"
    r"|\b(?:hardly|barely|scarcely) any(?:one|body|thing)?\b"
    r"|\b(?:almost|nearly|virtually|practically|next to) (?:no|none|nobody|nothing|no one)\b"
)
_RARELY = (
    r"(?:hardly|barely|scarcely|rarely) ever|rarely|seldom|infrequently"
    r"|(?:almost|nearly|virtually|practically|next to) never"
    r"|(?:not|[a-z]+n't) (?:very |that )?(?:often|usually|frequently|regularly)"
)
_HARDLY = r"hardly|barely|scarcely"
_NOT = (
    r"(?:(?:is|are|was|were|be|been|being|am) )?not (?:yet |always )?able to|unable(?: to)?|cannot"
    r"|not possible(?: to)?|impossible(?: to)?"
    r"|[a-z]*(?:n't|'nt)(?: (?:been )?(?:be )?able to)?|not|never"
    r"|(?:do|does|did|is|are|was|were|ca|wo|would|could|should|has|have|had)nt|no longer|no one"
    r"|no-one|nobody|none|nothing|nowhere|neither|nor|no|without|lack(?:s|ed|ing)?(?: of)?"
    r"|(?:fail(?:s|ed|ing)?|failure|forgets?|forgot|forgotten|refus(?:es?|ed|ing|al)) to|absence of"
    r"|missing|leav(?:es?|ing) out|left out(?! of)|unless|zero(?= [a-z])|non-?existent|devoid of"
    r"|free of"
)
_CUE = re.compile(
    rf"(?P<no_cue>{_NO_CUE})|\b(?:(?P<rarely>{_RARELY})|(?P<hardly>{_HARDLY})|(?P<not>{_NOT}))\b"
)
_SENTENCE_END = re.compile(r"[.;:!?]")
# How far "neither" reaches for its "nor", in characters.
_NEITHER_REACH = 200
# Two that stand together, or a word apart, cancel: "never fails to", "does not work without".
_CANCELLING_GAP = re.compile(r" (?:[a-z]+ )?")
_CANCELLED = ("unable", "impossible", "lack", "fail", "forg", "without", "refus", "non", "devoid")


def read_cues(text: str) -> list[Fact]:
    """Return the negations of a folded, lowered text that do not cancel out.

    The key is "rarely" for what is seldom so, "hardly" for what is almost not so, else "not".
    """
    cues: list[Fact] = []
    neither = -_NEITHER_REACH
    for match in _CUE.finditer(text):
        if match["no_cue"]:
            continue
        word, start = match.group(), match.start()
        if word == "neither":
            neither = match.end()
        elif (
            word == "nor"
            and start - neither < _NEITHER_REACH
            and not _SENTENCE_END.search(text, neither, start)
        ):
            continue
        gap = cues and _CANCELLING_GAP.fullmatch(text, cues[-1].end, start)
        if gap and word.startswith(_CANCELLED):
            cues.pop()
            continue
        cues.append(Fact(DifferenceKind.NEGATION, (match.lastgroup or "",), start, match.end()))
    return cues
