"""Compares two statements word by word and accounts for what is left over on either side."""

from insights.text.guard.findings import Comparison, Finding, Kind, LeftOver
from insights.text.guard.near_miss import differences
from insights.text.guard.reading import Reading, read
from insights.text.guard.substitution import stand_in
from insights.text.normalise import normalise


def compare(a: str | Reading, b: str | Reading) -> Comparison:
    """Compare two statements. Symmetric: only the sides are swapped with the arguments."""
    left = read(a) if isinstance(a, str) else a
    right = read(b) if isinstance(b, str) else b
    findings = []
    for one in differences(left.facts, right.facts):
        one_sided = one.one_sided and one.kind != "negation"
        found = LeftOver.ADDITION if one_sided else LeftOver.CONFLICT
        findings.append(
            Finding(found, Kind(one.kind), one.left, one.right, one.left_spans, one.right_spans)
        )
    if not findings and (words := stand_in(left.text, right.text)):
        findings.append(Finding(LeftOver.CONFLICT, Kind.WORDS, (words[0],), (words[1],)))
    if not findings and normalise(left.text) != normalise(right.text):
        findings.append(Finding(LeftOver.REWORDING, Kind.WORDS))
    findings.sort(key=lambda finding: -finding.left_over.severity)
    worst = findings[0].left_over if findings else LeftOver.IDENTICAL
    return Comparison(worst, tuple(findings), (left.language, right.language))
