"""Forty clusters with a near miss: nothing that the guard calls a conflict is merged unasked."""

from itertools import combinations
from pathlib import Path

from insights.models import Cluster, Insight
from insights.review import bulk
from insights.text.guard import LeftOver, compare
from tests.admin.review_forms import decide, url

PAIRS = Path(__file__).parents[1] / "text" / "near_misses.txt"
CLUSTERS = 40


def conflict(one, other):
    return compare(one, other).left_over is LeftOver.CONFLICT


def forty(make_cluster):
    """Clusters of a statement, one that differs in a fact, and the first in other words."""
    lines = [line for line in PAIRS.read_text().splitlines() if not line.startswith("#")]
    pairs = [tuple(map(str.strip, line.split("|"))) for line in lines]
    found = [(one, other) for one, other in pairs if conflict(one, other)]
    drawn = found[:: len(found) // CLUSTERS][:CLUSTERS]
    again = [f"{one.rstrip('.')}, they say." for one, _ in drawn]
    return [make_cluster([*pair, more]) for pair, more in zip(drawn, again, strict=True)]


def held_together():
    for insight in Insight.objects.filter(status="active"):
        merged = Insight.objects.filter(merged_into=insight).values_list("statement", flat=True)
        yield [insight.statement, *merged]


def test_of_forty_disputed_members_forty_start_unticked_and_none_is_approved(
    as_reviewer, reviewer, make_cluster
):
    clusters = forty(make_cluster)
    assert len(clusters) == CLUSTERS
    for cluster in clusters:
        cards = as_reviewer.get(url("_item", cluster.pk)).context["screen"].cards
        ticked = [card.insight.statement for card in cards if card.is_ticked]
        unticked = [card.insight.statement for card in cards if not card.is_ticked]
        assert not any(conflict(*pair) for pair in combinations(ticked, 2)), ticked
        assert any(conflict(one, other) for one in ticked for other in unticked)
        decide(as_reviewer, cluster, "approve")
    together = [group for group in held_together() if len(group) > 1]
    assert len(together) > CLUSTERS / 2, "what is safe was approved"
    for group in together:
        assert not any(conflict(*pair) for pair in combinations(group, 2)), group


def test_approving_all_in_bulk_leaves_the_forty_alone(reviewer, make_cluster):
    forty(make_cluster)
    sure = make_cluster(["The rota comes out late.", "The rota is published late."])
    Cluster.objects.update(probability=0.999)
    run = bulk.work(bulk.queue_approval(reviewer, 0.5))
    assert run.counts["decided"] == 1
    assert not Cluster.objects.filter(pk=sure.pk, status="open").exists()
    assert Insight.objects.filter(status="merged").count() == 1
