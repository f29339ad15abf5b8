"""The pages of hosted models: job, loss curve, shutdown, replacement, side by side, spending."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from dedup_project.env import Secret
from finetuning.lifecycle import polling, start
from finetuning.models import DeduplicationModel, HostedJob
from insights.admin.kit.charts import Curves
from insights.models import ApiCall
from insights.openai import ledger
from insights.openai.prices import price_of
from tests.admin.conftest import fill  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
SIDE_BY_SIDE = "admin:finetuning_deduplicationmodel_side_by_side"


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


def test_the_job_has_its_curve_checkpoints_costs_and_events(trained, as_administrator):
    model = trained()
    job = HostedJob.objects.get()
    page = text(as_administrator.get(job_page(model)))

    assert page.count("<polyline") == 2
    assert '<th scope="row">5</th>' in page, "the table behind the chart"
    assert f"{job.cost_usd:.2f} USD; estimate: {job.estimated_usd:.2f} USD" in page
    assert all(one["name"] in page for one in job.checkpoints)
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
    ask = reverse("admin:finetuning_deduplicationmodel_side_by_side_ask")
    assert as_viewer.post(ask).status_code == 403


def test_versions_side_by_side_cost_nothing_to_look_at(trained, as_administrator, standin):
    polling.wait(start.start_fine_tuning(backend="local"))
    trained("zero_shot")
    trained()
    asked = standin.count("POST /chat")
    page = text(as_administrator.get(reverse(SIDE_BY_SIDE)))

    assert standin.count("POST /chat") == asked
    for name in ("version 1 (local)", "version 2 (OpenAI, prompt only)", "version 3 (OpenAI)"):
        assert f">{name}</a></th>" in page
    assert page.count("<polyline") == 3
    only = DeduplicationModel.objects.get(version=2)
    assert (
        text(as_administrator.get(reverse(SIDE_BY_SIDE), {"model": only.pk})).count("<polyline")
        == 1
    )


def test_answers_that_are_kept_need_no_key_any_more(trained, as_administrator, settings):
    trained("zero_shot")
    settings.OPENAI_API_KEY = Secret("")
    page = text(as_administrator.get(reverse(SIDE_BY_SIDE)))
    assert page.count("<polyline") == 1
    assert "No OpenAI key is set" not in page


def test_what_was_not_asked_is_asked_by_a_button(trained, as_administrator, standin):
    from insights.models import ApiAnswer

    trained("zero_shot")
    ApiAnswer.objects.all().delete()
    asked = standin.count("POST /chat")
    page = text(as_administrator.get(reverse(SIDE_BY_SIDE)))
    (missing,) = re.findall(r"Ask about (\d+) pairs", page)
    assert standin.count("POST /chat") == asked

    url = reverse("admin:finetuning_deduplicationmodel_side_by_side_ask")
    model = DeduplicationModel.objects.get()
    assert "Ask about" not in text(as_administrator.post(url, {"model": model.pk}))
    assert standin.count("POST /chat") == asked + int(missing)


def test_without_a_version_there_is_nothing_to_compare(as_administrator):
    assert "No version has been trained yet" in text(as_administrator.get(reverse(SIDE_BY_SIDE)))


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


def test_a_curve_of_any_size_fits_its_chart():
    chart = Curves("Loss", "step", "loss", [("training", [(0, 4.0), (400, 0.5)])])
    assert chart.paths == ["44.0,0.0 564.0,157.5"]
    assert [tick.label for tick in chart.y_ticks] == ["0", "1", "2", "3", "4"]
    assert [tick.label for tick in chart.x_ticks] == ["0", "100", "200", "300", "400"]
    assert chart.rows == [("0", ["4"]), ("400", ["0.5"])]
    assert Curves("Loss", "step", "loss", []).y_ticks


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
