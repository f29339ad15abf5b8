"""Logging in by hand: the second factor, single sign-on, and the wait after wrong passwords."""

import re
from base64 import b32decode

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from pytest_django.live_server_helper import LiveServer

from dedup_project.web import login
from tests.operations.test_second_factor import code_of, device_model  # noqa: F401
from tests.operations.test_single_sign_on import Provider
from tests.operations.test_single_sign_on import site as provided  # noqa: F401

PASSWORD = "a long enough password"


@pytest.fixture
def ada(transactional_db):
    keys = ["login:account:ada", "login:account:other", "login:address:127.0.0.1"]
    cache.delete_many(keys)
    yield User.objects.create_superuser("ada", "ada@example.org", PASSWORD)
    cache.delete_many(keys)


@pytest.fixture
def page(browser):
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def asked_for_codes(ada, device_model):  # noqa: F811
    server = LiveServer("localhost")
    yield server.url
    server.stop()
    with connection.schema_editor() as editor:
        editor.delete_model(device_model)


def log_in(page, site, username="ada", password=PASSWORD):
    page.goto(f"{site}/admin/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def send_code(page, code):
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Continue").click()


def test_the_second_factor_is_set_up_once_and_asked_for_each_time(
    page,
    asked_for_codes,
    device_model,  # noqa: F811
):
    log_in(page, asked_for_codes)
    key = b32decode(page.locator("code").inner_text())
    send_code(page, "000000")
    assert "This code is wrong" in page.get_by_role("alert").inner_text()
    device_model.objects.get().throttle_reset()
    code = code_of(key)
    send_code(page, code)
    assert re.fullmatch(r".*/admin/", page.url)
    page.get_by_role("button", name="Log out").click()

    log_in(page, asked_for_codes)
    assert page.locator("code").count() == 0, "the key is shown once"
    send_code(page, code)
    assert "was used" in page.get_by_role("alert").inner_text()
    page.goto(f"{asked_for_codes}/admin/review/")
    assert "/admin/second-factor/" in page.url
    device_model.objects.get().throttle_reset()
    send_code(page, code_of(key, drift=1))
    assert page.url.endswith("/admin/review/")


def test_after_wrong_passwords_the_page_says_to_wait_and_another_account_need_not(
    page, address, ada, monkeypatch
):
    monkeypatch.setattr(login, "MAX_BY_ACCOUNT", 3)
    User.objects.create_superuser("other", password=PASSWORD)
    for _ in range(3):
        log_in(page, address, password="a wrong password")
        assert "correct username and password" in page.locator(".errornote").inner_text()
    log_in(page, address)
    assert "Try again in 15 minutes" in page.locator(".errornote").inner_text()
    log_in(page, address, "other")
    assert page.url.endswith("/admin/")


def test_single_sign_on_is_one_click(page, provided, ada):  # noqa: F811
    Provider.claims = {"email": "ada@example.org", "email_verified": True}
    page.goto(f"{provided}/admin/review/")
    page.get_by_role("link", name="Log in with single sign-on").click()
    assert page.url.endswith("/admin/review/")
