"""kill -9 between "job created" and "row saved": one job, one row (T10)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from finetuning.backends.openai import trainer
from finetuning.lifecycle import polling
from finetuning.models import DeduplicationModel, HostedJob
from tests.openai.conftest import KEY

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

KILLED = """
import os, signal, django
django.setup()
from finetuning.lifecycle import start
from finetuning.backends.openai import {module}
{module}.{name} = lambda *args, **kwargs: os.kill(os.getpid(), signal.SIGKILL)
start.enqueue = lambda *args: True
start.start_fine_tuning(backend="openai")
"""


@pytest.mark.parametrize(
    ("place", "jobs"),
    [("trainer.HostedBackend._adopt", 1), ("requests.create_job", 0), ("requests.upload", 0)],
)
def test_killed_while_it_starts_there_is_one_job_and_one_row_in_the_end(
    standin, provider, decisions, turned, place, jobs
):
    module, _, name = place.partition(".")
    environment = {
        **os.environ,
        "EMBEDDED_DATABASE": connection.settings_dict["NAME"],
        "INSIGHT_DEDUP_VAR": str(django_settings.VAR),
        "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": standin.url,
    }
    code = KILLED.format(module=module, name=name)
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (DeduplicationModel.objects.count(), len(provider.jobs)) == (1, jobs)
    (model,) = DeduplicationModel.objects.all()
    assert (model.status, model.fine_tune_job_id) == ("validating_files", "")
    # The child wrote the real time; this process goes by the test's.
    asked = HostedJob.objects.get().create_asked_at
    turned.time = asked.timestamp() + 10 if asked else turned.time

    for _ in range(20):
        turned.time += 11
        if not jobs and asked:
            turned.time += trainer.LOST_FOR.total_seconds()
        model = polling.advance(model.pk)
        if model.status == "succeeded":
            break

    assert model.status == "succeeded", (model.status, model.error)
    assert DeduplicationModel.objects.count() == len(provider.jobs) == 1
    assert model.fine_tune_job_id in provider.jobs
    assert len([f for f in provider.files.values() if f["purpose"] == "fine-tune"]) == 2
