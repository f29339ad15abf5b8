"""Transient provider errors are recorded and retried at the next poll; they never fail a model.

An unusable answer may be a proxy's page, so only the third in a row fails the version.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from finetuning.errors import FineTuningError
from finetuning.models import DeduplicationModel, HostedJob
from finetuning.transitions import record
from insights.openai import MalformedAnswer, Unavailable
from insights.openai.errors import OverBudget

UNUSABLE_LOOKS = 3


@contextmanager
def recorded_for_retry(model: DeduplicationModel, job: HostedJob) -> Iterator[None]:
    """Handle Unavailable, MalformedAnswer and OverBudget; record each new error as one event."""
    try:
        yield
    except (Unavailable, MalformedAnswer, OverBudget) as error:
        job.unusable = job.unusable + 1 if isinstance(error, MalformedAnswer) else 0
        if job.unusable == UNUSABLE_LOOKS:
            raise FineTuningError(
                f"The provider's answer was unusable {UNUSABLE_LOOKS} times in a row: {error}"
            ) from None
        said = f"{error} It will be tried again."
        if type(error).__name__ != job.trouble.partition(":")[0]:
            record(model, said, level="warning")
        job.trouble = f"{type(error).__name__}: {said}"
        job.save(update_fields=["trouble", "unusable"])
    else:
        if job.trouble:
            job.trouble, job.unusable = "", 0
            job.save(update_fields=["trouble", "unusable"])
