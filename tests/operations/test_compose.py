"""compose.yaml runs what the settings need: each queue, beat, a migration first."""

from pathlib import Path

import yaml
from django.conf import settings

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def test_each_queue_has_a_worker():
    taken = [
        queue
        for service in SERVICES.values()
        for argument in service.get("command", [])
        if argument.startswith("--queues=")
        for queue in argument.removeprefix("--queues=").split(",")
    ]
    assert sorted(taken) == sorted(settings.QUEUES)


def test_nothing_starts_before_the_migration():
    ours = [name for name, service in SERVICES.items() if service.get("image") == "insight-dedup"]
    assert sorted(ours) == ["beat", "migrate", "quick-worker", "web", "worker"]
    for name in set(ours) - {"migrate"}:
        waits = SERVICES[name]["depends_on"]["migrate"]
        assert waits == {"condition": "service_completed_successfully"}


def test_no_secret_has_a_default():
    text = (Path(__file__).parents[2] / "compose.yaml").read_text()
    assert "${SECRET_KEY:?" in text
    assert "${POSTGRES_PASSWORD:?" in text
    assert SERVICES["web"]["environment"]["ENVIRONMENT"] == "production"
