"""Past decisions about the insights most similar to a cluster."""

from dataclasses import dataclass

from django.db import connection, transaction

from insights.models import Cluster, Insight, MergeDecision
from insights.models.decision import HUMAN_KINDS

NEIGHBOURS = 60
SHOWN = 3
LEAST_SIMILARITY = 0.5  # less similar decisions are no precedent


@dataclass(frozen=True, slots=True)
class Precedent:
    """A decision in force, its statement nearest to the proposed canonical, and their cosine."""

    decision: MergeDecision
    statement: str
    similarity: float

    @property
    def percent(self) -> int:
        return round(self.similarity * 100)


def precedents(cluster: Cluster) -> list[Precedent]:
    """Return at most three similar past decisions, the most similar first.

    It looks among the nearest active insights and what was merged into them, so the cost does not
    grow with the number of decisions.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL hnsw.ef_search = 100")
        cursor.execute(
            """
            WITH near AS MATERIALIZED (
                SELECT id FROM insights WHERE status = 'active'
                ORDER BY embedding <=> (SELECT embedding FROM insights WHERE id = %(asked)s)
                LIMIT %(neighbours)s
            ), decided AS (
                SELECT DISTINCT ON (decision.id)
                       decision.id AS decision_id, member.insight_id,
                       insight.embedding <=> asked.embedding AS distance
                FROM insights asked
                CROSS JOIN (
                    SELECT id, embedding FROM insights WHERE id IN (SELECT id FROM near)
                    UNION ALL
                    SELECT id, embedding FROM insights WHERE merged_into_id IN (SELECT id FROM near)
                ) insight
                JOIN merge_decision_members member ON member.insight_id = insight.id
                JOIN merge_decisions decision ON decision.id = member.decision_id
                WHERE asked.id = %(asked)s
                  AND decision.undone_at IS NULL
                  AND decision.kind = ANY(%(kinds)s)
                  AND decision.cluster_id IS DISTINCT FROM %(cluster)s
                ORDER BY decision.id, distance
            )
            SELECT decision_id, insight_id, 1 - distance FROM decided
            WHERE 1 - distance >= %(least)s
            ORDER BY distance, decision_id LIMIT %(shown)s
            """,
            {
                "asked": cluster.proposed_canonical_id,
                "cluster": cluster.pk,
                "kinds": [str(kind) for kind in HUMAN_KINDS],
                "neighbours": NEIGHBOURS,
                "least": LEAST_SIMILARITY,
                "shown": SHOWN,
            },
        )
        rows = cursor.fetchall()
    decisions = MergeDecision.objects.select_related("actor").in_bulk([row[0] for row in rows])
    insights = Insight.objects.in_bulk([row[1] for row in rows])
    return [
        Precedent(decisions[decision], insights[insight].statement, float(similarity))
        for decision, insight, similarity in rows
    ]
