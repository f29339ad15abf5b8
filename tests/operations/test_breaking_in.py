"""Breaking in and breaking down: log-ins, accounts, headers, hostile addresses, lost databases."""

import json
import logging
import ssl
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone

from dedup_project.celery import broker
from dedup_project.logs import JsonLineFormatter
from dedup_project.web import login
from insights.ingest.pipeline import process
from insights.ingest.readers import Options, ReadError, read_source
from insights.ingest.sources import queue_processing, register
from insights.jobs.heartbeats import record_completed, silence
from insights.jobs.recovery import lost_runs
from insights.models import Heartbeat, InsightSource

pytestmark = pytest.mark.django_db

LOGIN, WRONG = "/admin/login/", "wrong"


@pytest.fixture(autouse=True)
def nobody_was_wrong_yet():
    accounts = ["grace", "other", "adam", *(f"user{n}" for n in range(5))]
    keys = [f"login:account:{name}" for name in accounts]
    keys += [f"login:address:{address}" for address in ("127.0.0.1", "198.51.100.7")]
    cache.delete_many(keys)
    yield
    cache.delete_many(keys)


@pytest.fixture
def grace():
    return User.objects.create_superuser("grace", password="right horse battery")


def log_in(client, username="grace", password=WRONG, **extra):
    return client.post(LOGIN, {"username": username, "password": password}, **extra)


def test_after_ten_wrong_passwords_an_account_waits_even_with_the_right_one(client, grace):
    for _ in range(login.MAX_BY_ACCOUNT):
        assert b"correct username" in log_in(client).content
    refused = log_in(client, "GRACE ", "right horse battery")
    assert refused.status_code == 200
    assert b"Too many wrong passwords" in refused.content
    other = User.objects.create_superuser("other", password="right horse battery")
    assert log_in(client, other.username, "right horse battery").status_code == 302


def test_a_right_password_forgets_the_wrong_ones(client, grace):
    for _ in range(3):
        for _ in range(login.MAX_BY_ACCOUNT - 1):
            log_in(client)
        assert log_in(client, password="right horse battery").status_code == 302
        client.logout()


def test_who_logs_in_without_a_next_address_gets_to_the_overview(client, grace):
    assert log_in(client, password="right horse battery").url == "/admin/"


def test_one_address_tries_many_accounts_for_a_while_only(client, grace, monkeypatch):
    monkeypatch.setattr(login, "MAX_BY_ADDRESS", 5)
    for n in range(5):
        log_in(client, f"user{n}")
    assert b"Too many" in log_in(client, password="right horse battery").content
    elsewhere = log_in(client, password="right horse battery", REMOTE_ADDR="198.51.100.7")
    assert elsewhere.status_code == 302


def test_behind_a_proxy_the_address_is_what_the_proxy_saw(rf, settings):
    request = rf.get("/", headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.9"})
    assert login.client_address(request) == "127.0.0.1", "a header of the client's own"
    settings.TRUSTED_PROXIES = 1
    assert login.client_address(request) == "203.0.113.9"


def test_without_the_cache_people_still_log_in(client, grace, monkeypatch):
    def away(*args, **kwargs):
        raise ConnectionError("gone")

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.get", away)
    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.incr", away)
    assert b"correct username" in log_in(client).content
    assert log_in(client, password="right horse battery").status_code == 302


@pytest.fixture
def administrator():
    user = User.objects.create_user("adam", password="pw", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    return user


def test_an_administrator_makes_nobody_superuser_and_touches_none(client, administrator, grace):
    client.force_login(administrator)
    form = {
        "username": "adam", "is_staff": "on", "is_active": "on", "is_superuser": "on",
        "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00",
    }  # fmt: skip
    page = f"/admin/auth/user/{administrator.pk}/change/"
    assert client.post(page, form).status_code == 302
    administrator.refresh_from_db()
    assert not administrator.is_superuser
    assert client.post(f"/admin/auth/user/{grace.pk}/password/", {}).status_code == 403
    assert client.post(f"/admin/auth/user/{grace.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [grace.pk], "post": "yes"}
    client.post("/admin/auth/user/", chosen)
    assert User.objects.filter(pk=grace.pk).exists()
    client.force_login(grace)
    assert client.post(page, form).status_code == 302
    administrator.refresh_from_db()
    assert administrator.is_superuser


@pytest.mark.parametrize(
    "address",
    ["/admin/insights/cluster/?status__exact=%00", "/admin/insights/insight/?q=a%00b", "/%00",
     "/admin/insights/insight/%00/change/"],
)  # fmt: skip
def test_a_nul_in_an_address_is_a_bad_request(client, grace, address):
    client.force_login(grace)
    assert client.get(address).status_code == 400


@pytest.mark.parametrize(
    "address",
    ["/admin/insights/insight/?created_at__year=99999999",
     "/admin/insights/insight/download/csv/?created_at__gte=junk"],
)  # fmt: skip
def test_a_filter_that_no_column_holds_is_a_bad_request(client, grace, address):
    client.force_login(grace)
    assert client.get(address).status_code == 400


@pytest.mark.parametrize("page", ["auth/user", "django_celery_beat/periodictask"])
def test_ids_that_are_none_are_a_bad_request(client, grace, page):
    client.force_login(grace)
    chosen = {"action": "delete_selected", "_selected_action": ["x", "9" * 40]}
    assert client.post(f"/admin/{page}/", chosen).status_code == 400


def test_view_on_site_is_no_page(client, grace):
    client.force_login(grace)
    assert client.get("/admin/r/1/1/").status_code == 404


def test_every_page_has_the_security_headers(client):
    for address in ("/admin/login/", "/healthz", "/api/v1/whoami", "/nothing"):
        response = client.get(address)
        assert "camera=()" in response["Permissions-Policy"]
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "default-src 'none'" in response["Content-Security-Policy"]


def test_a_json_log_line_has_no_query_string(client, grace):
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(JsonLineFormatter().format(record))
    logging.getLogger("django.request").addHandler(handler)
    client.force_login(grace)
    client.get("/admin/nothing/?q=a+private+statement")
    logging.getLogger("django.request").removeHandler(handler)
    assert lines
    assert "private" not in "".join(lines)
    assert json.loads(lines[0])["status_code"] == 404


def test_a_broker_over_tls_checks_the_certificate(settings):
    settings.REDIS_URL = "rediss://redis.example:6379/0"
    assert broker()["broker_use_ssl"]["ssl_cert_reqs"] == ssl.CERT_REQUIRED
    settings.REDIS_URL = "redis://redis.example:6379/0"
    assert "broker_use_ssl" not in broker()


def test_a_heartbeat_of_the_future_counts_as_silence(client):
    record_completed("ingest", "x")
    assert silence("ingest") is None
    Heartbeat.objects.update(completed_at=timezone.now() + timedelta(days=1))
    assert "No worker has reported" in silence("ingest")


def lost(*args, **kwargs):
    connection.connection.close()
    raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.django_db(transaction=True)
def test_an_ingestion_goes_on_by_itself_after_the_database_was_away(monkeypatch, settings):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    data = b"insight\nThe rota is published too late.\nParking is free on Sundays.\n"
    source, _ = register("a.csv", data, read_source("a.csv", data))
    run = queue_processing(source)
    monkeypatch.setattr("insights.ingest.pipeline.embed_statements", lost)
    with pytest.raises(OperationalError):
        process(source, queued=run)
    connection.close()
    monkeypatch.undo()
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"

    run.refresh_from_db()
    assert run.status == "running", "it has not failed"
    (found,) = lost_runs()
    assert found.pk == run.pk
    assert process(source, queued=found).status == "succeeded"
    assert InsightSource.objects.filter(source=source).count() == 2


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\uDFFF", "\\udc00\\ud800"])
def test_a_json_escape_that_no_database_holds_is_refused_with_its_line(escape):
    data = f'[{{"title": "a",\n "text": "The rota {escape} is late."}}]'.encode()
    with pytest.raises(ReadError, match=r"line 2: the escape"):
        read_source("a.json", data)


def test_a_whole_surrogate_pair_and_an_escaped_backslash_are_text():
    data = b'[{"text": "The rota \\ud83d\\ude42 is late, said C:\\\\u0000."}]'
    (document,) = read_source("a.json", data).documents
    assert document.text == "The rota \U0001f642 is late, said C:\\u0000."


@pytest.mark.parametrize("encoding", ["punycode", "idna", "unicode_escape", "rot13"])
def test_an_encoding_of_quadratic_time_is_none(encoding):
    with pytest.raises(ReadError, match="no text encoding named"):
        read_source("a.txt", b"abc. def.", Options(encoding=encoding))
