"""Every button of every page, pressed: each is answered by a page that exists."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import resolve
from playwright.sync_api import TimeoutError as SentNothing

from insights.models import (
    Cluster,
    ClusteringRun,
    ClusterMember,
    Insight,
    ProcessingRun,
    RunStatus,
    Source,
)
from tests.browser.discover import addresses
from tests.browser.test_every_page import arguments  # noqa: F401 - the same world

pytestmark = pytest.mark.django_db(transaction=True)

# Buttons outside of the dialogs; GET forms are links in another dress, and upstream's pages are
# theirs.
BUTTONS = "'button[type=submit], input[type=submit]'"
FIND = """() => [...document.querySelectorAll('button[type=submit], input[type=submit]')]
  .filter(one => one.form && !one.disabled && one.checkVisibility() && !one.closest('dialog'))
  .map(one => ({
    label: (one.innerText || one.value).trim(),
    name: one.name,
    action: new URL(one.getAttribute('formaction') || one.form.getAttribute('action') || '',
                    location.href).pathname,
    method: one.form.method,
    at: [...document.querySelectorAll('button[type=submit], input[type=submit]')].indexOf(one),
  }))"""
SKIPPED = ("/admin/logout", "/admin/auth/", "/admin/django_celery_beat/", "/admin/password_change")
# Answers that a person may get: done, refused with a reason, gone meanwhile.
GONE = "is no longer there"
FINE = {200, 302, 204, 400, 409}


@pytest.fixture
def running(db):
    # The world's rows were written in bulk: some clusters have no members, some that are open a
    # decision.
    two = Insight.objects.filter(status="active").order_by("pk")[:2]
    for cluster in Cluster.objects.filter(members__isnull=True):
        for position, insight in enumerate(two):
            ClusterMember.objects.create(
                cluster=cluster, insight=insight, position=position, similarity=0.9
            )
    decided = Cluster.objects.filter(status="open", decisions__undone_at=None)
    decided = decided.exclude(decisions=None).values_list("pk", flat=True)
    Cluster.objects.filter(pk__in=list(decided)).update(status="superseded")
    source = Source.objects.first()
    for status in (RunStatus.QUEUED, RunStatus.RUNNING):
        ProcessingRun.objects.filter(source=source, status=status).delete()
    ProcessingRun.objects.create(source=source, status=RunStatus.QUEUED)
    ClusteringRun.objects.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING]).delete()
    return ClusteringRun.objects.create(status=RunStatus.QUEUED)


def test_every_button_leads_to_a_page(window, arguments, running, monkeypatch):  # noqa: F811
    monkeypatch.setattr("insights.jobs.enqueue.enqueue", lambda *args, **options: True)
    seat = window(User.objects.create_superuser("adam", password="adam's own"))
    pressed, wrong = set(), []
    for address in addresses(arguments):
        if address.startswith(("/api/", *SKIPPED)):
            continue
        seat.open(address)
        for button in seat.page.evaluate(FIND):
            view = resolve(button["action"]).url_name
            kind = (view, re.sub(r"\d[\d,.]*", "#", button["label"]))
            if (
                button["method"] != "post"
                or kind in pressed
                or button["action"].startswith(SKIPPED)
            ):
                continue
            pressed.add(kind)
            if (problem := press(seat, address, button)) is not None:
                if problem == GONE:  # an earlier press has done it; another page may still have one
                    pressed.discard(kind)
                else:
                    wrong.append((address, button["label"], problem))
    assert wrong == []
    assert ("insights_processingrun_cancel", "Cancel the run") in pressed
    assert ("insights_clusteringrun_cancel", "Cancel the run") in pressed
    running.refresh_from_db()
    assert running.status == RunStatus.CANCELLED
    assert len(pressed) > 30, sorted(pressed)


def press(seat, address, button):
    """What is wrong with the answer, or None. The page is loaded anew, so each press is alone."""
    seat.open(address)
    found = seat.page.evaluate(FIND)
    same = [one for one in found if all(one[key] == button[key] for key in ("label", "action"))]
    if not same:
        return GONE
    answers = []

    def heard(answer):
        answers.append(answer)

    seat.page.on("response", heard)
    try:
        with seat.page.expect_response(
            lambda answer: answer.request.method == "POST", timeout=20_000
        ) as sent:
            seat.page.evaluate(
                # Without the browser's own check of empty fields, so that the server answers.
                "at => { const one = document.querySelectorAll(" + BUTTONS + ")[at];"
                " one.form.noValidate = true; one.click(); }",
                same[0]["at"],
            )
    except SentNothing:
        return "sent nothing"
    status = sent.value.status
    seat.page.wait_for_load_state("networkidle")
    seat.page.remove_listener("response", heard)
    if status not in FINE:
        return f"answered {status}"
    if any(answer.status >= 500 for answer in answers):
        return "led to a page that failed"
    # A locator waits where a page that follows a job loads itself again; content() would fail.
    if "doesn’t exist" in seat.page.locator("body").inner_text():
        return f"led nowhere: {seat.page.url}"
    return None
