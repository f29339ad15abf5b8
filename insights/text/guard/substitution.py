"""Somebody or something else in the place of another, in statements that otherwise say the same.

"Nurses cannot swap shifts" and "Carers cannot swap shifts" differ in no number, date or name, are
as alike as two sentences can be, and say different things; "lowers sick leave" and "reduces sick
leave" look no different and say the same. Nothing in the words tells the two cases apart, so a
guard leaves both to a person.
"""

from difflib import SequenceMatcher

from insights.text.normalise import normalise
from insights.text.tokens import TokenKind, tokens
from insights.text.words import FUNCTION

LEAST_SHARED = 3  # words; below that, "otherwise equal" means nothing
SAME_STEM = 5  # letters at the beginning: "publish" and "publishing"

# Who a statement is about, one line a kind of person; general words (staff, people, users) are not
# here, because they may stand for any of these.
_PEOPLE = """
    nurse nurses
    carer carers caregiver caregivers
    doctor doctors physician physicians gp gps
    physio physios physiotherapist physiotherapists
    manager managers supervisor supervisors
    deputy deputies
    clerk clerks bookkeeper bookkeepers accountant accountants
    receptionist receptionists
    cleaner cleaners housekeeper housekeepers
    cook cooks chef chefs
    resident residents
    patient patients
    relative relatives family families
    student students pupil pupils
    teacher teachers
    parent parents
    child children
    trainee trainees apprentice apprentices
    customer customers client clients
    vendor vendors supplier suppliers
    investor investors
    developer developers programmer programmers
    engineer engineers
    designer designers
    researcher researchers
    driver drivers
    technician technicians
    tenant tenants
    landlord landlords
    buyer buyers
    seller sellers
    women woman
    men man
    girls girl
    boys boy
"""
PEOPLE = {word: line.split()[0] for line in _PEOPLE.strip().splitlines() for word in line.split()}


def stand_in(left: str, right: str) -> tuple[str, str] | None:
    """Return the word of each statement that replaces the other, else None.

    Either the people they are about, if both name some and none in common; or the two words if
    exactly one content word was replaced by another.
    """
    first, second = _words(left), _words(right)
    return _other_people(first, second) or _replaced(first, second)


def _other_people(first: list[str], second: list[str]) -> tuple[str, str] | None:
    here = [word for word in first if word in PEOPLE]
    there = [word for word in second if word in PEOPLE]
    if not here or not there or {PEOPLE[w] for w in here} & {PEOPLE[w] for w in there}:
        return None
    return here[0], there[0]


def _replaced(first: list[str], second: list[str]) -> tuple[str, str] | None:
    if len(first) != len(second) or len(first) <= LEAST_SHARED:
        return None
    changes = [
        change
        for change in SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
        if change[0] != "equal"
    ]
    if len(changes) != 1:
        return None
    _, start, end, other_start, other_end = changes[0]
    if end - start != 1 or other_end - other_start != 1:
        return None
    one, other = first[start], second[other_start]
    if {one, other} & FUNCTION or _same_stem(one, other):
        return None
    return one, other


def _words(text: str) -> list[str]:
    return [token.text for token in tokens(normalise(text)) if token.kind != TokenKind.PUNCTUATION]


def _same_stem(one: str, other: str) -> bool:
    shared = min(SAME_STEM, len(one), len(other))
    return one[:shared] == other[:shared] and shared >= SAME_STEM - 1
