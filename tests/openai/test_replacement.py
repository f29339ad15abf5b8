"""Shutdown dates of hosted versions, and a replacement: the same decisions, another backend."""

from datetime import date

import pytest
from django.core.management import call_command

from finetuning.backends.openai import shutdown
from finetuning.errors import NotPossible
from finetuning.lifecycle import polling
from finetuning.lifecycle.start import train_replacement
from finetuning.models import DeduplicationModel, HostedJob
from tests.openai.standin import faults

pytestmark = pytest.mark.django_db


def test_a_replacement_has_the_very_same_decisions(trained, standin):
    hosted = trained()
    standin.script(".", *[faults.error(403, "Fine-tuning is over.")] * 50)

    local = polling.wait(train_replacement(hosted))

    assert (local.status, local.backend) == ("succeeded", "local")
    assert local.training_file_id == hosted.training_file_id
    assert local.metrics["n_positive"] == hosted.metrics["n_positive"]
    assert "replacement of version 1 (OpenAI)" in local.events.earliest("pk").message


def test_no_replacement_for_what_was_trained_elsewhere():
    with pytest.raises(NotPossible, match="trained elsewhere"):
        train_replacement(DeduplicationModel(version=1, backend="openai"))


def test_the_models_on_offer_are_listed(standin, provider, capsys):
    call_command("hosted_models")
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == sorted(provider.models)


def test_shutdown_dates_are_watched_and_warned_of_months_ahead(trained, provider, capsys):
    model = trained()
    assert shutdown.warnings(date(2026, 3, 1)) == []
    (warning,) = shutdown.warnings(date(2026, 11, 18))
    assert "2027-01-14" in warning
    assert "fine_tune --replace 1" in warning

    provider.models = dict.fromkeys(provider.models)
    assert len(shutdown.watch()) == 1
    assert shutdown.warnings(date(2026, 11, 18)) == []
    provider.models[model.fine_tuned_model_id] = "2027-06-30"
    assert [one.shutdown_date for one in shutdown.watch()] == [date(2027, 6, 30)]
    assert shutdown.watch() == []
    assert model.events.filter(message__contains="2027-06-30").count() == 1
    call_command("hosted_models")
    assert "2027-06-30" in capsys.readouterr().out


def test_a_date_that_is_none_and_openais_own_announcement(trained, provider, settings):
    model = trained()
    provider.models = dict.fromkeys(provider.models, "soon")
    shutdown.watch()
    assert HostedJob.objects.get().shutdown_date is None
    settings.OPENAI_BASE_URL = ""
    for name in (model.base_model, model.fine_tuned_model_id, "gpt-4.1", "gpt-4o-2024-08-06"):
        assert shutdown.shutdown_date(name, {}) == date(2027, 1, 14)
    for name in ("gpt-4.1-nano", "gpt-5-mini", "gpt-4o-transcribe"):
        assert shutdown.shutdown_date(name, {}) is None


def test_without_hosted_models_nobody_is_asked(standin):
    assert shutdown.watch() == []
    assert standin.calls == []
