"""The front page of a reviewer: figures that are right, charts with a table, roles."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finetuning.models import DeduplicationModel
from insights.admin.kit.charts import Bars, Lines
from insights.audit.answers import answer
from insights.audit.sampling import draw
from insights.models import AuditItem, AutoMergeStop
from insights.review.actions import (
    ApproveCluster,
    MergeAutomatically,
    RejectCluster,
)


def panels(client):
    response = client.get(reverse("admin:index"))
    return {panel.title: panel for panel in response.context["panels"]}


def test_the_front_page_counts_what_was_done(as_reviewer, reviewer, make_cluster):
    merged = make_cluster(["alpha one", "alpha two"])
    ApproveCluster(cluster_id=merged.pk, actor=reviewer).execute()
    make_cluster(["Churn is 12 %", "Churn is 21 %"])
    shown = panels(as_reviewer)
    assert dict(shown["Open clusters and their age"].figures) == {
        "open": "1",
        "near misses": "1",
        "being reviewed": "0",
    }
    decisions = shown["Decisions by day and reviewer"]
    assert [(name, values[-1]) for name, values in decisions.chart.series] == [("rosa", 1)]
    assert dict(shown["Training examples"].figures)["duplicates"] == "1"


def test_automatic_merges_have_the_precision_that_the_audit_measures(
    as_reviewer, reviewer, make_insight
):
    for number in range(4):
        a, b = make_insight(f"alpha {number}"), make_insight(f"beta {number}")
        MergeAutomatically(
            canonical_id=a.pk, duplicate_id=b.pk, model_id=uuid4(), model_version="version 1"
        ).execute()
    assert dict(panels(as_reviewer)["Automatic merges"].figures) == {
        "in force": "4",
        "audited": "0",
    }
    draw()
    first, second, *_ = AuditItem.objects.all()
    answer(first.pk, reviewer=reviewer, same=False)
    answer(second.pk, reviewer=reviewer, same=True)

    shown = panels(as_reviewer)["Automatic merges"]

    assert dict(shown.figures) == {"in force": "3", "audited": "2", "precision": "0.500"}
    assert "Automatic merging is stopped." in shown.sentences
    assert dict(shown.links)["See why"].endswith(f"{AutoMergeStop.objects.get().pk}/change/")


def test_the_models_stand_side_by_side_with_their_curves(as_reviewer, viewer, make_insight):
    make_insight("The rota is late")
    DeduplicationModel.objects.create(
        version=1,
        backend="local",
        base_model="local-logistic-v1",
        status="succeeded",
        is_active=True,
        metrics={
            "held_out": {"precision": 0.9, "recall": 0.8},
            "reliability": [{"count": 3, "mean_predicted": 0.7, "observed": 0.6}],
            "curve": [{"threshold": 0.9, "precision": 0.99, "coverage": 0.3}],
        },
    )
    shown = panels(as_reviewer)
    assert shown["Model versions side by side"].table[0][1][:3] == ["0.900", "0.800", "–"]
    page = as_reviewer.get(reverse("admin:index")).content.decode()
    charts = page.count('<figure class="chart">')
    assert charts == page.count("As a table</summary>") == 4
    assert "style=" not in page


def test_a_chart_says_the_same_in_its_table():
    bars = Bars("b", ["mon", "tue"], [("rosa", [1, 0]), ("rene", [3, 2])])
    assert bars.top == 4
    assert bars.rows == [("mon", [1, 3]), ("tue", [0, 2])]
    assert [bar.height for bar in bars.bars] == [45.0, 135.0, 90.0]
    lines = Lines("l", "x", "y", [("one", [(0.0, 0.0), (1.0, 1.0)]), ("two", [(1.0, 0.5)])])
    assert lines.paths == ["44.0,180.0 564.0,0.0", "564.0,90.0"]
    assert lines.rows == [("0.00", ["0.000", "–"]), ("1.00", ["1.000", "0.500"])]
    assert Bars("empty", [], []).bars == []


def test_the_front_page_takes_the_same_queries_however_much_there_is(
    as_reviewer, reviewer, make_cluster
):
    taken = []
    for number in (2, 12):
        for one in range(number):
            cluster = make_cluster([f"{number} {one} a", f"{number} {one} b"])
            RejectCluster(cluster_id=cluster.pk, actor=reviewer).execute()
        with CaptureQueriesContext(connection) as caught:
            as_reviewer.get(reverse("admin:index"))
        taken.append(len(caught))
    assert taken[0] == taken[1] < 25


def test_who_may_see_nothing_gets_an_empty_front_page(db):
    client = Client()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert panels(client) == {}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("Viewer", set()),
        ("Reviewer", {"insights.decide_cluster", "insights.undo_mergedecision"}),
        (
            "Lead",
            {
                "insights.decide_cluster",
                "insights.undo_mergedecision",
                "insights.add_source",
                "insights.add_clusteringrun",
                "finetuning.add_deduplicationmodel",
                "finetuning.change_deduplicationmodel",
            },
        ),
        (
            "Administrator",
            {
                "insights.decide_cluster",
                "insights.undo_mergedecision",
                "insights.add_source",
                "insights.add_clusteringrun",
                "finetuning.add_deduplicationmodel",
                "finetuning.change_deduplicationmodel",
                "auth.change_user",
                "auth.change_group",
            },
        ),
    ],
)
def test_a_role_is_a_group_with_its_permissions(make_insight, role, may):
    make_insight("The rota is late")
    user = User.objects.create_user("rita", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    asked = {
        "insights.decide_cluster",
        "insights.undo_mergedecision",
        "insights.add_source",
        "insights.add_clusteringrun",
        "finetuning.add_deduplicationmodel",
        "finetuning.change_deduplicationmodel",
        "auth.change_user",
        "auth.change_group",
    }
    assert {permission for permission in asked if user.has_perm(permission)} == may
    assert user.has_perm("insights.view_cluster")
    assert user.has_perm("insights.view_apitoken") == (role == "Administrator")
    client = Client()
    client.force_login(user)
    page = client.get(reverse("admin:index")).content.decode()
    assert bool(re.search(r"Review next", page)) == ("insights.decide_cluster" in may)


@pytest.mark.parametrize("role", ["Viewer", "Reviewer", "Lead"])
def test_viewers_and_reviewers_are_offered_no_technical_tables_and_leads_are(db, role):
    user = User.objects.create_user("rita", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    apps = client.get(reverse("admin:index")).context["app_list"]
    offered = {entry["object_name"] for app in apps for entry in app["models"]}
    assert {"Cluster", "Source", "Insight", "AuditItem", "MergeDecision", "ConflictVerdict"} <= (
        offered
    )
    technical = {"Heartbeat", "InsightEmbedding", "WebhookDelivery", "ApiCall"}
    assert offered & technical == (technical if role == "Lead" else set())
    assert not offered & {"IdempotencyKey", "ApiAnswer", "ApiToken"}
