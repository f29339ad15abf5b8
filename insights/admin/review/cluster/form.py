"""The submitted form of the review screen, kept until a decision accepts it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict

from insights.ids import as_number
from insights.models import Cluster
from insights.permissions import Actor
from insights.review.actions import ApproveCluster, ClusterAction, RejectCluster, SplitCluster
from insights.review.errors import ReviewError


@dataclass(frozen=True)
class ReviewInput:
    """The fields of the form in templates/admin/insights/review/_item.html."""

    ticked: frozenset[str]
    canonical: str
    canonical_text: str
    groups: dict[str, str]
    comment: str
    expected_version: str

    @classmethod
    def sent(cls, post: QueryDict) -> "ReviewInput":
        return cls(
            ticked=frozenset(post.getlist("member")),
            canonical=post.get("canonical", ""),
            canonical_text=post.get("canonical_text", ""),
            groups={
                name.removeprefix("group-"): value
                for name, value in post.items()
                if name.startswith("group-") and isinstance(value, str)
            },
            comment=post.get("comment", ""),
            expected_version=post.get("expected_version", ""),
        )

    def group_of(self, insight: UUID) -> int:
        return _number(self.groups.get(str(insight), ""))

    def action(
        self, verb: str, cluster: Cluster, actor: Actor, reasons: tuple[str, ...]
    ) -> ClusterAction:
        """Build the decision. Raises ReviewError where the form cannot be read."""
        common: dict[str, Any] = {
            "cluster_id": cluster.pk,
            "actor": actor,
            "expected_version": seen_version(self.expected_version),
            "comment": self.comment.strip(),
            "reasons": reasons,
        }
        if verb == "reject":
            return RejectCluster(**common)
        if verb == "split":
            groups: dict[str, list[UUID]] = {}
            for value, number in self.groups.items():
                groups.setdefault(number, []).append(_insight(value))
            return SplitCluster(
                **common,
                groups=[groups[number] for number in sorted(groups, key=_number)],
                canonical_id=_insight(self.canonical) if self.canonical else None,
                canonical_text=self.canonical_text,
            )
        own_words = self.canonical_text.strip()  # they win over the chosen member
        ticked = None if verb == "approve_all" else frozenset(map(_insight, self.ticked))
        canonical = self.canonical and not own_words
        return ApproveCluster(
            **common,
            members=ticked,
            canonical_id=_insight(self.canonical) if canonical else None,
            canonical_text=own_words,
        )


def _number(sent: str) -> int:
    number = as_number(sent)
    return 1 if number is None else number


def seen_version(sent: str) -> int:
    """Parse the version that the page showed; without one, a stale page would slip through."""
    try:
        return int(sent)
    except ValueError:
        raise ReviewError(
            "The page did not say which version of the cluster it showed. Reload it."
        ) from None


def _insight(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise ReviewError(f"“{value[:60]}” is not the id of an insight.") from None
