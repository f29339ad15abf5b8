"""Rules that PostgreSQL enforces, whatever the code does."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from insights.models import ConflictVerdict, Insight, InsightSource
from insights.review.actions import ApproveCluster, RejectCluster

pytestmark = pytest.mark.django_db


def change(rows: QuerySet, **fields: object) -> None:
    """An update of which all is checked at once, also what else waits for the commit."""
    with transaction.atomic(), connection.cursor() as cursor:
        rows.update(**fields)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def merged(make_cluster, make_insight, reviewer):
    """(who stays, who was merged into it)"""
    canonical, member = make_insight("alpha"), make_insight("beta")
    cluster = make_cluster([canonical, member])
    ApproveCluster(cluster_id=cluster.pk, actor=reviewer, canonical_id=canonical.pk).execute()
    return canonical, member


def test_an_occurrence_does_not_hang_on_a_merged_insight(merged):
    _, member = merged
    with pytest.raises(IntegrityError, match="insight_source_of_active"):
        change(InsightSource.objects.filter(origin_insight=member), insight=member)


def test_an_insight_that_has_occurrences_does_not_leave(make_insight):
    insight = make_insight("alpha")
    with pytest.raises(IntegrityError, match="insight_source_of_active"):
        change(Insight.objects.filter(pk=insight.pk), status="retired")


def test_nothing_is_merged_into_a_merged_insight(merged, make_insight):
    _, member = merged
    other = make_insight("gamma")
    with pytest.raises(IntegrityError, match="insight_merged_into_active"):
        change(Insight.objects.filter(pk=other.pk), status="merged", merged_into=member)


def test_a_verdict_names_one_of_its_two_the_smaller_id_first(make_cluster, make_insight, reviewer):
    smaller, larger = sorted([make_insight("alpha"), make_insight("beta")], key=lambda i: i.pk)
    other = make_insight("gamma")
    decision = RejectCluster(
        cluster_id=make_cluster([smaller, larger]).pk, actor=reviewer
    ).execute()
    verdict = {"decision": decision, "verdict": "one_holds"}
    with pytest.raises(IntegrityError, match="holds_one_of_the_two"), transaction.atomic():
        ConflictVerdict.objects.create(insight1=smaller, insight2=larger, holds=other, **verdict)
    with pytest.raises(IntegrityError, match="smaller_id_first"), transaction.atomic():
        ConflictVerdict.objects.create(insight1=larger, insight2=smaller, holds=larger, **verdict)
