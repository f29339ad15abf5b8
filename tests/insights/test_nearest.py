"""The nearest insights by pgvector's graph, held against brute force on what is stored."""

import numpy as np
import pytest
from django.db import connection

from insights.embedding.nearest import nearest_older, nearest_to, nearest_to_vector
from insights.embedding.service import load_vectors
from insights.models import Insight, InsightStatus
from insights.text.normalise import content_hash
from tests.conftest import unit_vector

pytestmark = pytest.mark.django_db

CENTERS, EACH, LIMIT = 60, 20, 10
LEAST = 0.5


def vectors():
    """Groups of paraphrases, at a cosine of about 0.7 to each other."""
    for center in range(CENTERS):
        middle = unit_vector(f"center {center}")
        for number in range(EACH):
            name = f"statement {center} {number}"
            yield name, unit_vector(name, near=middle, cosine=0.84)


@pytest.fixture
def stored():
    """1,200 active insights, the older first."""
    insights = [
        Insight(
            statement=name,
            content_hash=content_hash(name),
            embedding=vector,
            embedding_model="all-MiniLM-L6-v2",
        )
        for name, vector in vectors()
    ]
    Insight.objects.bulk_create(insights)
    return insights


@pytest.fixture
def mostly_merged(stored):
    """Nine in ten are merged into the first of their group: the filter leaves a tenth."""
    for start in range(0, len(stored), EACH):
        root, *others = stored[start : start + EACH]
        Insight.objects.filter(pk__in=[one.pk for one in others[1:]]).update(
            status=InsightStatus.MERGED, merged_into=root
        )
    return stored


@pytest.fixture
def by_the_graph(stored):
    """PostgreSQL reads so small a table from end to end; here it has to take the index."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE insights")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM insights WHERE status = 'active'"
            " ORDER BY embedding <=> (SELECT embedding FROM insights LIMIT 1) LIMIT 10"
        )
        assert "insight_embedding_hnsw" in str(cursor.fetchall())


def brute_force(vector):
    """The ids and cosines of all active insights, the most similar first."""
    ids, matrix = load_vectors(Insight.objects.filter(status="active"))
    cosines = matrix @ vector
    order = np.argsort(-cosines)
    return [(ids[row], float(cosines[row])) for row in order]


def asked():
    return [
        unit_vector(f"question {i}", near=unit_vector(f"center {i}"), cosine=0.8) for i in range(40)
    ]


def recall():
    hits = total = 0
    for vector in asked():
        expected = [(pk, c) for pk, c in brute_force(vector)[:LIMIT] if c >= LEAST]
        found = nearest_to_vector(vector, limit=LIMIT, least_similarity=LEAST)
        hits += len({pk for pk, _ in expected} & {one.insight.pk for one in found})
        total += len(expected)
    assert total >= 40
    return hits / total


@pytest.mark.usefixtures("by_the_graph")
def test_the_graph_finds_what_brute_force_finds(stored):
    assert recall() >= 0.99


def test_merged_insights_around_do_not_starve_the_search(mostly_merged, by_the_graph):
    assert recall() >= 0.99
    for vector in asked()[:5]:
        found = nearest_to_vector(vector, limit=LIMIT, least_similarity=-1)
        assert len(found) == LIMIT
        assert all(one.insight.status == "active" for one in found)


@pytest.mark.usefixtures("by_the_graph")
def test_the_nearest_come_first_with_their_cosine(stored):
    (vector,) = asked()[:1]
    found = nearest_to_vector(vector, limit=LIMIT, least_similarity=LEAST)
    expected = dict(brute_force(vector))
    assert [one.similarity for one in found] == sorted(
        (one.similarity for one in found), reverse=True
    )
    for one in found:
        assert one.similarity == pytest.approx(expected[one.insight.pk], abs=1e-3)


@pytest.mark.usefixtures("by_the_graph")
def test_a_stored_insight_finds_the_others_of_its_group_and_not_itself(stored):
    one = stored[0]
    found = nearest_to(one, limit=EACH - 1, least_similarity=LEAST)
    assert {near.insight.pk for near in found} == {near.pk for near in stored[1:EACH]}
    assert len(nearest_to(one, limit=3, least_similarity=LEAST)) == 3
    Insight.objects.filter(pk=one.pk).update(embedding=None)
    assert nearest_to(one, limit=3, least_similarity=-1) == []


@pytest.mark.usefixtures("by_the_graph")
def test_each_insight_finds_the_older_of_its_nearest(stored):
    """The last of each group has all others of it behind it, the first has none."""
    last, first = stored[EACH - 1 :: EACH], stored[::EACH]
    found = nearest_older([*last, *first], limit=EACH, least_similarity=LEAST)
    assert not {one.pk for one in first} & set(found)
    hits = sum(len(found[one.pk]) for one in last)
    assert hits >= 0.99 * CENTERS * (EACH - 1)
    for one in last:
        assert all(near.insight.created_at <= one.created_at for near in found[one.pk])


def test_no_more_than_the_limit_is_found(stored):
    (found,) = nearest_older([stored[EACH - 1]], limit=5, least_similarity=LEAST).values()
    assert len(found) == 5


def test_nearest_older_is_two_queries_for_any_number(stored, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):  # and a savepoint, and two settings of the search
        nearest_older(stored[:200], limit=LIMIT, least_similarity=LEAST)
