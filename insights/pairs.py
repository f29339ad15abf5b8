"""Pairs of insights: each has one form, the smaller id first."""

from uuid import UUID

Pair = tuple[UUID, UUID]


def ordered(first: UUID, second: UUID) -> Pair:
    return (first, second) if first < second else (second, first)
