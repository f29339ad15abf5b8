"""Copies of the provider's record of a job: events, loss curve, results, checkpoints."""

import csv
import math
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from finetuning.backends.openai import requests
from finetuning.models import DeduplicationModel, HostedJob, ModelEvent
from insights.openai import Client
from insights.types import JSONObject

LEVELS = {"info": "info", "warn": "warning", "error": "error"}


def take_events(openai: Client, model: DeduplicationModel, job: HostedJob) -> None:
    """Store new events of the job as events of the model, in order, each once."""
    new: list[dict[str, Any]] = []
    for event in requests.optional(requests.events(openai, model.fine_tune_job_id)):
        if event["id"] == job.last_event_id:
            break
        new.append(event)
    if not new:
        return
    new.reverse()
    points = [point for event in new if (point := _point(event.get("data")))]
    ModelEvent.objects.bulk_create(
        ModelEvent(
            model=model,
            created_at=_moment(event.get("created_at")),
            level=LEVELS.get(str(event.get("level")), "info"),
            message=str(event.get("message") or "")[:2000],
            data=_point(event.get("data")) or {},
        )
        for event in new
    )
    job.last_event_id = str(new[-1]["id"])[:128]
    job.curve = merged(job.curve, points)
    job.save(update_fields=["last_event_id", "curve"])


def take_results(
    openai: Client, model: DeduplicationModel, job: HostedJob, said: JSONObject
) -> None:
    """Store the result file and the checkpoints of a job that has succeeded."""
    for file_id in said.get("result_files") or []:
        job.results = requests.result_csv(openai, str(file_id))
        job.curve = merged(job.curve, curve_of(job.results))
    job.checkpoints = [
        {
            "name": str(one.get("fine_tuned_model_checkpoint") or ""),
            "step": one.get("step_number"),
            "metrics": _point(one.get("metrics")) or {},
        }
        for one in requests.optional(requests.checkpoints(openai, model.fine_tune_job_id))
    ][::-1]
    job.save(update_fields=["results", "curve", "checkpoints"])


def curve_of(results: str) -> list[dict[str, float]]:
    """Return the rows of a result file, without empty cells and cells that are not numbers."""
    return [point for row in csv.DictReader(StringIO(results)) if (point := _point(row))]


def merged(curve: list[dict[str, float]], points: list[dict[str, float]]) -> list[dict[str, float]]:
    by_step = {point["step"]: point for point in curve}
    for point in points:
        by_step[point["step"]] = {**by_step.get(point["step"], {}), **point}
    return [by_step[step] for step in sorted(by_step)]


def _point(data: object) -> dict[str, float] | None:
    """Return the numbers of an event, a checkpoint or a row; None without a step."""
    if not isinstance(data, dict):
        return None
    point: dict[str, float] = {}
    for name, value in data.items():
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue
        if math.isfinite(number):
            point[str(name)] = number
    return point if "step" in point else None


def _moment(timestamp: Any) -> datetime:
    return datetime.fromtimestamp(timestamp if isinstance(timestamp, int) else 0, UTC)
