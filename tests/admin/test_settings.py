"""Settings: people with roles and invitations, webhooks, schedules in words, health in lights."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from dedup_project.schedules import seed
from insights.admin.settings.schedules import sentence
from insights.models import AutoMergeStop, Heartbeat, Insight, Notice, Webhook, WebhookDelivery

pytestmark = pytest.mark.django_db


def logged_in(name, role):
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def administrator():
    return logged_in("anna", "Administrator")


@pytest.fixture
def lead():
    return logged_in("lea", "Lead")


def text(response):
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(
    ("page", "lowest"),
    [
        ("people", "Administrator"),
        ("schedules", "Administrator"),
        ("webhooks", "Lead"),
        ("health", "Lead"),
    ],
)
def test_each_page_is_for_its_role_and_above(page, lowest):
    roles = ["Viewer", "Reviewer", "Lead", "Administrator"]
    for role in roles:
        expected = 200 if roles.index(role) >= roles.index(lowest) else 403
        client = logged_in(role.lower(), role)
        assert client.get(reverse(f"admin:{page}")).status_code == expected, role
        linked = reverse(f"admin:{page}") in text(client.get(reverse("admin:settings")))
        assert linked == (expected == 200)


def test_an_invitation_sets_the_password_once_and_logs_in(administrator):
    shown = administrator.post(reverse("admin:people"), {"username": "rita", "role": "Reviewer"})
    user = User.objects.get(username="rita")
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert not user.has_usable_password()
    assert [group.name for group in user.groups.all()] == ["Reviewer"]
    link = re.search(r"http://testserver(/admin/invitation/[^\"]+)", text(shown))[1]
    guest = Client()
    form = guest.get(link, follow=True)
    assert "rita" in text(form)
    where = form.redirect_chain[-1][0]
    word = "nightingale-4711"
    done = guest.post(where, {"new_password1": word, "new_password2": word}, follow=True)
    assert done.wsgi_request.user == user
    assert "Overview" in text(done)
    again = Client().get(link, follow=True)
    assert "already used" in text(again)
    assert "Invitation expired" in text(again)


def test_a_link_is_void_once_the_account_is_switched_off(administrator):
    shown = administrator.post(reverse("admin:people"), {"username": "rita", "role": "Lead"})
    link = re.search(r"http://testserver(/admin/invitation/[^\"]+)", text(shown))[1]
    user = User.objects.get(username="rita")
    administrator.post(reverse("admin:people_change", args=[user.pk]), {"active": "off"})
    user.refresh_from_db()
    assert not user.is_active
    assert "already used" in text(Client().get(link, follow=True))


def test_an_invitation_is_mailed_where_mail_is_set_up(administrator, settings):
    settings.EMAIL_HOST = "mail.example.org"
    administrator.post(
        reverse("admin:people"),
        {"username": "rita", "email": "rita@example.org", "role": "Viewer"},
    )
    (sent,) = mail.outbox
    assert sent.to == ["rita@example.org"]
    assert "/admin/invitation/" in sent.body


def test_a_taken_name_is_refused_beside_its_field(administrator):
    User.objects.create_user("Rita")
    shown = administrator.post(reverse("admin:people"), {"username": "rita", "role": "Viewer"})
    assert "already an account named “rita”" in text(shown)


def test_a_role_replaces_the_role_before(administrator):
    user = User.objects.create_user("rita", is_staff=True)
    user.groups.add(Group.objects.get(name="Reviewer"))
    administrator.post(reverse("admin:people_change", args=[user.pk]), {"role": "Lead"})
    assert [group.name for group in user.groups.all()] == ["Lead"]


def test_a_role_whose_group_was_deleted_is_refused_with_the_remedy(administrator):
    user = User.objects.create_user("rita", is_staff=True)
    Group.objects.get(name="Lead").delete()
    added = administrator.post(reverse("admin:people"), {"username": "otto", "role": "Lead"})
    assert "add a group named “Lead”" in text(added)
    assert not User.objects.filter(username="otto").exists()
    change = reverse("admin:people_change", args=[user.pk])
    changed = administrator.post(change, {"role": "Lead"}, follow=True)
    assert "add a group named “Lead”" in text(changed)
    assert not user.groups.exists()


def test_superusers_and_oneself_cannot_be_touched(administrator):
    root = User.objects.create_superuser("root")
    me = User.objects.get(username="anna")
    for user in (root, me):
        for view in ("people_change", "people_invite"):
            url = reverse(f"admin:{view}", args=[user.pk])
            assert administrator.post(url, {"active": "off", "role": "Viewer"}).status_code == 403
        user.refresh_from_db()
        assert user.is_active


def test_a_lead_sees_webhooks_but_cannot_change_them(lead):
    hook = Webhook.objects.create(url="https://example.org/hook")
    assert "https://example.org/hook" in text(lead.get(reverse("admin:webhooks")))
    assert hook.secret not in text(lead.get(reverse("admin:webhooks")))
    sent = {"url": "https://example.org/2", "body_format": "json", "notices": ["job.finished"]}
    assert lead.post(reverse("admin:webhooks"), sent).status_code == 403
    for view in ("webhooks_change", "webhooks_test"):
        assert lead.post(reverse(f"admin:{view}", args=[hook.pk])).status_code == 403


def test_a_webhook_is_added_tested_switched_off_and_deleted(administrator, monkeypatch):
    bodies = []
    monkeypatch.setattr(
        "insights.webhooks.notify.post", lambda url, body, headers: bodies.append(body) or 204
    )
    sent = {"url": "https://example.org/a", "body_format": "slack", "notices": ["job.finished"]}
    shown = text(administrator.post(reverse("admin:webhooks"), sent))
    hook = Webhook.objects.get()
    assert hook.secret in shown
    assert hook.secret not in text(administrator.get(reverse("admin:webhooks"))), "shown once"
    tested = administrator.post(reverse("admin:webhooks_test", args=[hook.pk]), follow=True)
    assert "answered 204" in text(tested)
    assert bodies == [b'{"text": "A test from Insight Dedup: this address receives notices."}']
    change = reverse("admin:webhooks_change", args=[hook.pk])
    administrator.post(change, {"active": "off"})
    hook.refresh_from_db()
    assert not hook.is_active
    administrator.post(change, {"delete": "1"})
    assert not Webhook.objects.exists()


def test_a_test_that_fails_says_why_and_is_not_retried(administrator):
    hook = Webhook.objects.create(url="http://127.0.0.1/hook")
    shown = administrator.post(reverse("admin:webhooks_test", args=[hook.pk]), follow=True)
    assert "not a public address" in text(shown)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.notice, delivery.status) == (Notice.TEST, "failed")


def test_schedules_are_sentences(administrator):
    seed()
    said = {task.name: sentence(task) for task in PeriodicTask.objects.all()}
    assert said["Retrain"] == "Mondays 03:00 UTC"
    assert said["Draw the learning curve"] == "Daily 02:30 UTC"
    assert said["Draw the audit sample"] == "Every 10 minutes"
    assert said["Cluster new insights"] == "Every hour"
    assert said["Check OpenAI status"] == "Every hour, 17 minutes past"
    shown = text(administrator.get(reverse("admin:schedules")))
    assert "Mondays 03:00 UTC" in shown
    assert 'value="03:00"' in shown


def test_a_schedule_is_changed_and_a_later_start_keeps_it(administrator):
    seed()
    task = PeriodicTask.objects.get(name="Retrain")
    url = reverse("admin:schedules_change", args=[task.pk])
    administrator.post(url, {"kind": "at", "time": "22:15", "day": "5"})
    task.refresh_from_db()
    assert sentence(task) == "Fridays 22:15 UTC"
    administrator.post(url, {"kind": "every", "number": 2, "unit": "days"})
    task.refresh_from_db()
    assert sentence(task) == "Every 2 days"
    seed()
    task.refresh_from_db()
    assert sentence(task) == "Every 2 days"
    refused = administrator.post(url, {"kind": "at"})
    assert refused.status_code == 400
    assert "Enter a time" in text(refused)
    administrator.post(url, {"enabled": "off"})
    task.refresh_from_db()
    assert not task.enabled


def test_run_now_starts_our_tasks_and_no_other(administrator, queued):
    seed()
    task = PeriodicTask.objects.get(name="Cluster everything")
    administrator.post(reverse("admin:schedules_run", args=[task.pk]))
    assert queued == [("cluster_all", ())]
    minute = IntervalSchedule.objects.first()
    other = PeriodicTask.objects.create(name="Odd", task="os.system", interval=minute)
    url = reverse("admin:schedules_run", args=[other.pk])
    assert administrator.post(url).status_code == 404


def lights(client):
    shown = client.get(reverse("admin:health"))
    return {part.name: part.light for part in shown.context["parts"]}


def test_health_is_green_amber_and_red(lead, make_insight):
    now = timezone.now()
    for queue, minutes in (("quick", 1), ("ingest", 5), ("cluster", 60)):
        Heartbeat.objects.create(queue=queue, completed_at=now - timedelta(minutes=minutes))
    found = lights(lead)
    assert found["Short tasks (worker)"] == "good"
    assert found["Reading and embedding (worker)"] == "caution"
    assert found["Clustering (worker)"] == "bad"
    assert found["Training (worker)"] == "bad", "it has never reported"
    assert found["Automatic merging"] == found["Embeddings"] == found["Webhooks"] == "good"
    make_insight("The rota is late.")
    Insight.objects.update(embedding=None, embedding_model="")
    AutoMergeStop.objects.create(reason="Too low.", model_version="version 1 (local)")
    hook = Webhook.objects.create(url="https://example.org/hook")
    WebhookDelivery.objects.create(webhook=hook, notice="test", data={}, status="failed")
    found = lights(lead)
    assert found["Automatic merging"] == found["Embeddings"] == "caution"
    assert found["Webhooks"] == "bad"
    shown = text(lead.get(reverse("admin:health")))
    assert "Something is down." in shown
    assert "expected every minute" in shown
