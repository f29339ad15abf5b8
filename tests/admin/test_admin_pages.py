"""Access to every page and button; no inline script or style; hostile text stays text."""

import re
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from insights.admin.kit.base import PageAdmin
from insights.models import ApiToken, Cluster, Insight, MergeDecision, Source
from insights.review.actions import ApproveCluster

SITE = admin.site._registry
READING = {
    "columns",
    "download",
    "removal",
    "map",
    "map_points",
    "evaluation",
    "thresholds",
    "export_jsonl",
    "export_json",
}
OF_ONES_OWN = {"revoke"}  # of a token: its holder may, which no permission says; tested below
POSTS = [
    (f"admin:{each.opts.app_label}_{each.opts.model_name}_{view.__name__}", route.count("<uuid"))
    for each in SITE.values()
    if isinstance(each, PageAdmin)
    for route, view in each.views().items()
    if view.__name__ not in READING | OF_ONES_OWN
]
HOSTILE = [
    "<script>alert(1)</script> & </textarea></title><img src=x onerror=alert(1)> rota",
    "<script>alert(1)</script> & </textarea></title><img src=x onerror=alert(1)> rotas \u202etxet",
    "zero\u200bwidth \u2066 rota {{ 7|add:7 }} {% now 'Y' %} " + "long" * 1250,
]


class Markup(HTMLParser):
    """Markup that a strict Content-Security-Policy would refuse."""

    def __init__(self):
        super().__init__()
        self.refused = []

    def handle_starttag(self, tag, attrs):
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.refused.append(tag)
        self.refused += [name for name in names if name == "style" or name.startswith("on")]


def assert_strict(response):
    markup = Markup()
    markup.feed(response.content.decode())
    assert markup.refused == []


def pages():
    for model, each in SITE.items():
        if model._meta.app_label in ("insights", "finetuning"):
            yield f"admin:{each.opts.app_label}_{each.opts.model_name}", model


@pytest.mark.parametrize("who", ["as_viewer", "as_reviewer"])
def test_every_list_and_page_opens_for_viewer_and_reviewer_under_a_strict_policy(
    who, fill, request
):
    client = request.getfixturevalue(who)
    fill(3)
    for name, model in pages():
        for url in (
            reverse(f"{name}_changelist"),
            reverse(f"{name}_change", args=[model._default_manager.first().pk]),
        ):
            response = client.get(url)
            assert response.status_code == 200, url
            assert_strict(response)
    assert_strict(client.get(reverse("admin:index")))


def test_nobody_types_over_a_record_or_deletes_it(fill, client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("root"))
    fill(3)
    for name, model in pages():
        pk = model._default_manager.first().pk
        assert client.post(reverse(f"{name}_delete", args=[pk]), {"post": "yes"}).status_code == 403
        before = model._default_manager.values().first()
        client.post(reverse(f"{name}_change", args=[pk]), {"_save": "Save"})
        assert model._default_manager.values().first() == before


@pytest.mark.parametrize(("name", "ids"), POSTS)
def test_what_changes_something_takes_a_post_a_permission_and_a_token(
    name, ids, as_viewer, reviewer
):
    url = reverse(name, args=[uuid4() for _ in range(ids)])

    assert as_viewer.get(url).status_code == 405
    refused = as_viewer.post(url)
    assert refused.status_code == 403
    assert "needs the permission" in refused.content.decode()
    assert Client().post(url).status_code == 302, "to the login"

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reviewer)
    assert strict.post(url).status_code == 403


def test_a_token_is_revoked_by_its_holder_and_by_no_other_viewer(as_viewer, viewer, reviewer):
    theirs, _ = ApiToken.make(user=reviewer, name="theirs", scopes=["read"])
    own, _ = ApiToken.make(user=viewer, name="own", scopes=["read"])
    for token, status in ((theirs, 403), (own, 302)):
        url = reverse("admin:insights_apitoken_revoke", args=[token.pk])
        assert as_viewer.get(url).status_code == 405
        assert as_viewer.post(url).status_code == status
        token.refresh_from_db()
        assert (token.revoked_at is not None) == (status == 302)


def test_a_stranger_and_a_person_without_permissions_see_nothing(client, django_user_model, fill):
    fill(2)
    url = reverse("admin:insights_cluster_change", args=[Cluster.objects.first().pk])
    assert client.get(url).status_code == 302
    client.force_login(django_user_model.objects.create_user("nobody", is_staff=True))
    assert client.get(url).status_code == 403
    assert client.get(reverse("admin:insights_source_add")).status_code == 403
    assert client.get(reverse("admin:finetuning_deduplicationmodel_evaluation")).status_code == 403
    export = reverse("admin:finetuning_deduplicationmodel_export_jsonl")
    assert client.get(export).status_code == 403


def test_a_viewer_sees_the_cluster_without_a_button_that_works(as_viewer, make_cluster):
    cluster = make_cluster(["Rotas are late", "The rota is late"])
    page = as_viewer.get(reverse("admin:insights_cluster_change", args=[cluster.pk]))
    assert "Rotas are late" in page.content.decode()
    assert "Open in the review" in page.content.decode()
    item = as_viewer.get(reverse("admin:review_item", args=[cluster.pk])).content.decode()
    assert 'name="verb"' not in item


def test_a_page_of_nothing_leads_back_and_an_action_on_nothing_is_not_found(as_reviewer):
    assert as_reviewer.get(f"/admin/insights/cluster/{uuid4()}/change/").status_code == 302
    undo = reverse("admin:insights_mergedecision_undo", args=[uuid4()])
    assert as_reviewer.post(undo).status_code == 404


def test_hostile_text_is_shown_as_text_on_every_page(as_reviewer, reviewer, make_cluster):
    cluster = make_cluster(HOSTILE)
    Source.objects.update(title=HOSTILE[0][:255], name="<b>.txt")
    urls = [reverse("admin:insights_cluster_change", args=[cluster.pk])]
    decision = ApproveCluster(cluster_id=cluster.pk, actor=reviewer, comment=HOSTILE[0]).execute()
    urls += [
        reverse("admin:review_item", args=[cluster.pk]),
        reverse("admin:insights_mergedecision_change", args=[decision.pk]),
        reverse("admin:insights_insight_change", args=[decision.canonical_id]),
        reverse("admin:insights_source_change", args=[Source.objects.get().pk]),
        *(reverse(f"{name}_changelist") for name, _ in pages()),
        reverse("admin:insights_cluster_changelist") + "?status=all",
    ]
    shown = 0
    for url in urls:
        response = as_reviewer.get(url)
        page = response.content.decode()
        assert response.status_code == 200, url
        assert not re.search(r"<script>alert|<img src=x|<b>\.txt", page), url
        shown += "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert_strict(response)
    assert shown >= 8


def test_hostile_input_that_is_refused_comes_back_as_text(as_reviewer, make_cluster):
    cluster = make_cluster(HOSTILE[:2])
    response = as_reviewer.post(
        reverse("admin:review_decide", args=[cluster.pk]),
        {
            "verb": "approve",
            "canonical_text": HOSTILE[0],
            "comment": HOSTILE[0],
            "member": HOSTILE[0],
        },
    )
    assert response.status_code == 409
    assert "<script>alert" not in response.content.decode()
    assert not MergeDecision.objects.exists()


def test_the_word_differences_are_marked_by_element_and_every_word_is_escaped(
    as_reviewer, make_cluster
):
    cluster = make_cluster(["The <i>rota</i> is 3 days late", "The <i>rota</i> is 4 days late"])
    page = as_reviewer.get(reverse("admin:review_item", args=[cluster.pk]))
    text = page.content.decode()
    assert re.search(r"<del[^>]*>[34]</del> <ins[^>]*>[43]</ins>", text)
    assert "&lt;i&gt;rota&lt;/i&gt;" in text
    assert "<i>rota" not in text


def test_an_insights_page_tells_its_life(as_reviewer, reviewer, make_cluster):
    cluster = make_cluster(["Rotas are late", "The rota is late"])
    decision = ApproveCluster(cluster_id=cluster.pk, actor=reviewer, comment="same").execute()
    merged = Insight.objects.get(status="merged")
    canonical = as_reviewer.get(
        reverse("admin:insights_insight_change", args=[decision.canonical_id])
    ).content.decode()
    assert merged.statement in canonical
    assert "added by a merge" in canonical
    other = as_reviewer.get(reverse("admin:insights_insight_change", args=[merged.pk]))
    assert "now part of another insight" in other.content.decode()
    assert str(decision.pk) in other.content.decode()


def test_the_front_page_puts_the_queue_first_and_accounts_last(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("root"))
    apps = client.get(reverse("admin:index")).context["app_list"]
    assert [app["app_label"] for app in apps][:2] == ["insights", "finetuning"]
    assert apps[0]["models"][0]["name"] == "Clusters"
