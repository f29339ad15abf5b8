"""The ledger: each call has a row before it is sent, so the budget is a hard stop for all workers.

Rows are written outside the caller's transaction, so a rollback of the work does not hide what it
spent.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q, Sum

from insights.models import ApiCall, ApiCallState
from insights.openai import clock
from insights.openai.errors import OverBudget
from insights.openai.prices import price_of

T = TypeVar("T")

LOCK = 0x1D6ED6E7  # an arbitrary number, the budget's


@dataclass(frozen=True, slots=True)
class Estimate:
    """The most that a call can use."""

    purpose: str
    model: str
    prompt_tokens: int
    completion_tokens: int = 0
    cost_usd: Decimal | None = None  # known without counting tokens: training, batches


@dataclass(frozen=True, slots=True)
class Spent:
    tokens: int
    usd: Decimal


def independently(work: Callable[[], T]) -> T:
    """Run and commit on a connection of its own when the caller has a transaction open."""
    if not connection.in_atomic_block:
        return work()

    def and_close() -> T:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as other:
        return other.submit(and_close).result()


def spent_today() -> Spent:
    """Return the spending of answered and current calls since midnight UTC."""
    day = _day_start()
    total = ApiCall.objects.filter(created_at__gte=day).aggregate(
        prompt=Sum("prompt_tokens"), completion=Sum("completion_tokens"), usd=Sum("cost_usd")
    )
    return Spent(
        tokens=(total["prompt"] or 0) + (total["completion"] or 0),
        usd=total["usd"] or Decimal(0),
    )


@dataclass(frozen=True, slots=True)
class ModelSpending:
    """Spending on one model. `usd` is None when no call has a known price."""

    model: str
    calls: int
    tokens: int
    usd: Decimal | None
    unpriced: int


def spent_by_model(days: int) -> list[ModelSpending]:
    """Return the spending by model in the last days, the highest first."""
    since = clock.utc_now() - timedelta(days=days)
    used = Q(prompt_tokens__gt=0) | Q(completion_tokens__gt=0) | Q(cost_usd__gt=0)
    rows = (
        ApiCall.objects.filter(used, created_at__gte=since)
        .order_by()
        .values("model")
        .annotate(
            calls=Count("pk"),
            tokens=Sum("prompt_tokens") + Sum("completion_tokens"),
            usd=Sum("cost_usd"),
            unpriced=Count("pk", filter=Q(cost_usd__isnull=True)),
        )
    )
    found = [ModelSpending(**row) for row in rows]
    return sorted(found, key=lambda one: (-(one.usd or 0), -one.tokens, one.model))


def reserve(estimate: Estimate) -> ApiCall:
    """Insert the call's row, with the estimate as its cost until it is settled.

    Raises OverBudget, and then there is no row.
    """
    return independently(lambda: _reserve(estimate))


def settle(call: ApiCall) -> None:
    """Write the call's outcome."""
    names = ["state", "attempts", "prompt_tokens", "completion_tokens", "cost_usd"]
    names += ["request_id", "latency_ms", "status_code", "error"]
    independently(lambda: call.save(update_fields=names))


@transaction.atomic
def _reserve(estimate: Estimate) -> ApiCall:
    with connection.cursor() as cursor:
        # One process at a time from reading the sum to adding to it.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    usd = cost(estimate)
    _require_budget(usd or Decimal(0), estimate.prompt_tokens + estimate.completion_tokens)
    return ApiCall.objects.create(
        created_at=clock.utc_now(),
        purpose=estimate.purpose,
        model=estimate.model[:255],
        prompt_tokens=estimate.prompt_tokens,
        completion_tokens=estimate.completion_tokens,
        cost_usd=usd,
        state=ApiCallState.SENT,
    )


def cost(estimate: Estimate) -> Decimal | None:
    if estimate.cost_usd is not None:
        return estimate.cost_usd
    price = price_of(estimate.model)
    return price.of(estimate.prompt_tokens, estimate.completion_tokens) if price else None


def _require_budget(usd: Decimal, tokens: int) -> None:
    if not usd and not tokens:
        return
    spent = spent_today()
    tomorrow = clock.in_words((_day_start() + timedelta(days=1)).timestamp())
    if usd and spent.usd + usd > settings.OPENAI_DAILY_USD:
        raise OverBudget(
            f"The day's budget is {settings.OPENAI_DAILY_USD} USD: {spent.usd:.4f} are spent or "
            f"under way, and this needs up to {usd:.4f} more. Continue from {tomorrow}, or raise "
            "OPENAI_DAILY_USD."
        )
    if tokens and spent.tokens + tokens > settings.OPENAI_DAILY_TOKENS:
        raise OverBudget(
            f"The day's budget is {settings.OPENAI_DAILY_TOKENS} tokens: {spent.tokens} are spent "
            f"or under way, and this needs up to {tokens} more. Continue from {tomorrow}, or raise "
            "OPENAI_DAILY_TOKENS."
        )


def _day_start() -> datetime:
    now = clock.utc_now()
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
