"""Explain to people why a hosted job has stopped, and what to do next."""

from collections.abc import Mapping
from datetime import date

from django.conf import settings

from finetuning.backends.openai import requests
from finetuning.errors import FineTuningError
from insights.openai import Client, Refused

LOCAL = (
    "Your decisions are all stored here: train on them with the local backend "
    "(`manage.py fine_tune --backend local`)"
)
OTHER_PROVIDER = "or point OPENAI_BASE_URL at another provider of this protocol."

# What OpenAI announced: docs/openai.md, with sources.
LAST_JOBS = date(2027, 1, 6)
SHUTDOWNS = {
    name: date(2027, 1, 14) for name in ("gpt-4o-mini", "gpt-4o", "gpt-4.1", "gpt-4.1-mini")
}

FAILURES = {
    "invalid_training_file": "Export the training data and look at the line that it names.",
    "invalid_n_examples": "Decide more clusters, then train again.",
    "exceeded_quota": "Add credit with the provider, then train again.",
    "insufficient_quota": "Add credit with the provider, then train again.",
    "model_not_available": "Choose another base model: `manage.py hosted_models` lists them.",
    "unsafe_file": "The provider's moderation blocked it; the local backend accepts it unchanged.",
    "server_error": "Train again; the same decisions are used.",
}


def announced_shutdown(name: str) -> date | None:
    """Return the announced shutdown of an OpenAI model, or of the base of a fine-tuned one."""
    if settings.OPENAI_BASE_URL:
        return None
    base = name.removeprefix("ft:").split(":")[0]
    # "gpt-4o-mini-2024-07-18" is "gpt-4o-mini".
    named = [known for known in SHUTDOWNS if base == known or base.startswith(f"{known}-20")]
    return SHUTDOWNS[max(named, key=len)] if named else None


def refused_job(error: Refused, base_model: str) -> str:
    """Explain why the provider will not create the job."""
    if error.status == 403:
        who = (
            "OpenAI is winding fine-tuning down: since 2026 organisations that have not used it "
            f"lately are refused, and from {LAST_JOBS} nobody can create a job. "
            if not settings.OPENAI_BASE_URL
            else ""
        )
        return (
            f"The provider refuses to create fine-tuning jobs for you ({error}) {who}"
            f"{LOCAL}, {OTHER_PROVIDER}"
        )
    if error.status == 404 and "file" in str(error).lower():
        return (
            f"An uploaded file is gone ({error}) Files can expire. Train again: the same "
            "decisions are uploaded again."
        )
    return f"The job was refused. {error} Base model: {base_model}."


def failed_job(error: object) -> str:
    """Explain a job's `error` {code, message, param}."""
    said = error if isinstance(error, dict) else {}
    code, message = said.get("code") or "no code", said.get("message") or "no reason given"
    step = FAILURES.get(str(code), f"Train again, or: {LOCAL}.")
    return f"The provider's training failed ({code}): {message} {step}"


def lost_job(number: str) -> str:
    return f"The provider no longer knows job {number}. {LOCAL}, {OTHER_PROVIDER}"


def require_offered(openai: Client, name: str) -> Mapping[str, str | None]:
    """Return the models on offer. Raises FineTuningError if `name` is not and does not answer."""
    offered = requests.models(openai)
    if offered is None or name in offered:
        return offered or {}
    if settings.OPENAI_BASE_URL and requests.answers_as(openai, name):
        return offered
    some = ", ".join(sorted(offered)[:12]) or "none"
    raise FineTuningError(
        f"Invalid base model “{name}”: the provider does not offer it to you. It offers: {some}"
        f"{' ...' if len(offered) > 12 else ''}."
    )


def trains_nothing(error: Refused) -> FineTuningError:
    return FineTuningError(
        f"This server does not train models. {error} Use it with the prompt alone "
        f"(`manage.py fine_tune --backend zero_shot`). {LOCAL}, {OTHER_PROVIDER}"
    )


def shut_down(name: str, day: date) -> str:
    return f"The base model “{name}” was shut down on {day}. {LOCAL}, or choose another one."
