"""The list of insights: counts, download with the filters kept, and merging by hand."""

import csv
import io
import json

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from openpyxl import load_workbook

from insights.embedding.service import VectorsOfAnotherModel
from insights.models import (
    Insight,
    InsightSource,
    InsightSummary,
    InsightTag,
    MergeDecision,
    PairLabel,
)
from insights.review.actions import UndoDecision
from insights.review.tags import tag
from tests.conftest import unit_vector

pytestmark = pytest.mark.django_db
LIST = "/admin/insights/insight/"


@pytest.fixture(autouse=True)
def meaning(monkeypatch):
    """The search's vector is that of the words, without the embedder."""
    monkeypatch.setattr(
        "insights.admin.repository.search.embed_one",
        lambda text: ("model", list(unit_vector(text))),
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
        {
            "action": ["merge_ticked", "tag_ticked"],
            "index": "0",
            "_selected_action": [str(one.pk) for one in insights],
        },
        follow=True,
    )


def about(insight, **fields):
    InsightSource.objects.filter(insight=insight).update(**fields)


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


@pytest.mark.parametrize("few", [0, 20_000])
def test_a_search_within_a_filter_ranks_the_same_however_many_the_filter_leaves(
    as_reviewer, alike, make_insight, monkeypatch, few
):
    monkeypatch.setattr("insights.admin.repository.filters.FEW", few)
    far = make_insight("Rotas are planned")
    InsightSource.objects.exclude(insight=alike[2]).update(segment="Nurses")
    make_insight("Rotas of doctors", unit_vector("b", near=unit_vector("rotas"), cosine=0.95))
    assert shown(as_reviewer, q="rotas", segment="nur") == [alike[0], alike[1], far]
    assert shown(as_reviewer, q="planned", segment="nur") == [far]

    def moved(text):
        raise VectorsOfAnotherModel

    monkeypatch.setattr("insights.admin.repository.search.embed_one", moved)
    assert shown(as_reviewer, q="rotas", segment="nur") == [far, alike[0]]


def test_the_list_can_be_downloaded_with_its_mentions_and_the_filters_kept(as_reviewer, alike):
    merge(as_reviewer, alike[:2])
    merged = Insight.objects.get(status="merged")
    InsightSource.objects.filter(origin_insight=merged).update(
        person="Anna",
        company="Acme",
        said_on="2025-03-01",
        attributes={"Plan": "Pro"},
        locator="row\n4",
    )
    tag([merged.pk], "rota", by=User.objects.get(username="rosa"))
    rows = list(csv.DictReader(io.StringIO(downloaded(as_reviewer, "csv").decode("utf-8-sig"))))
    assert len(rows) == 2
    (both,) = [row for row in rows if row["mentions"] == "2"]
    assert merged.statement in both["merged wordings"].removeprefix("'")
    assert (both["people"], both["companies"], both["tags"]) == ("Anna", "Acme", "rota")
    assert both["first said"] == "2025-03-01"
    assert not any(cell.startswith("=") for row in rows for cell in row.values())
    text = downloaded(as_reviewer, "mentions.csv").decode("utf-8-sig")
    anna = next(row for row in csv.DictReader(io.StringIO(text)) if row["person"] == "Anna")
    assert json.loads(anna["attributes"]) == {"Plan": "Pro"}
    book = load_workbook(io.BytesIO(downloaded(as_reviewer, "xlsx")))
    assert len(list(book["Insights"].values)) == 3
    mentions = list(book["Mentions"].values)
    assert len(mentions) == 4
    assert "row 4" in {row[mentions[0].index("locator")] for row in mentions}
    found = json.loads(downloaded(as_reviewer, "json"))
    assert sorted(len(one["mentions"]) for one in found) == [1, 2]
    markdown = downloaded(as_reviewer, "md").decode()
    assert "- **Parking is free** (1 mention)" in markdown
    assert "Anna, Acme, Notes, row 4" in markdown
    kept = json.loads(downloaded(as_reviewer, "json", q="parking"))
    assert [one["statement"] for one in kept] == ["Parking is free"]
    kept = json.loads(downloaded(as_reviewer, "json", person="ann"))
    assert [one["people"] for one in kept] == [["Anna"]]
    assert as_reviewer.get(f"{LIST}download/doc/").status_code == 404


def shown(client, **filters):
    return list(client.get(LIST, filters).context["cl"].result_list)


def test_the_fields_of_the_filter_hold_for_one_mention_together(as_reviewer, alike):
    first, second, _ = alike
    about(first, person="Anna Berg", company="Acme", said_on="2025-01-31", segment="Nurses")
    about(second, person="anna", company="Zeta", said_on="2025-02-01", attributes={"Plan": "Pro"})
    assert set(shown(as_reviewer, person="ANNA")) == {first, second}
    assert shown(as_reviewer, person="anna", company="zeta") == [second]
    assert shown(as_reviewer, person="Berg") == []
    assert shown(as_reviewer, segment="nur") == [first]
    assert shown(as_reviewer, since="2025-01-31", until="2025-01-31") == [first]
    assert shown(as_reviewer, attribute="Plan", value="Pro") == [second]
    assert shown(as_reviewer, attribute="Plan", value="Free") == []
    page = as_reviewer.get(LIST, {"since": "31.1.2025"}).content.decode()
    assert "Write 2026-03-31." in page
    assert "Parking is free" in page


def test_counts_follow_every_change_of_the_mentions(as_reviewer, reviewer, alike):
    first, second, _ = alike
    about(first, person="Anna", company="Acme", said_on="2025-01-31")
    about(second, person="ANNA", company="Zeta", said_on="2025-06-01")
    merge(as_reviewer, [first, second])
    summary = InsightSummary.objects.get(mentions=2)
    assert (summary.people, summary.companies, summary.sources) == (1, 2, 1)
    assert [str(summary.first_said), str(summary.last_said)] == ["2025-01-31", "2025-06-01"]
    assert InsightSummary.objects.count() == 2
    row = shown(as_reviewer)[0]
    assert row.pk == summary.pk
    assert "Jan 2025: 1, Jun 2025: 1" in row.trend
    UndoDecision(decision_id=MergeDecision.objects.get().pk, actor=reviewer).execute()
    assert set(InsightSummary.objects.values_list("mentions", flat=True)) == {1}
    InsightSource.objects.filter(insight=first).delete()
    assert not InsightSummary.objects.filter(insight=first).exists()


def test_ticked_insights_are_tagged_found_by_the_tag_and_untagged(as_reviewer, as_viewer, alike):
    first, second, _ = alike
    sent = {"action": ["merge_ticked", "tag_ticked"], "index": "1", "tag": " #Rota  planning "}
    sent["_selected_action"] = [str(first.pk), str(second.pk)]
    assert "Insights tagged: 2." in as_reviewer.post(LIST, sent, follow=True).content.decode()
    sent["tag"] = "ROTA planning"
    assert "Insights tagged: 0." in as_reviewer.post(LIST, sent, follow=True).content.decode()
    as_viewer.post(LIST, {**sent, "tag": "own"}, follow=True)
    assert not InsightTag.objects.filter(name="own").exists()
    assert set(shown(as_reviewer, tag="rota PLANNING")) == {first, second}
    merge(as_reviewer, [first, second])
    (canonical,) = shown(as_reviewer, tag="rota planning")
    url = reverse("admin:insights_insight_change", args=[canonical.pk])
    assert list(as_reviewer.get(url).context["tags"]) == ["Rota planning"]
    as_reviewer.post(f"{LIST}{canonical.pk}/untag/", {"tag": "Rota planning"})
    assert not InsightTag.objects.exists()
    page = as_reviewer.post(f"{LIST}{canonical.pk}/tag/", {"tag": " "}, follow=True)
    assert "1 to 50 characters" in page.content.decode()


def test_an_outdated_insight_names_what_replaced_it_until_that_is_undone(
    as_reviewer, reviewer, alike
):
    old, new, _ = alike
    as_reviewer.post(f"{LIST}{old.pk}/replaced/{new.pk}/")
    url = reverse("admin:insights_insight_change", args=[old.pk])
    page = as_reviewer.get(url).content.decode()
    assert "Outdated.</b> Replaced by" in page
    other = reverse("admin:insights_insight_change", args=[new.pk])
    assert "Replaces <a" in as_reviewer.get(other).content.decode()
    assert shown(as_reviewer, status="outdated") == [old]
    assert not PairLabel.objects.get().is_same
    UndoDecision(decision_id=MergeDecision.objects.get().pk, actor=reviewer).execute()
    assert shown(as_reviewer, status="outdated") == []
    assert "Outdated" not in as_reviewer.get(url).content.decode()


def test_an_insights_page_says_who_said_it_and_when(as_viewer, alike):
    first, second, _ = alike
    about(first, person="Anna", said_on="2025-01-31", date="31.1.2025", company="Acme")
    about(second, person="Bo", said_on="2024-11-02")
    InsightSource.objects.filter(insight=second).update(insight=first)
    response = as_viewer.get(reverse("admin:insights_insight_change", args=[first.pk]))
    assert [one.person for one in response.context["found"]] == ["Bo", "Anna"]
    assert response.context["timeline"].columns == ["2024-11", "2024-12", "2025-01"]
    page = response.content.decode()
    assert "2 mentions by 2 people of 1 company in 1 source, 2024-11-02 to 2025-01-31" in page


def test_nobody_downloads_without_the_right_to_look(client, django_user_model, alike):
    client.force_login(django_user_model.objects.create_user("nils", is_staff=True))
    assert client.get(f"{LIST}download/csv/").status_code == 403
    assert InsightSource.objects.exists()
