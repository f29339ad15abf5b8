"""Each list and each page: the same queries for 10 rows as for 200, none of them heavy."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from insights.models import Insight

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


def queries(client, url):
    client.get(url)  # content types are looked up once a process
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def assert_light(statements):
    for sql in statements:
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
    assert ours == set(REGISTERED)


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.model_name)
def test_a_list_and_a_page_take_the_same_light_queries_for_10_and_for_200_rows(
    model, fill, as_reviewer
):
    taken = []
    for rows in (10, 200):
        fill(rows)
        listed = queries(as_reviewer, reverse(f"{names(model)}_changelist"))
        page = queries(as_reviewer, reverse(f"{names(model)}_change", args=[hub_of(model).pk]))
        assert_light(listed + page)
        taken.append((len(listed), len(page)))
    assert taken[0] == taken[1]


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


@pytest.mark.parametrize("path", ["evaluation/", "?outcome=incorrect"])
def test_the_evaluation_and_the_mistakes_take_the_same_queries_for_10_and_for_200_rows(
    path, fill, as_reviewer
):
    model = "modelprediction" if path.startswith("?") else "deduplicationmodel"
    url = reverse(f"admin:finetuning_{model}_changelist") + path
    taken = []
    for rows in (10, 200):
        fill(rows)
        taken.append(len(queries(as_reviewer, url)))
    assert taken[0] == taken[1]


def test_an_unfiltered_count_of_a_large_table_is_an_estimate(fill, as_reviewer, monkeypatch):
    fill(10)
    monkeypatch.setattr("insights.admin.base._estimated_rows", lambda table: 250_000)
    response = as_reviewer.get(reverse("admin:insights_insight_changelist"))
    assert response.context["cl"].result_count == 250_000
