"""Which statements a model may train on: by cluster, and never changing as decisions come in."""

import hashlib
from collections.abc import Hashable, Iterable, Sequence
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
    """By chance, but always the same for one statement."""
    digest = hashlib.sha256(b"split:" + content_hash.encode()).digest()
    return "held_out" if int.from_bytes(digest[:8], "big") / 2**64 < held_out_share else "train"


def assign_splits(
    decisions: Iterable[tuple[Hashable, Sequence[str]]], held_out_share: float
) -> dict[str, Assignment]:
    """A split for each statement (by content hash) that took part in a decision.

    `decisions`: (id, content hashes of its members), oldest first, those undone since included: so
    the list only ever grows at its end, and what was assigned once stays. A decision on new
    statements draws a split for all of them; one that knows some hands the split of its
    earliest-assigned member on to the new ones. A later decision may join two splits; a pair
    across them belongs to neither.
    """
    assigned: dict[str, Assignment] = {}
    for order, (decision, members) in enumerate(decisions):
        known = [assigned[member] for member in members if member in assigned]
        if known:
            first = min(known, key=lambda assignment: assignment.order)
            split, anchor = first.split, first.anchor
        else:
            split, anchor = draw(min(members), held_out_share), decision
        assignment = Assignment(split, anchor, order)
        for member in members:
            assigned.setdefault(member, assignment)
    return assigned
