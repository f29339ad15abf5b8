"""Lists: pages that end, the same number of queries however long, filters that filter."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from insights.api.http.base import ListView
from insights.models import Cluster, Insight
from insights.review.actions import RejectCluster
from tests.api.access_table import TABLE

LISTS = [
    "/api/v1/sources", "/api/v1/processing-runs", "/api/v1/insights",
    "/api/v1/insights/<id>/sources", "/api/v1/insights/<id>/history", "/api/v1/clustering-runs",
    "/api/v1/clusters", "/api/v1/clusters/queue",
    "/api/v1/decisions",
    "/api/v1/people", "/api/v1/tokens", "/api/v1/webhooks", "/api/v1/models",
    "/api/v1/models/<id>/events", "/api/v1/models/<id>/misclassifications",
    "/api/v1/threshold-changes", "/api/v1/predictions",
]  # fmt: skip


def test_every_list_is_tested():
    found = [
        f"/api/{route.pattern}".replace("<uuid:id>", "<id>")
        for pattern in get_resolver().url_patterns
        if str(pattern.pattern) == "api/"
        for route in pattern.url_patterns
        if issubclass(route.callback.view_class, ListView)
    ]
    assert found == LISTS


@pytest.mark.parametrize("template", LISTS)
def test_a_list_takes_the_same_queries_for_few_and_for_many(
    template, world, api, make_cluster, superuser
):
    path = world.path(template)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            response = api.get(path)
        assert response.status_code == 200, response.content
        return len(captured), len(response.json()["results"])

    few, _ = queries()
    for n in range(12):
        cluster = make_cluster([f"Claim {n} about rotas.", f"Another claim {n} about pay."])
        if n % 2:
            RejectCluster(cluster_id=cluster.pk, actor=superuser).execute()
    many, rows = queries()
    assert many == few, f"{few} queries at first, {many} with {rows} rows"


def test_no_answer_reads_the_vectors_of_what_it_shows(world, api):
    made_of_vectors = (
        "/api/v1/insights/search", "/api/v1/models/<id>/thresholds/preview",
        "/api/admin/insights/export-training-data",
    )  # fmt: skip
    for method, template in TABLE:
        if method == "GET" and not template.startswith(made_of_vectors):
            with CaptureQueriesContext(connection) as captured:
                api.get(world.path(template))
            assert not [q["sql"] for q in captured if '"embedding"' in q["sql"]], template


def test_the_pages_of_a_list_are_each_row_once_in_order(api, make_insight):
    made = [make_insight(f"Statement number {n}.") for n in range(23)]
    Insight.objects.filter(pk__in=[i.pk for i in made[5:15]]).update(
        created_at=made[5].created_at  # as in a bulk import
    )
    seen, url = [], "/api/v1/insights?page_size=4"
    while url:
        page = api.get(url).json()
        assert len(page["results"]) <= 4
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert sorted(seen) == sorted(str(i.pk) for i in made)
    assert len(seen) == 23


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page_size=0", "page_size"), ("page_size=201", "page_size"), ("page_size=x", "page_size"),
        ("cursor=a.b", "cursor"), ("cursor=%00", "cursor"),
        ("status=nonsense", "status"), ("merged_into=7", "merged_into"), ("q=%00", "q"),
        ("order_by=password", "order_by"), ("user__password=x", "user__password"),
        ("page_size=1&page_size=2", "page_size"),
    ],
)  # fmt: skip
def test_a_parameter_that_is_wrong_is_named(query, field, api):
    response = api.get(f"/api/v1/insights?{query}")
    assert (response.status_code, response.json()["field"]) == (400, field)


@pytest.mark.parametrize("cursor", ["zzz", "cD1nYXJiYWdl"])
def test_a_cursor_that_leads_nowhere_says_how_to_begin_again(cursor, api):
    response = api.get("/api/v1/insights", {"cursor": cursor})
    assert (response.status_code, response.json()["code"]) == (404, "invalid_cursor")
    assert "start again" in response.json()["detail"]


def test_insights_are_found_by_words_and_by_source(world, api):
    found = api.get("/api/v1/insights", {"q": "SHIFTS chat"}).json()["results"]
    assert {row["statement"] for row in found} == {
        "Nurses swap shifts in a chat.",
        "Shifts are swapped in a group chat.",
    }
    assert len(api.get("/api/v1/insights", {"source": str(world.source.pk)}).json()["results"]) == 4
    assert api.get("/api/v1/insights", {"status": "merged"}).json()["results"] == []


@pytest.mark.parametrize(
    ("path", "field"),
    [("clusters", "has_near_miss"), ("decisions", "undone"), ("predictions", "is_correct")],
)
def test_an_empty_filter_is_not_taken_for_none(path, field, api):
    response = api.get(f"/api/v1/{path}?{field}=")
    assert (response.status_code, response.json()["field"]) == (400, field)


def test_clusters_and_decisions_are_filtered(world, api):
    def ids(path, **query):
        return {row["id"] for row in api.get(f"/api/v1/{path}", query).json()["results"]}

    assert ids("clusters", status="open") == {str(world.cluster.pk)} == ids("clusters/queue")
    assert ids("clusters", has_near_miss="true") | ids("clusters", has_near_miss="false") == {
        str(pk) for pk in Cluster.objects.values_list("pk", flat=True)
    }
    assert ids("decisions", kind="rejected") == {str(world.decision.pk)}
    assert ids("decisions", undone="true") == set()
    assert ids("decisions", actor="ada") == {str(world.decision.pk)}
    assert ids("predictions", is_correct="false") == ids("predictions")
    assert ids("predictions", is_correct="true") == set()


@pytest.mark.parametrize(
    "template",
    ["/api/v1/clusters/<id>", "/api/v1/insights/<id>", "/api/v1/sources/<id>",
     "/api/v1/decisions/<id>", "/api/v1/tasks/<id>", "/api/v1/models/<id>/evaluation"],
)  # fmt: skip
def test_what_the_caller_has_already_is_not_sent_again(template, world, api):
    path = world.path(template)
    first = api.get(path)
    again = api.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    weak = api.get(path, headers={"If-None-Match": f'"x", W/{first["ETag"]}'})
    assert weak.status_code == 304
    assert api.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_long_answer_is_compressed_for_who_can_read_it(api, make_insight):
    for n in range(10):
        make_insight(f"A statement of some length, number {n}, to have something to compress.")
    plain = api.get("/api/v1/insights")
    packed = api.get("/api/v1/insights", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2


TIMED = ["clusters", "decisions", "insights", "sources", "processing-runs", "clustering-runs"]


@pytest.mark.parametrize("name", TIMED)
def test_a_list_in_the_order_of_time_is_bounded_and_turned_round(name, world, api, make_insight):
    make_insight("One more claim.")
    path = f"/api/v1/{name}"
    newest = [row["id"] for row in api.get(path).json()["results"]]
    assert newest
    oldest = api.get(path, {"order": "oldest", "page_size": 1}).json()
    assert oldest["results"][0]["id"] == newest[-1]
    ids = [row["id"] for row in oldest["results"]]
    while oldest["next"]:
        oldest = api.get(oldest["next"]).json()
        ids += [row["id"] for row in oldest["results"]]
    assert ids == newest[::-1]
    now = timezone.now()
    for bounds, left in [
        ({"since": now - timedelta(days=1)}, newest), ({"since": now + timedelta(days=1)}, []),
        ({"before": now + timedelta(days=1)}, newest), ({"before": now - timedelta(days=9)}, []),
    ]:  # fmt: skip
        asked = {key: moment.isoformat() for key, moment in bounds.items()}
        assert [row["id"] for row in api.get(path, asked).json()["results"]] == left
    assert api.get(path, {"since": "yesterday"}).json()["field"] == "since"


NOBODY = "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    ("path", "finds", "finds_nothing"),
    [
        ("clusters", "status=open", "status=approved"),
        ("clusters", "has_near_miss=false&status=open", "has_near_miss=true&status=open"),
        ("clusters", "insight={insight}", f"insight={NOBODY}"),
        ("clustering-runs", "status=succeeded", "status=failed"),
        ("processing-runs", "source={source}", f"source={NOBODY}"),
        ("sources", "title={title}", "title=nowhere"),
        ("sources", "format={format}", "format=pptx"),
        ("decisions", "actor=ada", "actor=nobody"),
        ("decisions", "kind=rejected&undone=false", "kind=rejected&undone=true"),
        ("insights", "status=active", "status=retired"),
        ("models", "backend=local", "backend=openai"),
        ("predictions", "is_correct=false", "is_correct=true"),
        ("predictions", "insight={insight}&model={model}", f"model={NOBODY}"),
    ],
)
def test_a_filter_narrows_its_list(path, finds, finds_nothing, api, world):
    ids = {
        "insight": world.cluster.members.first().insight_id,
        "source": world.processing_run.source_id,
        "title": world.source.title[:5],
        "format": world.source.format,
        "model": world.model.pk,
    }
    assert api.get(f"/api/v1/{path}?{finds.format(**ids)}").json()["results"]
    assert api.get(f"/api/v1/{path}?{finds_nothing}").json()["results"] == []
