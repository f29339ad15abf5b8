"""Permissions under /admin/review/, and that viewing changes nothing."""

import re

import pytest
from django.urls import reverse

from insights.models import (
    AuditItem,
    Cluster,
    ReviewEvent,
)
from insights.review.actions import ApproveCluster
from insights.review.bulk import queue_approval
from tests.admin.review_forms import url

ADDRESSES = [
    ("", "GET", "view"),
    ("_next", "POST", "decide"),
    ("_undo", "POST", "undo"),
    ("_blind", "POST", "view"),
    ("_keys", "GET", "view"),
    ("_contradictions", "GET", "view"),
    ("_contradictions", "POST", "decide"),
    ("_batch", "GET", "decide"),
    ("_batch", "POST", "decide"),
    ("_batch_undo", "POST", "undo"),
    ("_bulk", "GET", "decide"),
    ("_bulk", "POST", "decide"),
    ("_merged", "GET", "view"),
    ("_merged", "POST", "decide"),
    ("_item", "GET", "view"),
    ("_decide", "POST", "decide"),
    ("_passage", "GET", "view"),
    ("_audit_item", "GET", "decide"),
    ("_audit_answer", "POST", "decide"),
    ("_unmerge", "GET", "undo"),
    ("_unmerge", "POST", "undo"),
]


@pytest.mark.parametrize(("name", "method", "needs"), ADDRESSES)
def test_every_address_checks_its_own_permission(
    name, method, needs, client, as_viewer, as_reviewer, reviewer, second_reviewer, three, others
):
    merge = ApproveCluster(cluster_id=others[0].pk, actor=reviewer).execute()
    theirs = ApproveCluster(cluster_id=others[1].pk, actor=second_reviewer).execute()
    audit = AuditItem.objects.create(decision=theirs, week="2026-01-05")
    args = {
        "_audit_item": [audit.pk],
        "_audit_answer": [audit.pk],
        "_item": [three.pk],
        "_decide": [three.pk],
        "_passage": [three.members.first().insight.sources.get().pk],
        "_unmerge": [merge.pk],
        "_bulk": [queue_approval(reviewer, 0.999).pk],
    }.get(name, [])

    def status(who):
        return who.generic(method, url(name, *args)).status_code

    anonymous = type(client)()
    assert status(anonymous) == 302
    assert "/login/" in anonymous.generic(method, url(name, *args))["Location"]
    assert (status(as_viewer) == 403) == (needs != "view")
    assert status(as_reviewer) in (200, 302, 404, 409)
    wrong = "POST" if method == "GET" and (name, "POST") not in [a[:2] for a in ADDRESSES] else None
    if wrong:
        assert as_reviewer.post(url(name, *args)).status_code in (405, 409, 302)


def test_every_address_is_in_the_table():
    from insights.admin.review.urls import ROUTES

    assert {name.removeprefix("review") for _, _, name in ROUTES} == {a[0] for a in ADDRESSES}


def test_looking_changes_nothing(as_reviewer, three, others):
    before = list(Cluster.objects.order_by("pk").values())
    for name, method, _ in ADDRESSES:
        if method == "GET" and name not in ("_bulk", "_passage", "_unmerge", "_audit_item"):
            as_reviewer.get(url(name, *([three.pk] if name == "_item" else [])))
    assert list(Cluster.objects.order_by("pk").values()) == before
    assert not ReviewEvent.objects.exists()


def test_every_page_has_a_policy_without_anything_inline(as_reviewer, three):
    for address in (url(""), url("_item", three.pk), reverse("admin:index")):
        response = as_reviewer.get(address)
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert not re.search("unsafe|sha256|data:", policy)
        body = response.content.decode()
        assert not re.search(r"<script(?![^>]+src=)(?![^>]+application/json)", body)
        assert not re.search(r"\son\w+=|\sstyle=|<style", body)
