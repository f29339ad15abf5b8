"""compose.yaml runs what the settings need: each queue, beat, a migration first."""

import json
import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DOCKERFILE_CMD = json.loads(DOCKERFILE.split("\nCMD ")[1])
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


def ours():
    return {name: each for name, each in SERVICES.items() if each.get("image") == "insight-dedup"}


def test_every_command_can_be_run():
    """Without a container engine: the programs exist and know their arguments."""
    from celery.bin.celery import celery
    from django.core.management import get_commands
    from gunicorn.config import Config

    for service in ours().values():
        match service.get("command", DOCKERFILE_CMD):
            case ["celery", "--app=dedup_project", name, *options]:
                known = {o for p in celery.commands[name].params for o in p.opts}
                assert {option.split("=")[0] for option in options} <= known
            case ["sh", "-c", script]:
                for command in script.split(" && "):
                    python, manage, name = command.split()
                    assert (python, manage) == ("python", "manage.py")
                    assert name in get_commands()
            case ["gunicorn", application, *options]:
                assert Config().parser().parse_args([application, *options]).bind
            case other:
                pytest.fail(f"unknown: {other}")


def test_who_waits_for_health_waits_for_somebody_who_tells_it():
    for service in SERVICES.values():
        for name, waits in service.get("depends_on", {}).items():
            assert name in SERVICES
            if waits["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name]
    used = {mount.split(":")[0] for each in SERVICES.values() for mount in each.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_the_image_runs_as_nobody_special_and_holds_no_secret():
    lines = DOCKERFILE.splitlines()
    assert lines.index("USER app") < next(n for n, s in enumerate(lines) if s.startswith("CMD"))
    assert "collectstatic --noinput" in DOCKERFILE
    assert not re.search(r"^(ENV|ARG)\b.*(SECRET|PASSWORD|KEY)", DOCKERFILE, re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", "var"} <= {name.strip("/") for name in ignored}
    for copied in re.findall(
        r"^COPY (?!--from)(?:--chown=\S+ )?(.+) \S+$", DOCKERFILE, re.MULTILINE
    ):
        assert all((ROOT / name).exists() for name in copied.split())


def test_every_variable_of_compose_is_one_that_settings_know():
    known = (ROOT / ".env.example").read_text()
    for name in SERVICES["web"]["environment"]:
        assert re.search(rf"^#? ?{name}=", known, re.MULTILINE), name
