"""The second factor: set up, asked for, throttled, and in the way of sessions only."""

import re
from base64 import b32decode
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from insights.models import ApiToken

pytest.importorskip("django_otp")

pytestmark = pytest.mark.django_db
PAGE = "/admin/second-factor/"


@pytest.fixture
def device_model(settings):
    """Install the app for one test; PostgreSQL rolls its table back with the test."""
    settings.INSTALLED_APPS = [
        *settings.INSTALLED_APPS, "django_otp", "django_otp.plugins.otp_totp",
    ]  # fmt: skip
    from django_otp.plugins.otp_totp.models import TOTPDevice

    # Its admin page is registered by the discovery; the admin's addresses are made already.
    if admin.site.is_registered(TOTPDevice):
        admin.site.unregister(TOTPDevice)
    after = settings.MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware")
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[: after + 1], "django_otp.middleware.OTPMiddleware",
        "dedup_project.web.second_factor.ask_for_code", *settings.MIDDLEWARE[after + 1 :],
    ]  # fmt: skip
    settings.ROOT_URLCONF = "tests.operations.second_factor_urls"
    settings.SECOND_FACTOR = "required"
    with connection.schema_editor() as editor:
        editor.create_model(TOTPDevice)
    return TOTPDevice


@pytest.fixture
def ada(db):
    return User.objects.create_superuser("ada", password="a long enough password")


def code_of(key, drift=0):
    from django_otp.oath import totp

    return f"{totp(key, drift=drift):06d}"


def test_required_of_all_staff_and_set_up_at_the_next_log_in(device_model, ada):
    client = Client()
    client.login(username="ada", password="a long enough password")
    led = client.get("/admin/insights/cluster/?q=lift")
    assert led.status_code == 302
    assert led["Location"].startswith(f"{PAGE}?next=")
    page = client.get(led["Location"]).content.decode()
    key = b32decode(re.search(r"<code>(\w+)</code>", page)[1])
    assert "otpauth://totp/" in page
    wrong = client.post(PAGE, {"code": "000000"})
    assert "This code is wrong" in wrong.content.decode()
    device = device_model.objects.get(user=ada)
    device.throttle_reset()
    right = client.post(PAGE, {"code": code_of(key), "next": "/admin/insights/cluster/?q=lift"})
    assert right["Location"] == "/admin/insights/cluster/?q=lift"
    assert client.get(right["Location"]).status_code == 200
    assert client.get("/api/v1/whoami").status_code == 200


def test_each_new_session_is_asked_and_a_code_works_once(device_model, ada):
    device = device_model.objects.create(user=ada, name="phone")
    code = code_of(device.bin_key)
    for expected in (302, 200):  # 200: the page again, with the reason
        client = Client()
        client.force_login(ada)
        page = client.get(PAGE).content.decode()
        assert "Enter the six digits" in page
        assert "<code>" not in page
        assert client.post(PAGE, {"code": code}).status_code == expected


def test_the_next_address_stays_here(device_model, ada):
    device = device_model.objects.create(user=ada, name="phone")
    client = Client()
    client.force_login(ada)
    sent = {"code": code_of(device.bin_key), "next": "https://evil.example/"}
    assert client.post(PAGE, sent)["Location"] == "/admin/"


def test_sessions_need_it_at_the_api_and_tokens_do_not(device_model, ada):
    client = Client()
    client.force_login(ada)
    refused = client.get("/api/v1/whoami")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor")
    _, key = ApiToken.make(user=ada, scopes=["read"])
    assert (
        Client(headers={"Authorization": f"Bearer {key}"}).get("/api/v1/whoami").status_code == 200
    )


def test_optional_asks_those_who_set_it_up(device_model, ada, settings):
    settings.SECOND_FACTOR = "optional"
    client = Client()
    client.force_login(ada)
    assert client.get("/admin/").status_code == 200
    assert PAGE in client.get("/admin/settings/").content.decode()
    device_model.objects.create(user=ada, name="phone")
    assert client.get("/admin/")["Location"] == f"{PAGE}?next={quote('/admin/', safe='')}"
