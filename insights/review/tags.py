"""Free words on insights."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import User

from insights.models import InsightTag
from insights.permissions import DECIDE_CLUSTER
from insights.review.actions.base import require
from insights.review.errors import ReviewError

LONGEST = 50


class TagError(ReviewError):
    """The word cannot be a tag."""


def tag(insights: Iterable[UUID], word: str, *, by: User) -> int:
    """Tag insights, whatever the letter case; return how many lacked the tag. Raises TagError."""
    require(by, DECIDE_CLUSTER, "tag insights")
    name = " ".join(word.replace("\0", "").split()).removeprefix("#")
    if not name or len(name) > LONGEST:
        raise TagError(f"Write a tag of 1 to {LONGEST} characters.")
    ids = set(insights)
    known = InsightTag.objects.filter(name__iexact=name)
    new = ids - set(known.filter(insight__in=ids).values_list("insight", flat=True))
    first = known.order_by("pk").values_list("name", flat=True).first()
    InsightTag.objects.bulk_create(
        (InsightTag(insight_id=pk, name=first or name, created_by=by) for pk in sorted(new)),
        ignore_conflicts=True,
        batch_size=1000,
    )
    return len(new)


def untag(insight: UUID, name: str) -> None:
    """Take a tag off an insight and off those that were merged into it."""
    for owner in ("insight", "insight__merged_into"):
        InsightTag.objects.filter(**{owner: insight}, name__iexact=name).delete()
