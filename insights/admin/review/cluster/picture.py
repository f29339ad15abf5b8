"""A cluster as a picture: a dot for each statement, a line for each similar or conflicting pair."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from insights.admin.review.cluster.cards import Compared
from insights.ids import Pair, ordered
from insights.models import ClusterPair

RADIUS, CENTRE = 70.0, 100.0
SHOWN = 20  # statements


@dataclass(frozen=True, slots=True)
class Dot:
    number: int
    x: float
    y: float
    group: int


@dataclass(frozen=True, slots=True)
class Link:
    """`width` grows with the similarity; `is_conflict`: the guard keeps the two apart."""

    one: Dot
    other: Dot
    width: float
    is_conflict: bool
    title: str

    @property
    def group(self) -> int:
        return self.one.group if self.one.group == self.other.group else 0


@dataclass(frozen=True, slots=True)
class Picture:
    dots: list[Dot]
    links: list[Link]


def picture_of(
    compared: Compared, pairs: Mapping[Pair, ClusterPair], groups: Mapping[UUID, int]
) -> Picture | None:
    """Place the statements on a circle, neighbours by group; None for fewer than three."""
    insights = compared.insights[:SHOWN]
    if len(insights) < 3:
        return None
    number_of = {one.pk: number for number, one in enumerate(insights, 1)}
    around = sorted(insights, key=lambda one: (groups.get(one.pk, 1), number_of[one.pk]))
    dots = {}
    for place, one in enumerate(around):
        angle = 2 * math.pi * place / len(around) - math.pi / 2
        dots[one.pk] = Dot(
            number_of[one.pk],
            CENTRE + RADIUS * math.cos(angle),
            CENTRE + RADIUS * math.sin(angle),
            groups.get(one.pk, 1),
        )
    links = []
    for one, other in combinations(insights, 2):
        pair = pairs.get(ordered(one.pk, other.pk))
        is_conflict = compared.conflict(one, other)
        if pair is None and not is_conflict:
            continue
        similarity = pair.similarity if pair else 0.0
        said = f"{number_of[one.pk]}–{number_of[other.pk]}: similarity {similarity:.2f}"
        links.append(
            Link(
                dots[one.pk],
                dots[other.pk],
                1 + 4 * max(0.0, similarity - 0.5),
                is_conflict,
                f"{said}, different facts" if is_conflict else said,
            )
        )
    return Picture(sorted(dots.values(), key=lambda dot: dot.number), links)
