"""The pages in a real browser: no complaint, nothing hostile runs, the scripts do their work."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from finetuning.models import DeduplicationModel, ModelPrediction, ThresholdChange
from insights.admin.review.urls import ROUTES
from insights.embedding import map as maps
from insights.models import Cluster, ClusterPair, Insight, MergeDecision, Source
from insights.review.actions import ApproveCluster, RejectCluster

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \u202eright to left\u202c "
    "zero\u200bwidth {{ 7*7 }} javascript:alert(3) "
)


@pytest.fixture
def world(make_cluster, make_insight, reviewer):
    """Something on every page, with hostile text in every field that takes text."""
    long = (HOSTILE * 60)[:4900]
    judged = make_cluster([f"{HOSTILE} is 12 %", f"{HOSTILE} is 21 %", f"{HOSTILE} is not"])
    make_cluster([f"{long} one", f"{long} two"])
    make_cluster([f"Churn {n} is {n} %" for n in range(12)])
    probable = make_cluster(["Sure one", "Sure two"])
    Cluster.objects.filter(pk=probable.pk).update(probability=0.99, has_near_miss=False)
    Source.objects.update(title=HOSTILE[:250], name=HOSTILE[:200] + ".txt")
    merged = ApproveCluster(
        cluster_id=make_cluster(["alpha", "beta", "gamma"]).pk,
        actor=reviewer,
        comment=HOSTILE,
        canonical_text=f"{HOSTILE} in my own words",
    ).execute()
    RejectCluster(cluster_id=make_cluster(["delta", "epsilon"]).pk, actor=reviewer).execute()
    DeduplicationModel.objects.create(
        version=1,
        backend="local",
        base_model="local-logistic-v1",
        status="succeeded",
        metrics={
            "reliability": [{"count": 3, "mean_predicted": 0.7, "observed": 0.6}],
            "curve": [{"threshold": 0.9, "precision": 0.99, "coverage": 0.3, "selected": 30}],
            "n_positive": 50,
            "n_negative": 50,
        },
        is_active=True,
    )
    return {"item": judged, "merge": merged}


def review_pages(world):
    item, merge = world["item"], world["merge"]
    place = Insight.objects.filter(own_sources__isnull=False).first().own_sources.first()
    of = {
        "review_item": [item.pk],
        "review_passage": [place.pk],
        "review_unmerge": [merge.pk],
    }
    posts = {
        "review_next",
        "review_undo",
        "review_blind",
        "review_batch_undo",
        "review_decide",
        "review_audit_item",  # this and the next are in test_every_page.py
        "review_bulk",
        "review_audit_answer",
    }
    pages = [
        reverse(f"admin:{name}", args=of.get(name, []))
        for _, _, name in ROUTES
        if name not in posts
    ]
    pages.append(f"{reverse('admin:review_item', args=[merge.cluster_id])}?change=1")
    return pages


def thresholds(**proposed):
    """Prepare something to preview; the scores are recorded, since the version has no weights."""
    model = DeduplicationModel.objects.get()
    if not ModelPrediction.objects.exists():
        for pair in ClusterPair.objects.filter(cluster__status="open"):
            ModelPrediction.objects.create(
                model=model, insight1_id=pair.insight1_id, insight2_id=pair.insight2_id,
                prediction=True, probability=0.85, confidence=0.85, similarity_score=0.8,
                origin="clustering",
            )  # fmt: skip
    asked = {"auto_merge_confidence": 0.8, "cluster_out_confidence": 0.9, **proposed}
    return f"{reverse('admin:finetuning_deduplicationmodel_thresholds')}?{urlencode(asked)}"


def pages(world):
    """Return the review pages, and the front page, lists and records of the rest of the admin."""
    found = [reverse("admin:index"), *review_pages(world)]
    for model in (Cluster, Insight, MergeDecision, Source):
        name = f"admin:insights_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        found.append(reverse(f"{name}_change", args=[model.objects.first().pk]))
    return [*found, reverse("admin:insights_source_add"), thresholds()]


def test_no_page_complains_and_nothing_hostile_runs(window, reviewer, world):
    seat = window(reviewer)
    for address in pages(world):
        page = seat.open(address)
        assert "alert(1)" not in page.evaluate(
            "[...document.scripts].map(one => one.textContent).join()"
        )
        assert page.evaluate("document.querySelectorAll('img[src=x]').length") == 0
        assert seat.complaints == [], address


def test_hostile_input_comes_back_as_text(window, reviewer, world):
    seat = window(reviewer)
    page = seat.open(reverse("admin:review_item", args=[world["item"].pk]))
    seat.ready()
    page.fill("#comment", HOSTILE * 40)
    page.fill("#canonical_text", HOSTILE)
    page.locator("[name=member]").first.uncheck()
    page.locator("[name=member]").nth(1).uncheck()
    page.locator("[name=member]").nth(2).uncheck()
    page.focus("#comment")
    page.keyboard.press("Control+Enter")
    page.locator("#status", has_text="Nothing safe to approve").wait_for()
    page.evaluate("document.querySelector('[data-action=approve]').value = 'nonsense'")
    page.locator(".bar [data-action=approve]").click()
    page.locator("#alert .notice", has_text="is not a decision").first.wait_for()
    assert [one for one in seat.complaints if "409" not in one] == []


def test_a_phone_shows_the_columns_that_matter_and_scrolls_the_table_alone(window, reviewer, world):
    page = window(reviewer).open(reverse("admin:insights_cluster_changelist"))
    assert page.locator("td.field-sources_cell").first.is_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    assert not page.locator("td.field-sources_cell").first.is_visible()
    assert page.locator("td.field-size").first.is_visible()
    box = page.locator(".results")
    assert box.evaluate("one => one.scrollWidth > one.clientWidth"), "it scrolls by itself"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_menu_is_one_line_on_a_phone(window, reviewer, world):
    page = window(reviewer, viewport={"width": 360, "height": 740}).open(reverse("admin:review"))
    boxes = [one.bounding_box() for one in page.locator("#header .menu a").all()]
    assert len(boxes) == 6
    assert len({box["y"] for box in boxes}) == 1
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 360 for box in boxes)


def test_moving_a_threshold_shows_what_would_change_at_once(window, reviewer, world):
    seat = window(reviewer)
    page = seat.open(thresholds(auto_merge_confidence=0.9, cluster_out_confidence=0.7))
    assert "Current settings." in page.inner_text("#preview")
    line = page.get_by_role("slider", name="Auto-merge above")
    line.press("ArrowRight")
    assert line.get_attribute("aria-valuenow") == "0.91"
    page.locator("#preview h2", has_text="What would change").wait_for()
    assert page.locator("[name=auto_merge_confidence]").first.input_value() == "0.91"
    page.wait_for_url("**auto_merge_confidence=0.91**")
    assert seat.complaints == []


def test_a_threshold_is_moved_by_one_drag_and_one_click(window, reviewer, world):
    page = window(reviewer).open(thresholds(auto_merge_confidence=0.9, cluster_out_confidence=0.7))
    grip = page.locator(".handle.auto_merge_confidence .grip").bounding_box()
    width = page.locator(".histogram .axis").bounding_box()["width"]
    y = grip["y"] + grip["height"] / 2
    page.mouse.move(grip["x"] + grip["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(grip["x"] + grip["width"] / 2 + 0.05 * width, y, steps=5)
    moved = page.locator("[name=auto_merge_confidence]").first.input_value()
    assert float(moved) > 0.9
    assert f"above {float(moved):g}." in page.inner_text("#figures"), "said while dragging"
    page.mouse.up()
    page.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_text("Applied:").wait_for()
    assert ThresholdChange.objects.get().auto_merge_after == float(moved)


def test_a_dot_of_the_map_opens_its_insight(window, reviewer, world):
    maps.draw_map()
    seat = window(reviewer)
    page = seat.open(reverse("admin:insights_insight_map"))
    page.wait_for_selector("#map[data-ready]")
    x, y, *_ = maps.points()[0]
    box = page.locator("#map").bounding_box()
    scale = min(box["width"], box["height"]) / 1040
    beside = max(0, box["width"] - box["height"]) / 2
    at = {"x": (x + 20) * scale + beside, "y": (y + 20) * scale}
    page.locator("#map").hover(position=at)
    assert page.inner_text("#map-says")
    page.locator("#map").click(position=at)
    page.wait_for_url("**/change/")
    assert seat.complaints == []
