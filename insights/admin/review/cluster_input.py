"""What a reviewer sent from a cluster's page, kept as it came until a decision takes it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict

from insights.ids import as_number
from insights.models import Cluster
from insights.review.actions import ApproveCluster, RejectCluster, SplitCluster
from insights.review.errors import ReviewError


@dataclass(frozen=True)
class ReviewInput:
    """The fields of the form in templates/admin/insights/cluster.html."""

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
        number = as_number(self.groups.get(str(insight), ""))
        return 1 if number is None else number

    def approve(self, cluster: Cluster, actor: Any) -> ApproveCluster:
        """Own words stand above the choice of a member."""
        own_words = self.canonical_text.strip()
        return ApproveCluster(
            **self._common(cluster, actor),
            members=frozenset(_insight(value) for value in self.ticked),
            canonical_id=_insight(self.canonical) if self.canonical and not own_words else None,
            canonical_text=own_words,
        )

    def reject(self, cluster: Cluster, actor: Any) -> RejectCluster:
        return RejectCluster(**self._common(cluster, actor))

    def split(self, cluster: Cluster, actor: Any) -> SplitCluster:
        groups: dict[str, list[UUID]] = {}
        for value, number in self.groups.items():
            groups.setdefault(number, []).append(_insight(value))
        return SplitCluster(
            **self._common(cluster, actor), groups=[groups[number] for number in sorted(groups)]
        )

    def _common(self, cluster: Cluster, actor: Any) -> dict[str, Any]:
        return {
            "cluster_id": cluster.pk,
            "actor": actor,
            "expected_version": version(self.expected_version),
            "comment": self.comment.strip(),
        }


def version(sent: str) -> int:
    """Never absent: without it, a decision on a page of yesterday would go through."""
    try:
        return int(sent)
    except ValueError:
        raise ReviewError(
            "The page did not say which version of the cluster it showed. Load it again."
        ) from None


def _insight(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise ReviewError(f"“{value[:60]}” is not the id of an insight.") from None
