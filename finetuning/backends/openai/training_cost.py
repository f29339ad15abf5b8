"""The cost of a training: estimated and reserved in the day's budget, recorded afterwards."""

from decimal import Decimal

from finetuning.models import HostedJob
from insights.models import ApiCall, ApiCallState
from insights.openai import ledger
from insights.openai.prices import MILLION, price_of

PURPOSE = "training"


def estimate(base_model: str, tokens: int) -> Decimal | None:
    """Return US dollars; None if the model has no known training price."""
    price = price_of(base_model)
    return price.training * tokens / MILLION if price and price.training else None


def reserve(job: HostedJob, base_model: str, tokens: int) -> None:
    """Reserve the training cost, once per job. Raises OverBudget."""
    if job.training_call:
        return
    job.estimated_usd = estimate(base_model, tokens)
    call = ledger.reserve(ledger.Estimate(PURPOSE, base_model, tokens, cost_usd=job.estimated_usd))
    job.training_call = call.pk
    job.save(update_fields=["estimated_usd", "training_call"])


def settle(job: HostedJob, trained_tokens: object) -> None:
    """Return the cost by the provider's count; None without one, so the estimate remains."""
    if job.training_call is None:
        return
    call = ApiCall.objects.filter(pk=job.training_call, state=ApiCallState.SENT).first()
    if call is None:
        return
    call.state = ApiCallState.ANSWERED
    if isinstance(trained_tokens, int):
        call.prompt_tokens = trained_tokens
        call.cost_usd = estimate(call.model, trained_tokens)
        job.trained_tokens, job.cost_usd = trained_tokens, call.cost_usd
        job.save(update_fields=["trained_tokens", "cost_usd"])
    ledger.settle(call)
