"""Assign statements to the training or held-out side, by cluster and for good."""

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Split = Literal["train", "held_out"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """`anchor` is the decision that the split was drawn for; `order` counts the decisions."""

    split: Split
    anchor: Any
    order: int


def draw(content_hash: str, held_out_share: float) -> Split:
    """Draw a side by a hash, always the same for one statement."""
    digest = hashlib.sha256(b"split:" + content_hash.encode()).digest()
    return "held_out" if int.from_bytes(digest[:8], "big") / 2**64 < held_out_share else "train"


def assign_splits(
    decisions: Iterable[tuple[Hashable, Sequence[str]]],
    held_out_share: float,
    known: Mapping[str, Assignment],
    start: int = 0,
) -> dict[str, Assignment]:
    """Assign a side to each statement (by content hash) that is not yet `known`.

    `decisions`: (id, content hashes of its members), oldest first; the first has the order `start`,
    above that of all known ones. A decision on new statements draws a side for all of them; one
    that knows some passes the side of its earliest-assigned member on to the new ones. A later
    decision may join both sides; a pair across them belongs to neither.
    """
    new: dict[str, Assignment] = {}
    for order, (decision, members) in enumerate(decisions, start):
        before = [found for each in members if (found := known.get(each) or new.get(each))]
        if before:
            first = min(before, key=lambda assignment: assignment.order)
            split, anchor = first.split, first.anchor
        else:
            split, anchor = draw(min(members), held_out_share), decision
        assignment = Assignment(split, anchor, order)
        for member in members:
            if member not in known:
                new.setdefault(member, assignment)
    return new
