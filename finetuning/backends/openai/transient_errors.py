"""Transient provider errors are recorded and retried at the next poll; they never fail a model."""

from collections.abc import Iterator
from contextlib import contextmanager

from finetuning.models import DeduplicationModel, HostedJob
from finetuning.transitions import record
from insights.openai import MalformedAnswer, Unavailable
from insights.openai.errors import OverBudget


@contextmanager
def patience(model: DeduplicationModel, job: HostedJob) -> Iterator[None]:
    """Handle Unavailable, MalformedAnswer and OverBudget; record each new error as one event."""
    try:
        yield
    except (Unavailable, MalformedAnswer, OverBudget) as error:
        said = f"{error} It is tried again."
        if type(error).__name__ != job.trouble.partition(":")[0]:
            record(model, said, level="warning")
        job.trouble = f"{type(error).__name__}: {said}"
        job.save(update_fields=["trouble"])
    else:
        if job.trouble:
            job.trouble = ""
            job.save(update_fields=["trouble"])
