"""The pages of hosted models: job, shutdown, replacement, spending."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from finetuning.models import DeduplicationModel, HostedJob
from insights.models import ApiCall
from insights.openai import ledger
from insights.openai.prices import price_of
from tests.admin.conftest import fill  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_administrator(django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("root"))
    return client


@pytest.fixture
def as_viewer(viewer):
    client = Client()
    client.force_login(viewer)
    return client


def text(response):
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def job_page(model):
    return reverse("admin:finetuning_hostedjob_change", args=[model.pk])


def replace_page(model):
    return reverse("admin:finetuning_deduplicationmodel_replace", args=[model.pk])


def test_the_job_has_its_costs_and_events(trained, as_administrator):
    model = trained()
    job = HostedJob.objects.get()
    page = text(as_administrator.get(job_page(model)))

    assert f"{job.cost_usd:.2f} USD; estimate: {job.estimated_usd:.2f} USD" in page
    assert "The job has successfully completed" in page
    assert "style=" not in page
    assert job_page(model) in text(
        as_administrator.get(reverse("admin:finetuning_deduplicationmodel_change", args=[model.pk]))
    )


def test_a_shutdown_is_warned_of_with_a_replacement_one_click_away(trained, as_administrator):
    model = trained()
    page = text(as_administrator.get(job_page(model)))
    assert "shuts version 1 (OpenAI) down on <b>2027-01-14</b>" in page
    assert replace_page(model) in page

    asked = text(as_administrator.post(replace_page(model)))
    assert DeduplicationModel.objects.count() == 1, "the first press only asks"
    assert 'value="local"' in asked
    done = as_administrator.post(replace_page(model), {"backend": "local"})

    new = DeduplicationModel.objects.get(version=2)
    assert done.url == reverse("admin:finetuning_deduplicationmodel_change", args=[new.pk])
    assert new.training_file_id == model.training_file_id
    assert (new.backend, new.created_by.username) == ("local", "root")
    HostedJob.objects.update(shutdown_date=None)
    assert "shuts version" not in text(as_administrator.get(job_page(model)))


def test_without_a_key_only_the_local_trainer_is_offered(trained, as_administrator, settings):
    model = trained()
    settings.OPENAI_API_KEY = ""
    form = text(as_administrator.post(replace_page(model))).rpartition("<form")[2]
    assert "OpenAI" not in form.partition("<select")[2]
    as_administrator.post(replace_page(model), {"backend": "openai"})
    assert DeduplicationModel.objects.count() == 1


def test_who_may_only_look_finds_no_button(trained, as_viewer):
    model = trained()
    assert replace_page(model) not in text(as_viewer.get(job_page(model)))
    assert as_viewer.post(replace_page(model), {"backend": "local"}).status_code == 403
    assert as_viewer.get(replace_page(model)).status_code == 405


def test_the_spending_is_summed_by_model_and_the_unknown_is_said(
    as_administrator, settings, turned
):
    day = 86400
    settings.OPENAI_API_KEY = "sk-planted"
    ledger.reserve(ledger.Estimate("prediction", "gpt-4o-mini", 1_000_000))
    turned.time += 3 * day
    settings.OPENAI_DAILY_USD = 2
    settings.OPENAI_DAILY_TOKENS = 1000
    ledger.reserve(ledger.Estimate("prediction", "some-model", 300))
    ledger.reserve(ledger.Estimate("training", "gpt-4o-mini", 0, cost_usd=1))
    page = text(as_administrator.get(reverse("admin:index")))

    assert "<dt>USD today</dt><dd>1.00</dd>" in page
    assert "<dt>USD left today</dt><dd>1.00</dd>" in page
    assert "<dt>tokens left today</dt><dd>700</dd>" in page
    assert "<dt>USD in 30 days</dt><dd>1.15</dd>" in page
    row = r'<th scope="row">some-model</th><td class="figure">1</td><td class="figure">300</td>'
    assert row + '<td class="figure">unknown</td>' in page
    assert "Calls of unknown cost: 1." in page
    assert "OpenAI's list" in page.replace("&#x27;", "'")
    turned.time += 28 * day
    assert "<dt>USD in 30 days</dt><dd>1.00</dd>" in text(
        as_administrator.get(reverse("admin:index"))
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-4o-mini", "0.15"), ("gpt-4o-mini-2024-07-18", "0.15"), ("gpt-3.5-turbo-0125", "0.50"),
        ("ft:gpt-4o-mini-2024-07-18:org::a1", "0.30"), ("gpt-5-pro", None),
        ("gpt-4o-audio-preview", None), ("some-model", None), ("", None),
    ],
)  # fmt: skip
def test_a_price_is_that_of_the_model_or_unknown(settings, name, expected):
    settings.OPENAI_BASE_URL, settings.OPENAI_PRICES = "", {}
    price = price_of(name)
    assert (price and str(price.input)) == expected
    settings.OPENAI_BASE_URL = "https://models.example.org/v1"
    assert price_of(name) is None, "OpenAI's list is OpenAI's"
    settings.OPENAI_PRICES = {"gpt": "9"}
    assert (price_of(name) is not None) == name.startswith("gpt")


def pages():
    """All pages of the admin that take no argument, and the lists and add forms of all models."""
    found = set()
    for pattern in get_resolver().url_patterns:
        if getattr(pattern, "namespace", None) == "admin":
            names = [one.name for one in pattern.url_patterns if hasattr(one, "name")]
            found |= {name for name in names if name}
            for group in pattern.url_patterns:
                found |= {one.name for one in getattr(group, "url_patterns", []) if one.name}
    for name in sorted(found - {"logout", "jsi18n", "autocomplete"}):
        try:
            yield reverse(f"admin:{name}")
        except NoReverseMatch:
            continue


def test_without_a_key_every_page_works_and_none_mentions_openai(
    as_administrator, fill, settings, make_cluster, make_insight  # noqa: F811
):  # fmt: skip
    """A user chooses OpenAI only with a key, as the trainer of a replacement."""
    assert not settings.OPENAI_API_KEY
    fill(2)
    make_cluster([make_insight("One statement"), make_insight("The same statement")])
    DeduplicationModel.objects.update(backend="local", base_model="local-logistic-v1")
    ApiCall.objects.all().delete()
    urls = [*pages(), "/admin/insights/", "/admin/finetuning/"]
    for model in admin.site._registry:
        meta = model._meta
        row = model._default_manager.first()
        if row is not None:
            url = f"admin:{meta.app_label}_{meta.model_name}_change"
            urls.append(reverse(url, args=[row.pk]))
    assert len(urls) > 60
    opened = 0
    for url in urls:
        response = as_administrator.get(url, follow=True)
        adding = url.endswith("/add/") and response.status_code == 403  # rows nobody types in
        assert response.status_code in (200, 405) or adding, url
        if "text/html" in response["Content-Type"]:
            opened += 1
            body = response.content.decode()
            found = re.search(r".{80}openai.{80}", body, re.IGNORECASE | re.DOTALL)
            assert found is None, (url, found)
    assert opened > 60
