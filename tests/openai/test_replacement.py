"""A replacement of a hosted version: the same decisions, another backend."""

import pytest
from django.core.management import call_command

from finetuning.errors import NotPossible
from finetuning.lifecycle import polling
from finetuning.lifecycle.start import train_replacement
from finetuning.models import DeduplicationModel
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
    assert capsys.readouterr().out.split() == sorted(provider.models)
