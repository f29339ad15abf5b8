"""A fresh database: each page says what to do next; so do the pages of what is not there."""

import pytest
from django.contrib.auth.models import User
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

from insights.models import Cluster


def shown(client, name):
    return " ".join(client.get(reverse(name)).content.decode().split())


def test_the_front_page_of_a_fresh_database_says_how_to_begin(as_reviewer, reviewer):
    page = shown(as_reviewer, "admin:index")
    assert "Start here" in page
    assert reverse("admin:insights_source_add") in page
    assert "Review next" not in page


def test_with_data_it_leads_to_the_review(as_reviewer, three):
    page = shown(as_reviewer, "admin:index")
    assert "Start here" not in page
    assert "Review next" in page


def test_whoever_may_see_nothing_is_told_whom_to_ask(db):
    nobody = Client()
    nobody.force_login(User.objects.create_user("nils", is_staff=True))
    assert "Ask an administrator to give you a role" in shown(nobody, "admin:index")


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("insights_source_changelist", "No source yet"),
        ("insights_insight_changelist", "Add a source"),
        ("insights_cluster_changelist", "No cluster is open"),
        ("insights_automergestop_changelist", "was never paused"),
        ("finetuning_deduplicationmodel_changelist", "then start fine-tuning"),
        ("finetuning_deduplicationmodel_evaluation", "then start fine-tuning"),
        ("finetuning_deduplicationmodel_thresholds", "then start fine-tuning"),
        ("review_contradictions", "No contradictions left"),
        ("review", "Add sources first"),
    ],
)
def test_an_empty_page_says_where_its_rows_come_from(as_reviewer, page, says):
    assert says in shown(as_reviewer, f"admin:{page}")


def test_a_list_with_rows_or_with_a_filter_says_nothing_of_it(as_reviewer, three):
    address = reverse("admin:insights_cluster_changelist")
    assert "No cluster is open" not in as_reviewer.get(address).content.decode()
    Cluster.objects.update(status="rejected")
    found = as_reviewer.get(f"{address}?q=nothing").content.decode()
    assert "No cluster is open" not in found


def test_what_is_not_there_has_a_page_that_leads_back(as_reviewer):
    for client in (as_reviewer, Client()):
        missing = client.get("/nowhere/")
        assert missing.status_code == 404
        assert "The link may be wrong" in missing.content.decode()
        assert reverse("admin:index") in missing.content.decode()


def test_a_stale_form_says_what_to_do(reviewer):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reviewer)
    refused = strict.post(reverse("admin:insights_clusteringrun_start"))
    assert refused.status_code == 403
    assert "reload the page" in refused.content.decode()


def test_the_page_of_a_failure_needs_no_request_and_no_database():
    assert "Something failed here" in get_template("500.html").render()
