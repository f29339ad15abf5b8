"""The same labels, every backend: replacements, shutdown dates, versions side by side."""

from datetime import date

import pytest
from django.core.management import call_command

from finetuning.backends.openai import shutdown
from finetuning.errors import FineTuningError, NotPossible
from finetuning.evaluation.side_by_side import side_by_side
from finetuning.lifecycle import polling, start
from finetuning.lifecycle.start import train_replacement
from finetuning.models import DeduplicationModel, HostedJob
from tests.openai.standin import faults

pytestmark = pytest.mark.django_db


def test_versions_of_three_backends_on_the_same_decisions(trained, standin):
    polling.wait(start.start_fine_tuning(backend="local"))
    trained("zero_shot")
    trained("openai")
    asked = standin.count("POST /chat")

    found = side_by_side(list(DeduplicationModel.objects.order_by("version")))

    assert [row.model.backend for row in found.rows] == ["local", "zero_shot", "openai"]
    assert all(row.evaluation.count == found.positives + found.negatives for row in found.rows)
    local, prompt, hosted = found.rows
    assert (local.usd_per_1000, local.ms_per_pair > 0) == (0.0, True)
    assert 0 < prompt.usd_per_1000 < hosted.usd_per_1000
    assert standin.count("POST /chat") == asked, "what was asked before is kept"


def test_a_version_that_cannot_answer_does_not_stop_the_others(trained, standin):
    hosted = trained()
    local = polling.wait(start.start_fine_tuning(backend="local"))
    DeduplicationModel.objects.filter(pk=hosted.pk).update(fine_tuned_model_id="ft:gone")
    hosted.refresh_from_db()
    found = side_by_side([hosted, local])
    assert found.rows[0].evaluation is None
    assert "404" in found.rows[0].error
    assert found.rows[1].evaluation is not None


def test_nothing_to_compare():
    with pytest.raises(FineTuningError, match="no version"):
        side_by_side([])


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
