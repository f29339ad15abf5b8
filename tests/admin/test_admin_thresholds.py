"""The thresholds page: preview by GET, apply asks first, stale is told, undo, roles, hostile."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from finetuning.lifecycle import activation
from finetuning.models import DeduplicationModel, ModelPrediction, ThresholdChange
from insights.models import AutoMergeStop, Insight
from tests.finetuning.conftest import scripted, similar_pair  # noqa: F401

PAGE = reverse("admin:finetuning_deduplicationmodel_thresholds")
APPLY = reverse("admin:finetuning_deduplicationmodel_apply_thresholds")
HOSTILE = "<script>alert(1)</script> \u202eright to left {{ 7|add:7 }} ' onmouseover=\"x"


@pytest.fixture
def model(scripted):  # noqa: F811
    return scripted.model


@pytest.fixture
def pair(scripted, similar_pair):  # noqa: F811
    """Recorded at 0.85, with markup in it."""

    def make(statement=f"The rota is late {HOSTILE}"):
        two = similar_pair(statement, f"{statement} again", 0.8)
        first, second = sorted(two, key=lambda one: one.pk)
        scripted.says(0.85, first, second)
        ModelPrediction.objects.create(
            model=scripted.model, insight1=first, insight2=second, prediction=True,
            probability=0.85, confidence=0.85, similarity_score=0.8, origin="ingestion",
        )  # fmt: skip
        return two

    return make


def fields(model, auto_merge="0.95", cluster_out="0.6"):
    return {
        "model": str(model.pk),
        "auto_merge_confidence": auto_merge,
        "cluster_out_confidence": cluster_out,
    }


def seen(client, model, **proposed):
    return client.get(PAGE, fields(model, **proposed)).context["preview"].seen


def confirmed(client, model, *, stamp=None, **more):
    extra = {name: more.pop(name) for name in ("below_floor", "comment") if name in more}
    stamp = stamp or seen(client, model, **more)
    data = {**fields(model, **more), "seen": stamp, "confirmed": "yes", **extra}
    return client.post(APPLY, data, follow=True)


def held(model):
    model.refresh_from_db()
    return model.auto_merge_confidence, model.cluster_out_confidence


def test_without_a_version_the_page_says_so(as_viewer, db):
    assert "No version has been trained yet." in as_viewer.get(PAGE).content.decode()


def test_the_page_opens_on_what_holds_today_and_a_viewer_cannot_apply(as_viewer, model):
    page = as_viewer.get(PAGE, fields(model, "0.95")).content.decode()
    assert "What would change" in page
    assert "Apply" not in page.partition("<h2>History")[0]
    page = as_viewer.get(PAGE).content.decode()
    assert "Current settings." in page
    assert as_viewer.post(APPLY, {**fields(model), "confirmed": "yes"}).status_code == 403
    assert held(model) == (0.9, 0.7)


@pytest.mark.parametrize(("role", "may"), [("Viewer", False), ("Reviewer", False), ("Lead", True)])
def test_leads_apply_and_undo_and_reviewers_do_not(role, may, model):
    user = User.objects.create_user("rita", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    assert (">Apply</button>" in client.get(PAGE, fields(model)).content.decode()) is may
    assert confirmed(client, model).status_code == (200 if may else 403)
    assert held(model) == ((0.95, 0.6) if may else (0.9, 0.7))
    change = ThresholdChange.objects.first() or ThresholdChange.objects.create(
        model=model, active_after=model, active_before=model, auto_merge_before=0.5,
        auto_merge_after=0.9, cluster_out_before=0.7, cluster_out_after=0.7,
    )  # fmt: skip
    undo = reverse("admin:finetuning_deduplicationmodel_undo_thresholds", args=[change.pk])
    assert client.post(undo).status_code == (302 if may else 403)
    assert held(model) == (0.9, 0.7)
    assert client.get(undo).status_code == 405
    assert client.get(APPLY).status_code == 405


def test_who_may_not_look_at_models_sees_nothing(db, model):
    client = Client()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(PAGE).status_code == 403


def test_the_preview_lists_what_flips_and_shows_hostile_text_harmlessly(as_viewer, model, pair):
    newer = pair()[1]
    page = as_viewer.get(PAGE, fields(model, "0.8")).content.decode()
    assert "1 more of the last 2 insights would have been merged automatically." in page
    assert reverse("admin:insights_insight_change", args=[newer.pk]) in page
    assert "0.850" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "style=" not in page


def test_statements_are_for_those_who_may_read_them(model, pair):
    pair()
    client = Client()
    user = User.objects.create_user("mona", is_staff=True)
    user.user_permissions.set(
        Group.objects.get(name="Viewer").permissions.filter(codename="view_deduplicationmodel")
    )
    client.force_login(user)
    page = client.get(PAGE, fields(model, "0.8")).content.decode()
    assert "1 more of the last 2" in page
    assert "The rota is late" not in page


def test_apply_asks_first_with_everything_that_changes(as_reviewer, reviewer, model):
    asked = as_reviewer.post(APPLY, {**fields(model), "seen": seen(as_reviewer, model)})
    page = asked.content.decode()
    assert "0.900 → <b>0.950</b>" in page
    assert "0.700 → <b>0.600</b>" in page
    assert held(model) == (0.9, 0.7)
    done = confirmed(as_reviewer, model, comment=HOSTILE)
    assert held(model) == (0.95, 0.6)
    assert "Applied: version 3: auto-merge from 0.9 → 0.95" in done.content.decode()
    assert "<script>alert" not in done.content.decode()
    change = ThresholdChange.objects.get()
    assert (change.actor, change.comment) == (reviewer, HOSTILE)
    undo = reverse("admin:finetuning_deduplicationmodel_undo_thresholds", args=[change.pk])
    page = as_reviewer.post(undo, follow=True).content.decode()
    assert "Undone" in page
    assert held(model) == (0.9, 0.7)
    assert "already undone" in as_reviewer.post(undo, follow=True).content.decode()


def test_what_somebody_moved_since_the_preview_is_told_and_nothing_changes(as_reviewer, model):
    stamp = seen(as_reviewer, model)
    DeduplicationModel.objects.filter(pk=model.pk).update(auto_merge_confidence=0.93)
    answer = confirmed(as_reviewer, model, stamp=stamp)
    assert answer.status_code == 409
    assert "Nothing was changed" in answer.content.decode()
    assert "merges from 0.93 and" in answer.content.decode()
    assert held(model) == (0.93, 0.7)
    without = {**fields(model), "confirmed": "yes"}  # a form that did not come back whole
    assert as_reviewer.post(APPLY, without).status_code == 409


def test_under_the_guides_confidence_only_when_it_is_ticked(as_reviewer, model):
    asked = as_reviewer.post(APPLY, fields(model, "0.8")).content.decode()
    assert 'name="below_floor" value="yes" required' in asked
    refused = confirmed(as_reviewer, model, auto_merge="0.8")
    assert refused.status_code == 400
    assert held(model) == (0.9, 0.7)
    confirmed(as_reviewer, model, auto_merge="0.8", below_floor="yes")
    assert held(model) == (0.8, 0.6)


def test_another_version_is_chosen_with_its_own_thresholds_and_decides(as_reviewer, model):
    other = DeduplicationModel.objects.create(
        version=4, backend="local", base_model="local-logistic-v1", status="succeeded",
        auto_merge_confidence=0.937,
    )  # fmt: skip
    page = as_reviewer.get(PAGE, {"model": str(other.pk)})
    assert 'value="0.937"' in page.content.decode()
    assert (
        "Version 3 (local) will be deactivated and version 4 (local) activated."
        in page.content.decode()
    )
    confirmed(as_reviewer, other, auto_merge="0.937", cluster_out="0.7")
    assert DeduplicationModel.objects.active() == other


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("auto_merge_confidence", "0.49", "0.50 to 1.00"),
        ("auto_merge_confidence", "1.01", "0.50 to 1.00"),
        ("auto_merge_confidence", "", "This field is required"),
        ("auto_merge_confidence", "nan", "Enter a number"),
        ("cluster_out_confidence", "high", "Enter a number"),
        ("cluster_out_confidence", "0.95", "0.00 to 0.90"),
        ("model", "1", "no such version"),
        ("model", "00000000-0000-0000-0000-000000000000", "no such version"),
    ],
)
def test_what_cannot_be_is_refused_on_the_page(as_reviewer, model, name, value, said):
    asked = {**fields(model), name: value}
    answer = as_reviewer.get(PAGE, asked)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert as_reviewer.post(APPLY, {**asked, "confirmed": "yes"}).status_code == 400
    assert held(model) == (0.9, 0.7)


def test_an_explicit_0_is_a_threshold(as_reviewer, model):
    confirmed(as_reviewer, model, cluster_out="0")
    assert held(model) == (0.95, 0.0)


def test_a_stop_of_automatic_merging_is_told(as_viewer, model):
    AutoMergeStop.objects.create(reason="wrong")
    assert "Automatic merging has been stopped since" in as_viewer.get(PAGE).content.decode()


def test_the_other_pages_lead_here(as_viewer, model, make_insight):
    make_insight("The rota is late")
    DeduplicationModel.objects.update(metrics={"curve": [CURVE], "n_positive": 5, "n_negative": 5})
    for page in (
        reverse("admin:index"),
        reverse("admin:finetuning_deduplicationmodel_changelist"),
        reverse("admin:finetuning_deduplicationmodel_change", args=[model.pk]),
    ):
        assert PAGE in as_viewer.get(page).content.decode()


CURVE = {
    "threshold": 0.9, "selected": 4, "precision": 1.0, "precision_low": 0.6, "recall": 0.8,
    "coverage": 0.4,
}  # fmt: skip


def test_the_curve_has_both_thresholds_on_it_and_a_table(as_viewer, model):
    DeduplicationModel.objects.update(
        backend="openai", metrics={"curve": [CURVE], "n_positive": 5, "n_negative": 5}
    )
    page = as_viewer.get(PAGE, fields(model)).content.decode()
    assert "today (0.900)" in page
    assert "proposed (0.950)" in page
    assert "1.000 [0.51, 1.00]" in page
    assert page.count('<figure class="chart">') == page.count("As a table</summary>") == 1


def test_the_page_takes_the_same_queries_for_3_and_for_30(as_reviewer, model, pair):
    moved = {"headers": {"X-Requested-With": "fetch"}}  # the histogram is on the page already
    taken, made = [], 0
    for number in (3, 30):
        for one in range(made, number):
            pair(f"The rota of {'abcdefghij'[one % 10]}{'klm'[one // 10]} is late")
            ThresholdChange.objects.create(
                model=model, active_after=model, auto_merge_before=0.9, auto_merge_after=0.95,
                cluster_out_before=0.7, cluster_out_after=0.7,
            )  # fmt: skip
        made = number
        as_reviewer.get(PAGE)
        with CaptureQueriesContext(connection) as caught:
            shown = as_reviewer.get(PAGE, fields(model, "0.8"), **moved)
        assert len(shown.context["gained"]) == number
        taken.append(len(caught))
    assert taken[0] == taken[1] < 40
    assert Insight.objects.count() == 60


def test_with_no_version_active_choosing_one_lets_it_decide_and_undo_does_not(as_reviewer, model):
    activation.deactivate()
    page = as_reviewer.get(PAGE, {"model": str(model.pk)}).content.decode()
    assert "No version is active; version 3 (local) would be." in page
    confirmed(as_reviewer, model, auto_merge="0.9", cluster_out="0.7")
    assert DeduplicationModel.objects.active() == model
    undo = "admin:finetuning_deduplicationmodel_undo_thresholds"
    as_reviewer.post(reverse(undo, args=[ThresholdChange.objects.get().pk]))
    assert DeduplicationModel.objects.active() is None
