"""The table of bulk approval: an untick counts on every page, with or without a script."""

import pytest
from django.urls import reverse

from insights.models import BulkRun, Cluster


@pytest.fixture
def three(make_cluster, monkeypatch):
    monkeypatch.setattr("insights.review.batch.CAP", 1)
    monkeypatch.setattr("insights.review.bulk.PIECE", 1)
    monkeypatch.setattr("insights.review.bulk.enqueue_run", lambda *args: False)
    made = [make_cluster([f"{name} one", f"{name} two"]) for name in ("alpha", "beta", "gamma")]
    for cluster, probability in zip(made, (0.99, 0.98, 0.97), strict=True):
        Cluster.objects.filter(pk=cluster.pk).update(probability=probability, has_near_miss=False)
    return made


def send(client, shown, *, ticked, **more):
    fields = {"probability": "0.900000", "wanted": "0.9", "shown": shown.pk, **more}
    if ticked:
        fields["cluster"] = f"{shown.pk}:{shown.version}"
    return client.post(reverse("admin:review_batch"), fields)


def still_open():
    return set(Cluster.objects.filter(status="open").values_list("pk", flat=True))


def test_what_is_unticked_on_one_page_is_left_out_by_an_approval_from_another(as_reviewer, three):
    turned = send(as_reviewer, three[0], ticked=False, page="2", comment="the sure ones")
    assert turned.url == reverse("admin:review_batch") + "?probability=0.9&page=2"
    second = as_reviewer.get(turned.url).content.decode()
    assert "1 cluster unticked on all pages" in second
    assert "Approve all 2" in second
    assert ">the sure ones</textarea>" in second
    first = as_reviewer.get(reverse("admin:review_batch") + "?probability=0.9").content.decode()
    assert " checked" not in first.partition("<tbody>")[2].partition("</tbody>")[0]

    send(as_reviewer, three[1], ticked=True, all="yes")

    assert BulkRun.objects.get().counts["decided"] == 2
    assert still_open() == {three[0].pk}


def test_a_script_stores_a_tick_without_turning_the_page(as_reviewer, three):
    fields = {"probability": "0.9", "wanted": "0.9", "shown": three[2].pk, "page": "1"}
    headers = {"X-Requested-With": "fetch"}
    stored = as_reviewer.post(reverse("admin:review_batch"), fields, headers=headers)
    assert stored.status_code == 204
    send(as_reviewer, three[0], ticked=True, all="yes")
    assert still_open() == {three[2].pk}


def test_a_cluster_ticked_again_is_approved(as_reviewer, three):
    send(as_reviewer, three[0], ticked=False, page="2")
    send(as_reviewer, three[1], ticked=False, page="3")
    send(as_reviewer, three[0], ticked=True, page="3")
    send(as_reviewer, three[2], ticked=True, all="yes")
    assert still_open() == {three[1].pk}


def test_all_can_be_ticked_again_at_once(as_reviewer, three):
    send(as_reviewer, three[0], ticked=False, page="2")
    page = send(as_reviewer, three[1], ticked=False, tick_all="yes")
    assert "unticked on all pages" not in as_reviewer.get(page.url).content.decode()
    send(as_reviewer, three[1], ticked=True, all="yes")
    assert not still_open()
