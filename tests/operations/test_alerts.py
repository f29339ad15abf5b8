"""The alert rules: promtool takes them, and each metric that they name exists."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from dedup_project.web.metrics import exposition
from insights.jobs.heartbeats import record_completed
from insights.models import Notice, Webhook, WebhookDelivery

RULES = Path(__file__).resolve().parents[2] / "docs" / "alerts.yml"


def test_promtool_takes_the_rules():
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool, of Debian's prometheus")
    checked = subprocess.run(
        [promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.django_db
def test_each_metric_of_a_rule_is_one_that_the_site_shows():
    record_completed("quick", "heartbeat")
    webhook = Webhook.objects.create(url="https://example.org/", notices=[Notice.JOB_FINISHED])
    WebhookDelivery.objects.create(webhook=webhook, notice=Notice.JOB_FINISHED, data={})
    shown = set(re.findall(r"^(insight_dedup_\w+)", exposition().decode(), re.MULTILINE))
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    named = {
        name for rule in group["rules"] for name in re.findall(r"insight_dedup_\w+", rule["expr"])
    }
    assert len(named) == 5
    assert named <= shown
    assert all(rule["annotations"].keys() == {"summary", "action"} for rule in group["rules"])
