"""Spending at a provider: today, in thirty days, by model, and the rest of the day's budget."""

from decimal import Decimal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from insights.admin.kit.charts import Panel
from insights.openai import ledger
from insights.openai.prices import LIST_CHECKED, LIST_SOURCE

DAYS = 30


def spending_panels(request: HttpRequest) -> list[Panel]:
    """Return no panel without a key; past spending stays in the ledger."""
    if not settings.OPENAI_API_KEY or not request.user.has_perm("insights.view_apicall"):
        return []
    models = ledger.spent_by_model(DAYS)
    today = ledger.spent_today()
    left = max(Decimal(0), settings.OPENAI_DAILY_USD - today.usd)
    tokens_left = max(0, settings.OPENAI_DAILY_TOKENS - today.tokens)
    unpriced = sum(one.unpriced for one in models)
    return [
        Panel(
            title="Spending on models",
            figures=[
                ("USD today", f"{today.usd:.2f}"),
                ("USD left today", f"{left:.2f}"),
                ("tokens left today", f"{tokens_left:,}"),
                (f"USD in {DAYS} days", f"{sum(one.usd or Decimal(0) for one in models):.2f}"),
            ],
            sentences=[
                *_unknown(unpriced),
                "Days in UTC. Prices: OPENAI_PRICES"
                + ("." if settings.OPENAI_BASE_URL else f", else {LIST_SOURCE}, {LIST_CHECKED}."),
            ],
            rows_are=f"Model, {DAYS} days",
            columns=["calls", "tokens", "USD"],
            table=[
                (one.model or "–", [f"{one.calls:,}", f"{one.tokens:,}", _usd(one)])
                for one in models
            ],
            links=[("The ledger", reverse("admin:insights_apicall_changelist"))],
        )
    ]


def _unknown(calls: int) -> list[str]:
    if not calls:
        return []
    says = (
        f"⚠ Calls of unknown cost: {calls:,}. Their model is in no price list; name it in "
        "OPENAI_PRICES. Until then only the budget of tokens holds it."
    )
    return [says]


def _usd(one: ledger.ModelSpending) -> str:
    if one.usd is None:
        return "unknown"
    return f"{one.usd:.4f}" + (" + unknown" if one.unpriced else "")
