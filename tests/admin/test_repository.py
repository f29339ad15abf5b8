"""The list of insights: counts, download with the filters kept, and merging by hand."""

import csv
import io
import json

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from insights.models import Insight, InsightSource, MergeDecision, PairLabel
from insights.review.actions import UndoDecision
from tests.conftest import unit_vector

pytestmark = pytest.mark.django_db
LIST = "/admin/insights/insight/"


@pytest.fixture(autouse=True)
def meaning(monkeypatch):
    """The search's vector is that of the words, without the embedder."""
    monkeypatch.setattr(
        "insights.admin.insights.embed_one", lambda text: ("model", list(unit_vector(text)))
    )


@pytest.fixture
def alike(make_insight):
    one = unit_vector("rotas")
    return [
        make_insight("=Rotas are late", one),
        make_insight("The rota is late", unit_vector("b", near=one, cosine=0.9)),
        make_insight("Parking is free"),
    ]


def merge(client, insights):
    return client.post(
        LIST,
        {"action": "merge_selected", "_selected_action": [str(one.pk) for one in insights]},
        follow=True,
    )


def downloaded(client, kind, **filters):
    response = client.get(f"{LIST}download/{kind}/", filters)
    assert response.status_code == 200
    return response.getvalue()


def test_two_ticked_insights_are_merged_by_a_decision_that_teaches_and_is_undone(
    as_reviewer, reviewer, alike
):
    page = merge(as_reviewer, alike[:2]).content.decode()
    assert "Merged." in page
    decision = MergeDecision.objects.get()
    assert decision.kind == "approved"
    assert PairLabel.objects.get().is_same
    assert Insight.objects.filter(status="active").count() == 2
    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()
    assert Insight.objects.filter(status="active").count() == 3
    assert not PairLabel.objects.exists()


def test_one_or_a_merged_one_is_refused(as_reviewer, alike):
    assert "at least two" in merge(as_reviewer, alike[:1]).content.decode()
    merge(as_reviewer, alike[:2])
    merged = Insight.objects.get(status="merged")
    response = as_reviewer.post(f"{LIST}{merged.pk}/same/{alike[2].pk}/", follow=True)
    assert "was merged meanwhile" in response.content.decode()
    assert MergeDecision.objects.count() == 1


def test_an_insights_page_offers_its_neighbours_to_merge_or_to_keep_apart(
    as_reviewer, as_viewer, alike
):
    url = reverse("admin:insights_insight_change", args=[alike[0].pk])
    similar = [one.insight for one in as_reviewer.get(url).context["similar"]]
    assert similar == [alike[1]]
    assert "Not duplicates" not in as_viewer.get(url).content.decode()
    as_reviewer.post(f"{LIST}{alike[0].pk}/distinct/{alike[1].pk}/")
    assert not PairLabel.objects.get().is_same
    assert as_viewer.post(f"{LIST}{alike[0].pk}/same/{alike[1].pk}/").status_code == 403


def test_the_search_finds_by_words_and_by_meaning_the_nearest_first(as_reviewer, alike):
    found = as_reviewer.get(LIST, {"q": "rotas"}).context["cl"].result_list
    assert [one.pk for one in found] == [alike[0].pk, alike[1].pk]
    assert as_reviewer.get(LIST, {"q": "free"}).context["cl"].result_list[0] == alike[2]


def test_the_list_counts_mentions_and_can_be_downloaded_in_four_formats(as_reviewer, alike):
    merge(as_reviewer, alike[:2])
    merged = Insight.objects.get(status="merged")
    rows = list(csv.DictReader(io.StringIO(downloaded(as_reviewer, "csv").decode("utf-8-sig"))))
    assert len(rows) == 2
    (both,) = [row for row in rows if row["mentions"] == "2"]
    assert merged.statement in both["merged wordings"].removeprefix("'")
    assert not any(cell.startswith("=") for row in rows for cell in row.values())
    cells = load_workbook(io.BytesIO(downloaded(as_reviewer, "xlsx"))).active.values
    assert len(list(cells)) == 3
    found = json.loads(downloaded(as_reviewer, "json"))
    assert sorted(one["mentions"] for one in found) == [1, 2]
    assert "- **Parking is free** (1 mention)" in downloaded(as_reviewer, "md").decode()
    kept = json.loads(downloaded(as_reviewer, "json", q="parking"))
    assert [one["statement"] for one in kept] == ["Parking is free"]
    assert as_reviewer.get(f"{LIST}download/doc/").status_code == 404


def test_nobody_downloads_without_the_right_to_look(client, django_user_model, alike):
    client.force_login(django_user_model.objects.create_user("nils", is_staff=True))
    assert client.get(f"{LIST}download/csv/").status_code == 403
    assert InsightSource.objects.exists()
