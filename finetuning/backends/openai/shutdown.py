"""When the provider ends a model: watched, shown, and warned of months ahead."""

from collections.abc import Mapping
from datetime import date, timedelta

from finetuning.backends.openai import explain, requests
from finetuning.lifecycle.transitions import record
from finetuning.models import DeduplicationModel, HostedJob, ModelStatus
from finetuning.models.deduplication_model import HOSTED
from insights.openai import client

WARN_DAYS = 180


def shutdown_date(name: str, offered: Mapping[str, str | None]) -> date | None:
    """The earliest of what the provider says of the model, of its base, and has announced."""
    base = name.removeprefix("ft:").split(":")[0]
    days = [_day(offered.get(one)) for one in (name, base)] + [explain.announced_shutdown(name)]
    return min((day for day in days if day), default=None)


def watch(offered: Mapping[str, str | None] | None = None) -> list[HostedJob]:
    """Compare all hosted models with what is on offer; those whose date is new or has changed.

    Asks the provider when `offered` is not given. Raises ProviderError.
    """
    models = DeduplicationModel.objects.filter(backend__in=HOSTED, status=ModelStatus.SUCCEEDED)
    if not models:
        return []
    offered = requests.models(client()) if offered is None else offered
    changed = []
    for model in models:
        job, _ = HostedJob.objects.get_or_create(model=model)
        day = shutdown_date(model.fine_tuned_model_id, offered)
        if day == job.shutdown_date:
            continue
        job.shutdown_date = day
        job.save(update_fields=["shutdown_date"])
        record(model, message(day) if day else "No shutdown is announced any more.",
               level="warning" if day else "info")  # fmt: skip
        changed.append(job)
    return changed


def warnings(today: date) -> list[str]:
    """One sentence a hosted model that can be used and ends within half a year, soonest first."""
    jobs = HostedJob.objects.filter(
        model__status=ModelStatus.SUCCEEDED, shutdown_date__lte=today + timedelta(days=WARN_DAYS)
    ).select_related("model")
    return [
        f"{job.model}{' (active)' if job.model.is_active else ''}: {message(job.shutdown_date)}"
        for job in jobs.order_by("shutdown_date", "model__version")
    ]


def message(day: date | None) -> str:
    return (
        f"The provider shuts it down on {day}. Train a replacement from the same decisions: "
        "`manage.py replace_model`."
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except (TypeError, ValueError):
        return None
