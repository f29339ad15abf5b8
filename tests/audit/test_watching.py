"""Notices: a known insight again, a spike, a contradiction, the week; to whoever chose them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from insights.models import (
    ClusterPair,
    InsightSource,
    Notice,
    NoticeMark,
    ReviewerSettings,
    Webhook,
    WebhookDelivery,
)
from insights.tasks import mail_notice, watch, weekly_digest
from insights.webhooks.messages import sentence, with_statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def hook():
    watch()  # sets the marks: what was there before is no news
    NoticeMark.objects.update(told_until=timezone.now() - timedelta(hours=1))
    return Webhook.objects.create(url="https://example.org/hook", body_format="slack")


def told():
    return {one.notice: one.data for one in WebhookDelivery.objects.all()}


def said(insight, *, days_ago=0.0, times=1):
    """Give the insight further occurrences."""
    (first, *_) = insight.own_sources.all()
    for _ in range(times):
        InsightSource.objects.create(
            insight=insight, origin_insight=insight, source=first.source, run=first.run,
            ordinal=InsightSource.objects.count() + 100, locator="row", statement="again", start=0,
            created_at=timezone.now() - timedelta(days=days_ago),
        )  # fmt: skip


@pytest.fixture
def old(make_cluster):
    """An insight with an occurrence of long ago."""
    cluster = make_cluster(["The rota is <late>", "The rota comes late"])
    insight = cluster.members.first().insight
    type(insight).objects.update(created_at=timezone.now() - timedelta(days=90))
    InsightSource.objects.update(created_at=timezone.now() - timedelta(days=40))
    type(cluster).objects.update(created_at=timezone.now() - timedelta(days=40))
    return insight


def test_a_known_insight_said_again_is_told_once(old, hook):
    said(old)
    assert watch()["insight.repeated"] == 1
    assert watch()["insight.repeated"] == 0
    data = told()["insight.repeated"]
    assert "statement" not in data["insights"][0], "no copy that an erasure would miss"
    text = sentence("insight.repeated", with_statements(data))
    assert text == f"A known insight is mentioned again (1): “{old.statement}”."


def test_a_spike_is_told_once_while_it_lasts(old, hook):
    said(old, days_ago=1, times=6)
    assert watch()["insight.spike"] == 1
    assert watch()["insight.spike"] == 0
    said(old, days_ago=1)
    assert watch()["insight.spike"] == 0, "the same spike"


def test_steady_mentions_are_no_spike(old, hook):
    for week in range(1, 9):
        said(old, days_ago=7 * week + 1, times=5)
    said(old, days_ago=1, times=6)
    assert watch()["insight.spike"] == 0


def test_a_new_contradiction_is_told(hook, make_cluster):
    make_cluster(["The export takes 40 seconds", "The export takes 40 minutes"])
    ClusterPair.objects.update(is_contradiction=True)
    assert watch()["contradiction.found"] == 1
    assert watch()["contradiction.found"] == 0


def test_the_week_comes_in_numbers(old, hook):
    said(old)
    weekly_digest()
    weekly_digest()  # a task that arrives twice tells it once
    assert WebhookDelivery.objects.filter(notice="digest.weekly").count() == 1
    text = sentence("digest.weekly", with_statements(told()["digest.weekly"]))
    assert text.startswith("This week: 0 new insights, 0 decisions, 0 merged by the model; 1 ")
    assert old.statement in text


def test_each_person_chooses_and_only_who_may_see_insights_is_mailed(
    old, hook, viewer, settings, monkeypatch
):
    sent = []
    monkeypatch.setattr(
        "insights.webhooks.notify.enqueue", lambda task, *args: sent.append((task, *args)) or True
    )
    settings.EMAIL_HOST = "mail.example.org"
    client = Client()
    client.force_login(viewer)
    choice = {"email": "vera@example.org", "notices": [Notice.INSIGHT_REPEATED]}
    client.post(reverse("admin:notices"), choice)
    assert 'value="insight.repeated" id="id_notices_0" checked' in client.get(
        reverse("admin:notices")
    ).content.decode().replace("  ", " ")
    outsider = User.objects.create_user("otto", email="otto@example.org")
    ReviewerSettings.objects.create(user=outsider, notices=[Notice.INSIGHT_REPEATED])
    said(old)
    watch()
    mail_notice("insight.repeated", told()["insight.repeated"])
    (message,) = mail.outbox
    assert message.to == ["vera@example.org"]
    assert old.statement in message.body
