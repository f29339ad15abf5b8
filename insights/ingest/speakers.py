"""Names before what is said: which labels are speakers, and which of them ask the questions."""

import re

from insights.text.wordlists import named

INTERVIEWER_ROLES = frozenset("interviewer moderator facilitator int i q question iv".split())
ROLES = INTERVIEWER_ROLES | frozenset("a answer participant respondent interviewee speaker".split())
# Labels before a colon that name no one.
NOT_SPEAKERS = frozenset(named("en/claims")["not_speakers"].split())
# Small words within a name: "Piet de Boer".
PARTICLES = frozenset("de van der den von zu la le di da del du dos do al bin ten".split())
_QUESTION_SHARE = 0.6


def looks_like_a_speaker(name: str) -> bool:
    """Return whether each word has a capital letter and none is a label such as "Note"."""
    words = name.split()
    return (
        bool(words)
        and words[0][0].isupper()
        and words[0].lower() not in NOT_SPEAKERS
        and not words[-1][0].islower()
        and all(not word[0].islower() or word in PARTICLES for word in words)
    )


def role_of(name: str) -> str:
    """Return the role that a name such as "Participant 3", "P3" or "Anna (Interviewer)" states."""
    inner = re.search(r"\((\w+)\)", name)
    return (inner[1] if inner else re.sub(r"[\s\d._]+$", "", name)).lower()


def asks_questions(name: str, *, turns: int, questions: int, speakers: int) -> bool:
    """Return True for an interviewer: the role in the name, or mostly questions."""
    if role_of(name) in INTERVIEWER_ROLES:
        return True
    return speakers > 1 and turns > 2 and questions >= _QUESTION_SHARE * turns
