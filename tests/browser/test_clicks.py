"""Clicks to get things done, from the Overview, as a person with a mouse needs them."""

import pytest
from django.contrib.auth.models import Group, User

from insights.models import Cluster, MergeDecision
from tests.browser.conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)


class Mouse:
    """Counts the clicks of one seat."""

    def __init__(self, seat: Watched) -> None:
        self.page, self.clicks = seat.open("/admin/"), 0

    def click(self, role, name):
        self.page.get_by_role(role, name=name).first.click()
        self.page.wait_for_load_state()
        self.clicks += 1


@pytest.fixture
def mouse(window):
    return Mouse(window(User.objects.create_superuser("adam", password="adam's own")))


def test_a_reviewer_is_added_in_three(mouse):
    Group.objects.get_or_create(name="Reviewer")  # a test before it emptied the migrations' tables
    mouse.click("link", "Settings")
    mouse.click("link", "People")
    mouse.page.get_by_label("Name").fill("rita")
    mouse.click("button", "Add and invite")
    assert "/admin/invitation/" in mouse.page.get_by_label("Invitation link").input_value()
    assert User.objects.get(username="rita").groups.get().name == "Reviewer"
    assert mouse.clicks <= 3


def test_all_sure_clusters_are_approved_in_four(mouse, make_cluster, monkeypatch):
    monkeypatch.setattr("insights.review.batch.CAP", 25)
    monkeypatch.setattr("insights.review.bulk.enqueue_run", lambda *args: False)
    for number in range(30):
        make_cluster([f"Topic {number} one", f"Topic {number} two"])
    Cluster.objects.update(probability=0.99, has_near_miss=False)
    mouse.click("link", "Review")
    mouse.click("link", "Bulk-approve likely duplicates")
    mouse.click("button", "Approve all 30")
    mouse.page.get_by_text("30 clusters approved").wait_for()
    assert not Cluster.objects.filter(status="open").exists()
    assert mouse.clicks <= 4


def test_an_untick_counts_after_the_back_button(mouse, make_cluster, monkeypatch):
    monkeypatch.setattr("insights.review.batch.CAP", 1)
    monkeypatch.setattr("insights.review.bulk.enqueue_run", lambda *args: False)
    made = [make_cluster([f"{name} one", f"{name} two"]) for name in ("alpha", "beta")]
    Cluster.objects.filter(pk=made[0].pk).update(probability=0.99, has_near_miss=False)
    Cluster.objects.filter(pk=made[1].pk).update(probability=0.98, has_near_miss=False)
    mouse.page.goto(mouse.page.url + "review/batch/")
    mouse.click("button", "Next")
    with mouse.page.expect_response(lambda answer: answer.status == 204):
        mouse.click("checkbox", "Cluster 1")
    mouse.page.go_back()
    mouse.click("button", "Approve all")
    mouse.page.get_by_text("1 cluster approved").wait_for()
    assert Cluster.objects.get(status="open") == made[1]


def test_two_insights_that_one_found_are_merged_in_three(mouse, make_insight):
    for words in ("The rota is late.", "The rota comes too late.", "Parking is free."):
        make_insight(words)
    mouse.click("link", "Insights")
    mouse.clicks = 0  # found
    for words in ("The rota is late.", "The rota comes too late."):
        mouse.page.get_by_role("row", name=words).get_by_role("checkbox").check()
        mouse.clicks += 1
    mouse.click("button", "Merge")
    mouse.page.get_by_text("Merged.").wait_for()
    assert MergeDecision.objects.get().kind == "approved"
    assert mouse.clicks <= 3


def test_the_clean_list_is_exported_in_two(mouse, make_insight):
    make_insight("The rota is late.")
    mouse.click("link", "Insights")
    with mouse.page.expect_download() as download:
        mouse.page.get_by_role("link", name="CSV").first.click()
        mouse.clicks += 1
    assert "The rota is late." in download.value.path().read_text(encoding="utf-8-sig")
    assert mouse.clicks <= 2
