"""Find news worth a notice: a known insight mentioned again, a spike, a contradiction.

Each kind has a mark in the database, so every change is reported once, whichever process finds it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from insights.jobs.locks import wait_for_turn
from insights.models import Cluster, ClusterPair, Insight, MergeDecision, Notice, NoticeMark
from insights.types import JSONObject
from insights.webhooks.notify import notify

NAMED = 5  # statements in a notice
# A spike: the least mentions in a week, and the least multiple of the average of the weeks before.
SPIKE_MENTIONS = 5
SPIKE_FACTOR = 3
SPIKE_WEEKS = 8


def watch() -> dict[str, int]:
    """Send notices of what has happened since the last look; return the count of each kind."""
    return {
        Notice.INSIGHT_REPEATED: _look(Notice.INSIGHT_REPEATED, _repeated),
        Notice.INSIGHT_SPIKE: _look(Notice.INSIGHT_SPIKE, _spikes),
        Notice.CONTRADICTION_FOUND: _look(Notice.CONTRADICTION_FOUND, _contradictions),
    }


@transaction.atomic
def digest() -> None:
    """Send the week in numbers, once a week."""
    wait_for_turn(f"notice {Notice.WEEKLY_DIGEST}")
    now = timezone.now()
    told = NoticeMark.objects.filter(notice=Notice.WEEKLY_DIGEST)
    if told.filter(told_until__gt=now - timedelta(days=6)).exists():
        return
    NoticeMark.objects.update_or_create(notice=Notice.WEEKLY_DIGEST, defaults={"told_until": now})
    since = now - timedelta(days=7)
    decisions = MergeDecision.objects.filter(decided_at__gte=since)
    by_model = decisions.filter(kind="automatic").count()
    notify(
        Notice.WEEKLY_DIGEST,
        {
            "new_insights": Insight.objects.filter(created_at__gte=since).count(),
            "decisions": decisions.count() - by_model,
            "merged_by_the_model": by_model,
            "clusters_open": Cluster.objects.filter(status="open").count(),
            "most_said": _ids(_said_since(since)[:NAMED]),
        },
    )


Finder = Callable[[datetime, datetime], list[tuple[UUID, int]]]


@transaction.atomic
def _look(notice: Notice, found_by: Finder) -> int:
    wait_for_turn(f"notice {notice}")
    now = timezone.now()
    mark, is_new = NoticeMark.objects.get_or_create(notice=notice, defaults={"told_until": now})
    if is_new:
        return 0  # what was there before is not news
    found = found_by(mark.told_until, now)
    told = set(mark.named)
    news = [(pk, count) for pk, count in found if pk not in told]
    # A spike lasts for days and is reported once.
    mark.named = [pk for pk, _ in found] if notice == Notice.INSIGHT_SPIKE else []
    mark.told_until = now
    mark.save()
    if news:
        notify(notice, {"count": len(news), "insights": _ids(news[:NAMED])})
    return len(news)


def _repeated(since: datetime, now: datetime) -> list[tuple[UUID, int]]:
    """Return the insights that were there before and have new occurrences, with how many."""
    return _query(
        """
        SELECT occurrence.insight_id, count(*) FROM insight_sources occurrence
        JOIN insights ON insights.id = occurrence.insight_id
        WHERE occurrence.created_at > %(since)s AND occurrence.created_at <= %(now)s
          AND insights.created_at <= %(since)s AND insights.status = 'active'
        GROUP BY 1 ORDER BY 2 DESC, 1
        """,
        {"since": since, "now": now},
    )


def _spikes(since: datetime, now: datetime) -> list[tuple[UUID, int]]:
    """Return insights mentioned much more often this week than in the weeks before."""
    return _query(
        """
        SELECT insight_id, count(*) FILTER (WHERE created_at > %(week)s) AS lately
        FROM insight_sources WHERE created_at > %(from)s AND created_at <= %(now)s
        GROUP BY 1
        HAVING count(*) FILTER (WHERE created_at > %(week)s) >= %(least)s
           AND count(*) FILTER (WHERE created_at <= %(week)s) > 0
           AND count(*) FILTER (WHERE created_at > %(week)s) >= %(factor)s
               * count(*) FILTER (WHERE created_at <= %(week)s)::float / %(weeks)s
        ORDER BY 2 DESC, 1
        """,
        {
            "now": now,
            "week": now - timedelta(days=7),
            "from": now - timedelta(days=7 * (SPIKE_WEEKS + 1)),
            "least": SPIKE_MENTIONS,
            "factor": SPIKE_FACTOR,
            "weeks": SPIKE_WEEKS,
        },
    )


def _contradictions(since: datetime, now: datetime) -> list[tuple[UUID, int]]:
    """Return the first insight of each contradicting pair in a cluster opened since then."""
    pairs = ClusterPair.objects.filter(
        is_contradiction=True,
        cluster__status="open",
        cluster__created_at__gt=since,
        cluster__created_at__lte=now,
    )
    return [(pk, 1) for pk in pairs.order_by("pk").values_list("insight1_id", flat=True)]


def _said_since(since: datetime) -> list[tuple[UUID, int]]:
    return _query(
        """
        SELECT insight_id, count(*) FROM insight_sources WHERE created_at > %(since)s
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5
        """,
        {"since": since},
    )


def _query(sql: str, values: JSONObject) -> list[tuple[UUID, int]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [(pk, count) for pk, count in cursor.fetchall()]


def _ids(counted: list[tuple[UUID, int]]) -> list[JSONObject]:
    """Return ids and counts. The statements are looked up when a notice is sent."""
    return [{"id": str(pk), "mentions": count} for pk, count in counted]
