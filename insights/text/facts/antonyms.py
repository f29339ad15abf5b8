"""Pairs of opposites, and words of quantity and duty that exclude one another."""

# side | side, in dictionary form. What a negation in front of one side does:
# - `_CONTRARY`: nothing; what did not increase need not have decreased.
# - `_COMPLEMENTARY`: it makes the other side; what is not easy is hard.
_CONTRARY = """
increase rise grow climb raise grew rose risen grown | decrease fall drop decline shrink fell fallen
increase raise higher growth | lower reduce reduction sink decrease fewer
more | less fewer
most | least fewest
many lots plenty | few
before prior beforehand | after afterwards
earlier early sooner | later late
first | last
faster quicker quickly | slower slowly
above over exceed | below under
longer long | shorter short
larger bigger greater large big | smaller small
heavier | lighter
better best improve improvement boost lift help | worse worst worsen damage hurt harm suffer
gain win won | lose lost loss
start begin began begun | stop end cease
open | close
add | remove delete
include | exclude omit
ignore disregard | respect observe honour
fixed | rotating rotate variable changing
speed accelerate | delay slow
accept approve | reject decline refuse deny
import | export
buy bought purchase | sell sold
hire recruit | fire dismiss
join | leave left quit resign
enable activate | disable deactivate
lock | unlock
encourage promote | discourage
prevent avoid stop | cause
maximum | minimum
maximise maximize | minimise minimize
overestimate | underestimate
overpaid | underpaid
overstaffed | understaffed
upgrade | downgrade
benefit advantage | drawback disadvantage
upside | downside
pro | con
positive | negative
strength | weakness
success succeed | failure fail
online | offline
internal | external
inside indoors | outside outdoors
public | private
full-time full-timer full-timers | part-time part-timer part-timers
permanent | temporary
junior inexperienced novice | senior experienced expert
young younger | old older
new newer | old older
rich | poor
ahead | behind
front | back
top | bottom
empty | full
ally | enemy
expand | contract
strengthen | weaken
upstream | downstream
ascend | descend
inner | outer
until | since
everywhere | nowhere
"""
_COMPLEMENTARY = """
easy easily simple simply straightforward | hard difficult tricky complicated complex fiddly
like love enjoy prefer | dislike hate
allow permit let | forbid prohibit ban disallow forbidden forbade
with | without
agree | disagree
trust | distrust mistrust
fast quick rapid | slow sluggish
cheap inexpensive affordable | expensive costly pricey
good great | bad poor
true | false
right | wrong
correct correctly properly | incorrect incorrectly wrong wrongly garbled corrupted
accurate accurately | inaccurate inaccurately wrong wrongly
same identical | different
safe safely | unsafe unsafely dangerous
secure | insecure
happy | unhappy
satisfied | dissatisfied unsatisfied
clear clearly | unclear
fair fairly | unfair unfairly
reliable reliably | unreliable unreliably
available | unavailable
necessary | unnecessary
likely | unlikely
common | uncommon rare
usual | unusual
popular | unpopular
useful helpful | useless unhelpful
paid | unpaid
aware | unaware
familiar | unfamiliar
comfortable | uncomfortable
important | unimportant
complete | incomplete
consistent consistently | inconsistent inconsistently
efficient efficiently | inefficient inefficiently
effective | ineffective
relevant | irrelevant
regular | irregular
valid | invalid
visible | invisible hidden
legal legally | illegal illegally
enough sufficient sufficiently adequate | insufficient insufficiently inadequate
patient | impatient
polite | impolite rude
predictable | unpredictable
realistic | unrealistic
readable legible | unreadable illegible
voluntary optional voluntarily | mandatory compulsory obligatory
automatic automatically | manual manually
present attend | absent
strong | weak
high highly | low
win | lose
known | unknown
trained | untrained
planned | unplanned
expected | unexpected
supported | unsupported
answered | unanswered
read | unread
filled | unfilled
confirmed | unconfirmed
changed | unchanged
limited | unlimited
healthy | unhealthy
ethical | unethical
moral | immoral
acceptable | unacceptable
possible | impossible
"""
# Words of one line mean the same; two lines of one group exclude each other.
_GROUPS = """
extent | all every each everyone everybody everything entire always
extent | some someone somebody sometimes occasionally certain
extent | most mostly majority usually generally typically
duty | must mandatory required compulsory obligatory obliged
duty | may might can could optional
scope | only just merely solely exclusively
"""

_VOWELS = "aeiou"
_UNINFLECTED = frozenset(
    """more less fewer most least fewest many lots plenty few before prior beforehand after
    afterwards first last above over below under with without until since best worst like good bad
    true false right wrong same top bottom front back ahead behind grew rose risen grown fell fallen
    won lost left bought sold began begun""".split()
)


def _forms(word: str) -> set[str]:
    """Return the inflections of a regular verb or short adjective; a non-word does no harm."""
    if word in _UNINFLECTED:
        return {word, "likes", "liked"} if word == "like" else {word}
    stem = word.removesuffix("e")
    if word.endswith("y") and word[-2] not in _VOWELS:
        return {word, *(word[:-1] + end for end in ("ies", "ied", "ier", "iest")), f"{word}ing"}
    double = word + word[-1]
    forms = {word, f"{word}s", f"{stem}ed", f"{stem}ing"}
    if len(word) < 6 and word != "late":
        forms |= {f"{stem}er", f"{stem}est"}
    if word.endswith(("s", "sh", "ch", "x")):
        forms.add(f"{word}es")
    if len(word) < 6 and word[-1] in "bdgmnpt" and word[-2] in _VOWELS:
        forms |= {double + end for end in ("ed", "ing", "er", "est")}
    return forms


# word -> its axes, each with the side it is on and whether a negation takes it to the other side
POLES: dict[str, list[tuple[str, int, bool]]] = {}
for _rows, _turns in ((_CONTRARY, False), (_COMPLEMENTARY, True)):
    for _row in _rows.strip().splitlines():
        for _side, _words in zip((1, -1), _row.split(" | "), strict=True):
            for _word in _words.split():
                for _form in _forms(_word):
                    POLES.setdefault(_form, []).append((_row, _side, _turns))

GROUPS: dict[str, tuple[str, int]] = {}
for _line, _row in enumerate(_GROUPS.strip().splitlines()):
    _group, _words = _row.split(" | ")
    GROUPS |= dict.fromkeys(_words.split(), (_group, _line))
