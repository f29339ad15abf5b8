"""Every list and page runs the same queries for 10 rows as for 200, none of them heavy."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finetuning.models import StatementSplit, TrainingPair, TrustBasis
from insights.models import (
    AuditItem,
    BulkRun,
    Cluster,
    ClusteringChange,
    ColumnChoice,
    Insight,
    InsightSource,
    InsightSummary,
    InsightTag,
    LeftOutText,
    MergeDecision,
    NoticeMark,
    RecallSample,
)

REGISTERED = [
    model for model in admin.site._registry if model._meta.app_label in ("insights", "finetuning")
]
HEAVY = [
    '"insights"."embedding"',
    '"sources"."content"',
    '"training_files"."content"',
    '"deduplication_models"."parameters"',
    '"api_tokens"."digest"',
    '"idempotency_keys"."body"',
    '"api_answers"."answer"',
]
# The same columns under an alias of their table.
ALIASED = re.compile(r'\bT\d+\."(embedding|content|parameters)"')
UNBOUNDED_COUNT = re.compile(r"^SELECT COUNT\(\S+\) AS \S+ FROM (?!\(SELECT .* LIMIT \d+\))")


def names(model):
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


def hub_of(model):
    """The row that most of the others hang on."""
    rows = model._default_manager.order_by("pk")
    special = {
        "source": {"name": "notes-0.txt"},
        "insight": {"content_hash": f"{0:064}"},
        "cluster": {"fingerprint": f"{0:064}"},
        "deduplicationmodel": {"version": 1},
    }
    if model._meta.model_name == "mergedecision":
        rows = rows.order_by("decided_at", "pk")
    return rows.filter(**special.get(model._meta.model_name, {})).first()


def queries(client, url, *, is_warm=False):
    if not is_warm:
        client.get(url)  # content types are looked up once a process
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def assert_light(statements):
    for sql in statements:
        # Compared in the database, it is not fetched.
        sql = sql.replace('"insights"."embedding" <=>', "")
        assert not any(column in sql for column in HEAVY), sql
        assert not ALIASED.search(sql), sql
        assert not UNBOUNDED_COUNT.search(sql), sql


def test_every_model_of_ours_is_in_the_admin():
    from django.apps import apps

    ours = {
        model
        for label in ("insights", "finetuning")
        for model in apps.get_app_config(label).get_models()
    }
    # Made from other rows; pages of their insight, version, source or thresholds show them.
    derived = {
        ClusteringChange,
        RecallSample,
        StatementSplit,
        TrainingPair,
        TrustBasis,
        ColumnChoice,
        LeftOutText,
        InsightSummary,
        InsightTag,
        BulkRun,  # the bulk page shows it
        NoticeMark,  # what a notice has told already
    }
    assert ours == {*REGISTERED, *derived}


def measured(client, *, is_warm=False):
    """Return each address's statements; a row's by its model, whichever row is the hub."""
    found = {}
    for model in REGISTERED:
        found[f"{names(model)}_changelist"] = reverse(f"{names(model)}_changelist")
        found[f"{names(model)}_change"] = reverse(f"{names(model)}_change", args=[hub_of(model).pk])
    hub = hub_of(Cluster)
    merge = hub_of(MergeDecision)
    model_list = reverse("admin:finetuning_deduplicationmodel_changelist")
    found |= {
        "dashboard": reverse("admin:index"),
        "evaluation": f"{model_list}evaluation/",
        "mistakes": reverse("admin:finetuning_modelprediction_changelist") + "?outcome=incorrect",
        "decided clusters": reverse("admin:insights_cluster_changelist") + "?status=all",
        "review": reverse("admin:review"),
        "audit facet": reverse("admin:review") + "?facet=audit",
        "item": reverse("admin:review_item", args=[hub.pk]),
        "audit item": reverse("admin:review_audit_item", args=[open_audit().pk]),
        "contradictions": reverse("admin:review_contradictions"),
        "batch": reverse("admin:review_batch") + "?probability=0.9",
        "unmerge": reverse("admin:review_unmerge", args=[merge.pk]),
        "passage": reverse("admin:review_passage", args=[hub_of(InsightSource).pk]),
        "keys": reverse("admin:review_keys"),
    }
    return {name: queries(client, url, is_warm=is_warm) for name, url in found.items()}


def open_audit():
    return AuditItem.objects.filter(verdict="").order_by("drawn_at", "pk").first()


def test_every_list_and_page_takes_the_same_light_queries_for_10_and_for_200_rows(
    fill, as_reviewer
):
    fill(10)
    few = measured(as_reviewer)
    fill(200)  # more than any page shows
    with connection.cursor() as cursor:  # autovacuum may have found them empty: endless joins
        cursor.execute("ANALYZE")
    many = measured(as_reviewer, is_warm=True)
    assert {name: len(sql) for name, sql in few.items()} == {
        name: len(sql) for name, sql in many.items()
    }
    for name, statements in many.items():
        if name.startswith("admin:"):  # the others look at one model, and say how much there is
            assert_light(statements)


@pytest.mark.parametrize(
    "model",
    [model for model in REGISTERED if admin.site._registry[model].search_fields],
    ids=lambda model: model._meta.model_name,
)
def test_a_search_is_light_and_finds_by_words(model, fill, as_reviewer):
    fill(10)
    url = reverse(f"{names(model)}_changelist")
    assert_light(queries(as_reviewer, f"{url}?q=statement+3"))
    assert as_reviewer.get(f"{url}?q=nowhere+to+be+found").context["cl"].result_count == 0


def test_a_statement_search_uses_the_trigram_index(fill):
    fill(10)
    found = Insight.objects.filter(statement__icontains="Statement 3")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "insight_search" in found.order_by().explain()


def test_an_unfiltered_count_of_a_large_table_is_an_estimate(fill, as_reviewer, monkeypatch):
    fill(10)
    monkeypatch.setattr("insights.admin.kit.base._estimated_rows", lambda table: 250_000)
    response = as_reviewer.get(reverse("admin:insights_insight_changelist"), {"status": "all"})
    assert response.context["cl"].result_count == 250_000


def test_a_broad_search_is_counted_to_a_bound_and_says_so(fill, as_reviewer, monkeypatch):
    fill(20)
    monkeypatch.setattr("insights.admin.kit.base.SEARCHED_AT_MOST", 5)
    url = reverse("admin:insights_insight_changelist")
    page = as_reviewer.get(url, {"q": "statement"}).content.decode()
    assert "At least 5 results" in page
    assert "At least" not in as_reviewer.get(url).content.decode()


def test_a_cluster_with_two_matching_members_is_listed_once(as_reviewer, make_cluster):
    make_cluster(["The rota is late", "The rota comes late"])
    listed = as_reviewer.get(reverse("admin:insights_cluster_changelist"), {"q": "rota"})
    assert listed.context["cl"].result_count == 1
