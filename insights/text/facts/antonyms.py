"""Pairs of opposites, and words of quantity and duty that exclude one another."""

from insights.text.wordlists import groups, lines

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
for _list, _turns in (("contrary", False), ("complementary", True)):
    for _row in lines(_list):
        for _side, _words in zip((1, -1), _row.split(" | "), strict=True):
            for _word in _words.split():
                for _form in _forms(_word):
                    POLES.setdefault(_form, []).append((_row, _side, _turns))

GROUPS: dict[str, tuple[str, int]] = {}
for _line, (_group, _words) in enumerate(groups("exclusive")):
    GROUPS |= dict.fromkeys(_words.split(), (_group, _line))
