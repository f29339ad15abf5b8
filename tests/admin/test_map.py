"""The map of insights: who may see it, what it shows, and that it is drawn by a task."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from insights.embedding import map as maps
from insights.review.state import merge

PAGE, POINTS, DRAW = (
    reverse(f"admin:insights_insight_{name}") for name in ("map", "map_points", "map_draw")
)


@pytest.fixture(autouse=True)
def undrawn():
    cache.delete(maps.KEY)
    yield
    cache.delete(maps.KEY)


def test_the_points_are_the_active_insights_with_their_open_cluster(
    as_viewer, make_cluster, make_insight
):
    cluster = make_cluster(["The rota is late", "The rota comes late"])
    gone, alone = make_insight("Parking is free"), make_insight("Lunch is cold")
    assert "has not been drawn yet" in as_viewer.get(PAGE).content.decode()
    assert maps.draw_map() == 4
    merge(alone, [gone])
    points = as_viewer.get(POINTS).json()["points"]
    groups = {statement: group for _, _, group, statement, _ in points}
    assert groups == {"The rota is late": 1, "The rota comes late": 1, "Lunch is cold": 0}
    assert {pk for *_, pk in points} == {
        str(alone.pk),
        *map(str, cluster.members.values_list("insight", flat=True)),
    }
    assert all(0 <= place <= 1000 for x, y, *_ in points for place in (x, y))
    assert "3 of 3 insights" in as_viewer.get(PAGE).content.decode()


def test_a_reviewer_has_it_drawn_by_a_worker_and_a_viewer_may_not(
    as_viewer, as_reviewer, monkeypatch
):
    sent = []
    monkeypatch.setattr(
        "insights.admin.repository.map.enqueue", lambda task: sent.append(task) or True
    )
    assert as_viewer.post(DRAW).status_code == 403
    assert "is being drawn" in as_reviewer.post(DRAW, follow=True).content.decode()
    assert sent == ["insights.tasks.draw_map"]
