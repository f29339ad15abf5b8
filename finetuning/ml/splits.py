"""Which statements a model may train on: by cluster, and never changing as decisions come in."""

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
    """By chance, but always the same for one statement."""
    digest = hashlib.sha256(b"split:" + content_hash.encode()).digest()
    return "held_out" if int.from_bytes(digest[:8], "big") / 2**64 < held_out_share else "train"


def assign_splits(
    decisions: Iterable[tuple[Hashable, Sequence[str]]],
    held_out_share: float,
    known: Mapping[str, Assignment],
    start: int = 0,
) -> dict[str, Assignment]:
    """A split for each statement (by content hash) of the decisions that is not `known` yet.

    `decisions`: (id, content hashes of its members), oldest first; the first has the order `start`,
    which is above that of all that is known. A decision on new statements draws a split for all of
    them; one that knows some hands the split of its earliest-assigned member on to the new ones. A
    later decision may join two splits; a pair across them belongs to neither.
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
