"""The pages beside the review screen: contradictions, batches, old merges, passages."""

import pytest

from insights.models import (
    Cluster,
    ConflictVerdict,
    Insight,
    MergeDecision,
)
from insights.review.actions import ApproveCluster
from tests.admin.review_forms import decide, url

HOSTILE = [
    "<script>alert(1)</script> & <b>bold</b>",
    '"><img src=x onerror=alert(1)>',
    "\u202eright to left\u202c and zero\u200bwidth",
    "long " * 1000,
]


def test_a_contradiction_is_judged_and_undone(as_reviewer, make_cluster):
    cluster = make_cluster(["Churn is 12 % this year", "Churn is 21 % this year"])
    (row,) = as_reviewer.get(url("_contradictions")).context["rows"]
    assert row.differences[0] in (  # who stands on the left depends on ids, which are random
        "Statement 2 says “21 %”, statement 1 says “12 %”",
        "Statement 2 says “12 %”, statement 1 says “21 %”",
    )
    assert as_reviewer.post(url("_contradictions"), {"pair": row.pair.pk}).status_code == 409
    as_reviewer.post(
        url("_contradictions"),
        {"pair": row.pair.pk, "verdict": f"one_holds:{row.pair.insight2_id}"},
    )
    assert ConflictVerdict.objects.get().holds == row.pair.insight2
    page = as_reviewer.get(url("_contradictions"))
    assert not page.context["rows"]
    assert b"One is right" in page.content
    as_reviewer.post(url("_undo"))
    cluster.refresh_from_db()
    assert cluster.status == "open"
    assert len(as_reviewer.get(url("_contradictions")).context["rows"]) == 1


def test_a_batch_is_previewed_approved_and_undone(as_reviewer, others):
    Cluster.objects.update(probability=0.95, has_near_miss=False)
    page = as_reviewer.get(url("_batch"), {"probability": "0.9"})
    assert page.context["clusters"] == sorted(others, key=lambda cluster: cluster.pk)
    sent = {
        "probability": "0.9",
        "cluster": [f"{cluster.pk}:{cluster.version}" for cluster in others],
    }
    response = as_reviewer.post(url("_batch"), sent)
    assert len(response.context["result"].decisions) == 2
    again = {"batch": response.context["result"].batch}
    undone = as_reviewer.post(url("_batch_undo"), again, follow=True)
    assert "Undid 2 decisions of the batch." in undone.content.decode()
    undone = as_reviewer.post(url("_batch_undo"), again, follow=True)
    assert "Everything in this batch has already been undone." in undone.content.decode()
    assert not MergeDecision.objects.filter(undone_at=None).exists()
    assert as_reviewer.get(url("_batch"), {"probability": "2"}).status_code == 409
    assert as_reviewer.get(url("_batch"), {"probability": "much"}).status_code == 409


def test_all_above_a_probability_are_approved_over_all_pages(
    as_reviewer, make_cluster, monkeypatch
):
    monkeypatch.setattr("insights.review.batch.CAP", 2)
    monkeypatch.setattr("insights.review.bulk.PIECE", 2)
    monkeypatch.setattr("insights.review.bulk.enqueue_run", lambda *args: False)
    made = [make_cluster([f"{name} one", f"{name} two"]) for name in "abcd"]
    Cluster.objects.update(probability=0.99, has_near_miss=False)
    shown = as_reviewer.get(url("_batch"), {"probability": "0.9"})
    page = shown.content.decode()
    assert "Approve all 4" in page
    assert "Page 1 of 2" in page
    first, second = shown.context["clusters"]
    sent = {
        "probability": "0.9", "all": "yes", "shown": [first.pk, second.pk],
        "cluster": f"{first.pk}:{first.version}",
    }  # fmt: skip
    done = as_reviewer.post(url("_batch"), sent, follow=True)
    assert "<b>3</b> clusters approved" in done.content.decode()
    assert list(Cluster.objects.filter(status="open")) == [second]
    assert len(made) == 4
    undone = as_reviewer.post(url("_batch_undo"), {"batch": done.context["run"].batch}, follow=True)
    assert "<b>3</b> decisions undone" in undone.content.decode()
    assert Cluster.objects.filter(status="open").count() == 4


def test_one_is_taken_out_of_an_old_merge(as_reviewer, reviewer, three):
    merge = ApproveCluster(cluster_id=three.pk, actor=reviewer).execute()
    page = as_reviewer.get(url("_unmerge", merge.pk))
    merged = [member.insight_id for member, may in page.context["members"] if may]
    assert len(merged) == 2
    response = as_reviewer.post(
        url("_unmerge", merge.pk), {"insight": merged[0], "comment": "other"}
    )
    assert response.status_code == 302
    assert Insight.objects.get(pk=merged[0]).status == "active"
    again = as_reviewer.post(url("_unmerge", merge.pk), {"insight": merged[0]})
    assert again.status_code == 409


def test_a_passage_is_shown_in_its_context(as_reviewer, three):
    place = three.members.first().insight.sources.get()
    text = "Before it. Rotas go out too late. After it."
    place.source.content, place.source.name = text.encode(), "notes.txt"
    place.source.save()
    start = text.index("Rotas")
    place.start, place.end = start, start + len("Rotas go out too late.")
    place.save()
    page = as_reviewer.get(url("_passage", place.pk)).content.decode()
    assert "Before it. <mark>Rotas go out too late.</mark> After it." in page


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "image", "bidi", "long"])
def test_hostile_text_in_every_field_is_shown_harmlessly(as_reviewer, make_cluster, text):
    cluster = make_cluster([f"{text[:1900]} 12 %", f"{text[:1900]} 21 %", "Plain"])
    action = url("_decide", cluster.pk)
    response = as_reviewer.post(
        action,
        {"verb": "approve", "expected_version": "x", "comment": text, "canonical_text": text},
    )
    assert response.status_code == 409
    pages = [response, as_reviewer.get(url("_item", cluster.pk))]
    decide(as_reviewer, cluster, "reject", comment=text)
    pages += [as_reviewer.get(url("")), as_reviewer.get(url("_contradictions"))]
    for page in pages:
        body = page.content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert "<b>bold" not in body
