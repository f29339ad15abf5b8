"""Shutdown dates of hosted models: checked hourly, shown, and warned of half a year ahead."""

from collections.abc import Mapping
from datetime import date, timedelta

from finetuning.backends.openai import explain, requests
from finetuning.models import DeduplicationModel, HostedJob, ModelStatus
from finetuning.transitions import record
from insights.openai import client

WARN_DAYS = 180


def shutdown_date(name: str, offered: Mapping[str, str | None]) -> date | None:
    """Return the earliest date known for the model, its base model, or by announcement."""
    base = name.removeprefix("ft:").split(":")[0]
    days = [_day(offered.get(one)) for one in (name, base)] + [explain.announced_shutdown(name)]
    return min((day for day in days if day), default=None)


def watch(offered: Mapping[str, str | None] | None = None) -> list[HostedJob]:
    """Update the shutdown dates of all hosted models; return the jobs whose date changed.

    Asks the provider unless `offered` is given. Raises ProviderError.
    """
    models = DeduplicationModel.objects.hosted().filter(status=ModelStatus.SUCCEEDED)
    if not models:
        return []
    offered = (requests.models(client()) or {}) if offered is None else offered
    changed = []
    for model in models:
        job, _ = HostedJob.objects.get_or_create(model=model)
        day = shutdown_date(model.fine_tuned_model_id, offered)
        if day == job.shutdown_date:
            continue
        job.shutdown_date = day
        job.save(update_fields=["shutdown_date"])
        said = message(model, day) if day else "The provider no longer announces a shutdown."
        record(model, said, level="warning" if day else "info")
        changed.append(job)
    return changed


def warnings(today: date) -> list[str]:
    """Return one sentence per usable hosted model that ends within half a year, soonest first."""
    jobs = HostedJob.objects.filter(
        model__status=ModelStatus.SUCCEEDED, shutdown_date__lte=today + timedelta(days=WARN_DAYS)
    ).select_related("model")
    return [
        f"{job.model}{' (active)' if job.model.is_active else ''}: "
        f"{message(job.model, job.shutdown_date)}"
        for job in jobs.order_by("shutdown_date", "model__version")
    ]


def message(model: DeduplicationModel, day: date | None) -> str:
    return (
        f"The provider shuts it down on {day}. Train a replacement from the same decisions: "
        f"`manage.py fine_tune --replace {model.version}`."
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except (TypeError, ValueError):
        return None
