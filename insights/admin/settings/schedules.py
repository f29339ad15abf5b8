"""Schedules: one plain sentence per regular task, to change and to start at once."""

import calendar
import re
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from insights.admin.review.base import allowed
from insights.admin.settings.page import render
from insights.jobs.enqueue import enqueue
from insights.types import JSONObject

# What a person may want to move. Anything else keeps the system going and is folded away.
WORK = {
    "finetuning.tasks.retrain": "Trains a new version, and activates it only if it is better.",
    "insights.tasks.cluster_new": "Proposes clusters around new insights. Also runs after uploads.",
    "insights.tasks.cluster_all": "Compares all insights again.",
    "finetuning.tasks.draw_learning_curve": "Measures what more decisions would bring.",
    "insights.tasks.draw_audit": "Draws automatic merges for the blind audit.",
    "insights.tasks.weekly_digest": "Sends the week in numbers to whoever chose it.",
    "insights.tasks.draw_map": "Draws the map of insights again.",
    "insights.tasks.prune": "Deletes old deliveries, and sources removed 30 days ago.",
}
OURS = r"^(insights|finetuning)\.tasks\.[a-z_]+$"
HEARTBEAT = "insights.tasks.heartbeat"
UNITS = {"minutes": 60, "hours": 3600, "days": 86400}
DAYS = [("*", "every day"), *((str((n + 1) % 7), f"{calendar.day_name[n]}s") for n in range(7))]


class WhenForm(forms.Form):
    """A schedule: either an interval, or a time of the day (UTC)."""

    kind = forms.ChoiceField(choices=[("every", "every"), ("at", "at")])
    number = forms.IntegerField(min_value=1, max_value=366, required=False)
    unit = forms.ChoiceField(choices=[(name, name) for name in UNITS], required=False)
    time = forms.TimeField(required=False)
    day = forms.ChoiceField(choices=DAYS, required=False)

    def clean(self) -> JSONObject:
        given = super().clean() or {}
        needed = "number" if given.get("kind") == "every" else "time"
        if not self.errors and given.get(needed) is None:
            raise forms.ValidationError(
                "Enter an interval, such as every 2 hours."
                if needed == "number"
                else "Enter a time, such as 03:00."
            )
        return given

    def store(self, task: PeriodicTask) -> None:
        given = self.cleaned_data
        task.interval = task.crontab = None
        if given["kind"] == "every":
            task.interval, _ = IntervalSchedule.objects.get_or_create(
                every=given["number"] * UNITS[given["unit"] or "hours"],
                period=IntervalSchedule.SECONDS,
            )
        else:
            task.crontab = CrontabSchedule.objects.filter(**_crontab(given)).first()
            task.crontab = task.crontab or CrontabSchedule.objects.create(**_crontab(given))
        task.save()


@allowed("django_celery_beat.view_periodictask", "GET")
def schedules(request: HttpRequest) -> HttpResponse:
    return _list(request)


@allowed("django_celery_beat.change_periodictask", "POST")
def change_schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """Set when it runs, or switch it off and on."""
    task = get_object_or_404(PeriodicTask, pk=pk)
    if "enabled" in request.POST:
        task.enabled = request.POST["enabled"] == "on"
        task.save()
        messages.success(request, f"“{task.name}” is {'on' if task.enabled else 'off'}.")
        return redirect("admin:schedules")
    form = WhenForm(request.POST)
    if not form.is_valid():
        return _list(request, refused=task.pk, errors=form.errors, status=400)
    form.store(task)
    messages.success(request, f"{task.name}: {sentence(task)}.")
    return redirect("admin:schedules")


@allowed("django_celery_beat.change_periodictask", "POST")
def run_now(request: HttpRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(PeriodicTask, pk=pk, task__regex=OURS)
    if enqueue(task.task):
        messages.success(request, f"“{task.name}” starts as soon as a worker is free.")
    else:
        messages.error(request, "No worker can be reached. See Health for what is down.")
    return redirect("admin:schedules")


def sentence(task: PeriodicTask) -> str:
    """Return when it runs, in words: "Every 10 minutes", "Mondays 03:00 UTC"."""
    if task.interval is not None:
        number, unit = _readable(task.interval)
        return f"Every {unit[:-1]}" if number == 1 else f"Every {number} {unit}"
    cron = task.crontab
    if cron is None or not cron.minute.isdigit() or cron.day_of_month + cron.month_of_year != "**":
        return f"At {task.crontab or task.clocked or task.solar}"
    if cron.hour == "*" and cron.day_of_week == "*":
        return f"Every hour, {int(cron.minute)} minutes past"
    if not _time(cron) or cron.day_of_week not in dict(DAYS):
        return f"At {cron}"
    day = dict(DAYS)[cron.day_of_week]
    return f"{'Daily' if day == 'every day' else day} {_time(cron)} UTC"


def _time(cron: CrontabSchedule | None) -> str:
    if cron is None or not (cron.hour.isdigit() and cron.minute.isdigit()):
        return ""
    return f"{int(cron.hour):02}:{int(cron.minute):02}"


def _crontab(given: JSONObject) -> dict[str, str]:
    return {
        "minute": str(given["time"].minute),
        "hour": str(given["time"].hour),
        "day_of_week": given["day"] or "*",
        "day_of_month": "*",
        "month_of_year": "*",
        "timezone": "UTC",
    }


def _readable(interval: IntervalSchedule) -> tuple[int, str]:
    length = timedelta(**{interval.period: interval.every}).total_seconds()
    for unit, seconds in reversed(UNITS.items()):
        if length >= seconds and length % seconds == 0:
            return int(length // seconds), unit
    return int(length), "seconds"


def _list(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    order = list(WORK)
    rows = [
        {
            "task": task,
            "when": sentence(task),
            "text": WORK.get(task.task, ""),
            "every": _readable(task.interval) if task.interval else None,
            "time": _time(task.crontab),
            "can_run": bool(re.match(OURS, task.task)),
        }
        for task in PeriodicTask.objects.exclude(task__in=[HEARTBEAT, "celery.backend_cleanup"])
        .select_related("interval", "crontab", "clocked", "solar")
        .order_by("name")
    ]
    return render(
        request,
        "schedules.html",
        title="Schedules",
        status=status,
        rows=sorted((r for r in rows if r["text"]), key=lambda r: order.index(r["task"].task)),
        others=[row for row in rows if not row["text"]],
        units=list(UNITS),
        days=DAYS,
        can_change=request.user.has_perm("django_celery_beat.change_periodictask"),
        **context,
    )
