"""Schedules are seeded, and what a person changed is left alone; routes, queues, limits."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from dedup_project import schedules
from dedup_project.celery import app
from dedup_project.management.commands.serve import commands
from insights.jobs.heartbeats import last_completed, record_completed
from insights.models import Heartbeat

pytestmark = pytest.mark.django_db


def test_seeding_twice_writes_once():
    assert schedules.seed()["created"] == PeriodicTask.objects.count() > 5
    assert schedules.seed() == {"created": 0, "updated": 0, "kept": 0}


def test_what_a_person_changed_switched_off_or_added_stays():
    schedules.seed()
    hourly = IntervalSchedule.objects.create(every=1, period="hours")
    PeriodicTask.objects.filter(name="Recover lost jobs").update(interval=hourly)
    PeriodicTask.objects.filter(name="Retrain").update(enabled=False)
    PeriodicTask.objects.create(name="Mine", task="insights.tasks.cluster_all", interval=hourly)

    assert schedules.seed()["kept"] == 2

    assert PeriodicTask.objects.get(name="Recover lost jobs").interval == hourly
    assert not PeriodicTask.objects.get(name="Retrain").enabled
    assert PeriodicTask.objects.filter(name="Mine").exists()


def test_a_new_default_reaches_what_nobody_changed(settings):
    schedules.seed()
    assert PeriodicTask.objects.get(name="Retrain").crontab.day_of_week == "1"
    settings.RETRAIN_EVERY_SECONDS = 90

    assert schedules.seed()["updated"] == 1

    row = PeriodicTask.objects.get(name="Retrain")
    assert (row.crontab, row.interval.every) == (None, 90)


def test_everything_is_in_utc():
    """T22: no daylight saving moves a schedule."""
    schedules.seed()
    assert {str(row.timezone) for row in CrontabSchedule.objects.all()} == {"UTC"}
    assert str(app.timezone) == "UTC"
    for month in (1, 7):
        row = PeriodicTask.objects.get(name="Retrain")
        assert row.crontab.hour == "3", month


def test_every_schedule_names_a_task_and_a_queue_that_exist(settings):
    app.loader.import_default_modules()
    for scheduled in schedules.defaults():
        assert scheduled.task in app.tasks
        assert scheduled.queue in (None, *settings.QUEUES)
    assert set(settings.CELERY_TASK_ROUTES) <= set(app.tasks)
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert routed | {settings.CELERY_TASK_DEFAULT_QUEUE} == set(settings.QUEUES)


def test_every_queue_has_a_worker_when_all_runs_on_one_machine(settings):
    taken = [
        queue
        for command in commands("127.0.0.1:3000").values()
        for argument in command
        if argument.startswith("--queues=")
        for queue in argument.removeprefix("--queues=").split(",")
    ]
    assert sorted(taken) == sorted(settings.QUEUES)


def test_no_task_is_delivered_again_while_it_runs(settings):
    timeout = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert timeout > settings.CELERY_TASK_TIME_LIMIT


def test_tasks_are_acknowledged_after_the_work_and_redelivered_when_a_worker_is_lost():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert list(app.conf.accept_content) == ["json"]


def test_a_heartbeat_counts_completed_work():
    assert last_completed("quick") is None
    record_completed("quick", "insights.tasks.heartbeat")
    record_completed("quick", "insights.tasks.sweep_lost")
    row = Heartbeat.objects.get()
    assert (row.completed, row.task) == (2, "insights.tasks.sweep_lost")
    assert last_completed("quick") == row.completed_at


def test_the_command_says_what_it_did(capsys):
    call_command("seed_schedules")
    assert "created, 0 updated, 0 left as people changed them" in capsys.readouterr().out


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("change", ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01"])
def test_a_daily_task_runs_once_a_day_across_the_change_of_the_clocks(zone, change, monkeypatch):
    """T22: whatever zone the server is in, when its clocks are put forward or back."""
    schedules.seed()
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        daily = PeriodicTask.objects.get(name="Delete old data").schedule
        day = datetime.fromisoformat(change).replace(tzinfo=UTC)
        last, runs = day - timedelta(days=1, hours=12), []
        for minutes in range(0, 4 * 24 * 60, 15):
            now = day - timedelta(days=1) + timedelta(minutes=minutes)
            monkeypatch.setattr(daily, "nowfun", lambda now=now: now)
            if daily.is_due(last).is_due:
                runs.append(now)
                last = now
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [run - run.replace(hour=0, minute=0) for run in runs] == 4 * [
        timedelta(hours=4, minutes=30)
    ]


def test_an_interval_goes_on_after_the_clock_jumped_forward(monkeypatch):
    schedules.seed()
    each_minute = PeriodicTask.objects.get(name="Recover lost jobs").schedule
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(each_minute, "nowfun", lambda: now)
    assert not each_minute.is_due(now - timedelta(seconds=30)).is_due
    assert each_minute.is_due(now - timedelta(days=3)).is_due, "once, not 4,320 times"


def test_the_documentation_tells_of_each(settings):
    table = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    names = {
        re.sub("Heartbeat .*", "Heartbeat of each queue", one.name) for one in schedules.defaults()
    }
    assert [name for name in names if f"| {name} |" not in table] == []
