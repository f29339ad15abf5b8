"""Odd addresses and parameters of every list and filter of the admin: never a 500."""

import pytest
from django.contrib import admin
from django.test import Client

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    # Django's own date filter takes a date without a zone.
    pytest.mark.filterwarnings("ignore:DateTimeField .* received a naive datetime"),
]

ODD = ["%00", "%ED%A0%80", "99999999999999999999", "0001-01-01"]
IDS = ["1", "%00", "99999999999999999999", "%ED%A0%80"]


@pytest.fixture
def browser(admin_user):
    client = Client(raise_request_exception=True)
    client.force_login(admin_user)
    return client


def registered():
    return [(model, found) for model, found in admin.site._registry.items()]


def name_of(one):
    return one[0]._meta.label


def status_of(browser, address):
    try:
        return browser.get(address).status_code
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]


def bad(browser, addresses):
    found = {one[:200]: status_of(browser, one) for one in addresses}
    return {one: status for one, status in found.items()
            if isinstance(status, str) or status >= 500}  # fmt: skip


@pytest.mark.parametrize("registration", registered(), ids=name_of)
def test_odd_parameters_of_a_list(browser, registration, rf, admin_user):
    model, page = registration
    list_url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    request = rf.get(list_url)
    request.user = admin_user
    names = ["p", "q", "o", "_to_field", "odd", "pk__in", "id__isnull"]
    for spec in page.get_changelist_instance(request).filter_specs:
        names += spec.expected_parameters()
    asked = [f"{list_url}?{name}={value}" for name in names for value in ODD]
    assert not bad(browser, asked)


@pytest.mark.parametrize("registration", registered(), ids=name_of)
def test_odd_ids(browser, registration):
    model, _ = registration
    list_url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    ends = ["", "change/", "history/"]
    asked = [f"{list_url}{pk}/{end}" for pk in IDS for end in ends]
    kinds = [f"/admin/r/{kind}/{pk}/" for kind in (1, 2, 10**9) for pk in IDS]
    assert not bad(browser, asked + kinds)


def test_odd_parameters_of_every_other_page(browser):
    from django.urls import get_resolver

    pages = set()

    def walk(patterns, prefix):
        for one in patterns:
            route = prefix + str(one.pattern)
            if hasattr(one, "url_patterns"):
                walk(one.url_patterns, route)
            elif "<" not in route and "(" not in route and "^" not in route:
                pages.add("/" + route)

    walk(get_resolver().url_patterns, "")
    pages = {one for one in pages if one.startswith("/admin/") and "logout" not in one}
    assert len(pages) > 30
    names = ["q", "page", "p", "days", "next", "since"]
    values = ["%00", "%ED%A0%80", "99999999999999999999"]
    assert not bad(browser, [f"{page}?{n}={v}" for page in pages for n in names for v in values])
