"""The review queue: which cluster a reviewer gets next, leased to them alone.

A decision by anybody else is refused while a cluster is leased (insights.review.actions.base).
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    Window,
)
from django.db.models.functions import MD5, Cast, Concat, Floor, RowNumber
from django.utils import timezone

from insights.decider import duplicate_decider
from insights.models import AuditItem, Cluster, ClusterStatus, EventKind, ReviewEvent
from insights.models.lease import in_force
from insights.models.review import PASSES
from insights.permissions import DECIDE_CLUSTER
from insights.review import lease
from insights.review.actions.base import require
from insights.review.errors import ReviewError, Stale
from insights.review.lease import take_first
from insights.review.state import lock_row

LARGE = 5
BANDS = 5  # of probability from the auto-merge threshold to 1
ORDER = ("-priority", "pk")


class Facet(StrEnum):
    """A part of the queue. Its value appears in URLs."""

    ALL = "all"
    NEAR_MISS = "near-misses"
    CONTRADICTION = "contradictions"
    LARGE = "large"
    WEAK_LINK = "weak-link"
    UNSURE = "unsure"
    PROOF = "proof"
    AUDIT = "audit"  # its items are not clusters: insights.audit.answers leases them

    @property
    def label(self) -> str:
        return {
            Facet.ALL: "All",
            Facet.NEAR_MISS: "Near misses",
            Facet.CONTRADICTION: "Contradictions",
            Facet.LARGE: f"Large ({LARGE}+)",
            Facet.WEAK_LINK: "Loosely linked",
            Facet.UNSURE: "Needs a second look",
            Facet.PROOF: "Prove the threshold",
            Facet.AUDIT: "Audit",
        }[self]

    def condition(self, reviewer: User) -> Q:
        match self:
            case Facet.NEAR_MISS:
                return Q(has_near_miss=True)
            case Facet.CONTRADICTION:
                return Q(has_contradiction=True)
            case Facet.LARGE:
                return Q(size__gte=LARGE)
            case Facet.WEAK_LINK:
                # The link that holds it together is weaker than its average pair: a chain.
                return Q(size__gte=3, weakest_similarity__lt=F("mean_similarity"))
            case Facet.UNSURE:
                others = ReviewEvent.objects.filter(
                    cluster=OuterRef("pk"), kind=EventKind.UNSURE
                ).exclude(actor=reviewer)
                return Q(Exists(others))
            case Facet.PROOF:
                return Q(pk__in=_drawn_to_prove())
            case Facet.AUDIT:
                return Q(pk__isnull=True)
        return Q()


def claim(
    reviewer: User,
    facet: Facet = Facet.ALL,
    *,
    after: Cluster | None = None,
    before: Cluster | None = None,
) -> Cluster | None:
    """Lease the most useful open cluster to the reviewer; None when nothing is left for them.

    `after`, `before`: the cluster to continue from, down or up the queue. Going down, the end is
    followed by the top, then by what the reviewer skipped, oldest first. Clusters that they were
    unsure of go to somebody else.
    """
    require(reviewer, DECIDE_CLUSTER, "review clusters")
    passed = ReviewEvent.objects.filter(cluster=OuterRef("pk"), actor=reviewer, kind__in=PASSES)
    fresh = _waiting(reviewer, facet).filter(~Exists(passed))
    if before is not None:
        above = Q(priority__gt=before.priority) | Q(priority=before.priority, pk__lt=before.pk)
        return take_first(reviewer, fresh.filter(above).order_by("priority", "-pk"))
    in_order = fresh.order_by(*ORDER)
    if after is not None:
        if (found := take_first(reviewer, in_order.filter(_below(after)))) is not None:
            return found
        in_order = in_order.exclude(pk=after.pk)
    return take_first(reviewer, in_order) or take_first(reviewer, _skipped(reviewer, facet, after))


def hold(reviewer: User, cluster_id: UUID) -> Cluster:
    """Lease one open cluster, or renew the lease. Raises Stale if it is decided or leased."""
    require(reviewer, DECIDE_CLUSTER, "review clusters")
    with transaction.atomic():
        cluster = lock_row(Cluster.objects.select_related("held_by"), cluster_id, "cluster")
        if cluster.status != ClusterStatus.OPEN:
            raise Stale("This cluster is no longer open. Continue with the next one.")
        if cluster.is_held and cluster.held_by != reviewer:
            raise Stale(
                f"{cluster.held_by} is reviewing this cluster right now. Continue with another one."
            )
        lease.extend(cluster, reviewer)
    return cluster


def pass_on(
    reviewer: User,
    cluster_id: UUID,
    kind: EventKind,
    *,
    comment: str = "",
    reasons: tuple[str, ...] = (),
) -> ReviewEvent:
    """Skip a cluster (it comes back last) or pass it to somebody else. Raises Stale."""
    if kind not in PASSES:
        raise ReviewError(f"A cluster cannot be passed on as “{kind}”.")
    with transaction.atomic():
        cluster = hold(reviewer, cluster_id)
        lease.release(reviewer, cluster)
        return ReviewEvent.objects.create(
            kind=kind, actor=reviewer, cluster=cluster, comment=comment, reasons=list(reasons)
        )


def waiting_counts(reviewer: User) -> dict[Facet, int]:
    """Count the open clusters of each facet, for everybody, in one query."""
    counts = Cluster.objects.filter(status=ClusterStatus.OPEN).aggregate(
        **{facet.name: Count("pk", filter=facet.condition(reviewer)) for facet in Facet}
    )
    return {facet: counts[facet.name] for facet in Facet}


@dataclass(frozen=True, slots=True)
class Progress:
    """Today's decisions and blind answers (UTC) by the reviewer and the team, and open clusters."""

    mine: int
    team: int
    people: int
    open: int


def progress(reviewer: User) -> Progress:
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    decided = ReviewEvent.objects.filter(created_at__gte=midnight, kind=EventKind.DECIDED)
    decided = decided.filter(decision__undone_at__isnull=True)
    answered = AuditItem.objects.filter(answered_at__gte=midnight, reviewer__isnull=False)
    by_person: Counter[int] = Counter()
    for acts, person in ((decided, "actor"), (answered, "reviewer")):
        counts = acts.order_by().values_list(person).annotate(n=Count("pk"))
        by_person.update(dict(counts))
    return Progress(
        mine=by_person[reviewer.pk],
        team=by_person.total(),
        people=len(by_person),
        open=Cluster.objects.filter(status=ClusterStatus.OPEN).count(),
    )


def _drawn_to_prove() -> list[UUID]:
    """Draw as many sure clusters as decisions are needed to prove the auto-merge threshold.

    Stratified: in turn from each band of probability above the threshold, the smallest hashes
    first, so that every higher threshold is tested too and the draw stays the same while the
    queue is worked off.
    """
    threshold, needed = duplicate_decider().to_prove
    if not needed:
        return []
    band = Floor((F("probability") - threshold) * (BANDS / max(1 - threshold, 1e-6)))
    chance = MD5(Concat(Value("proof:"), Cast(F("pk"), CharField()), output_field=CharField()))
    nth = Window(RowNumber(), partition_by="band", order_by="chance")
    sure = Cluster.objects.filter(
        status=ClusterStatus.OPEN, probability__gte=threshold, has_near_miss=False
    )
    drawn = sure.annotate(band=band, chance=chance, nth=nth).order_by("nth", "band")
    return list(drawn.values_list("pk", flat=True)[:needed])


def _below(cluster: Cluster) -> Q:
    below = Q(priority__lt=cluster.priority) | Q(priority=cluster.priority, pk__gt=cluster.pk)
    # The second condition implies the first, but only the first can use an index.
    return Q(priority__lte=cluster.priority) & below


def _waiting(reviewer: User, facet: Facet) -> QuerySet[Cluster]:
    free = ~in_force() | Q(held_by=reviewer)
    return Cluster.objects.filter(free, facet.condition(reviewer), status=ClusterStatus.OPEN)


def _skipped(reviewer: User, facet: Facet, after: Cluster | None) -> QuerySet[Cluster]:
    passed = ReviewEvent.objects.filter(cluster=OuterRef("pk"), actor=reviewer)
    skipped_at = (
        passed.filter(kind=EventKind.SKIPPED)
        .order_by()
        .values("cluster")
        .annotate(at=Max("created_at"))
        .values("at")
    )
    found = (
        _waiting(reviewer, facet)
        .filter(Exists(passed.filter(kind=EventKind.SKIPPED)))
        .exclude(Exists(passed.filter(kind=EventKind.UNSURE)))
        .order_by(Subquery(skipped_at), "pk")
    )
    return found.exclude(pk=after.pk) if after is not None else found
