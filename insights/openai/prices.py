"""Prices per million tokens in US dollars, so that a call can be priced before it is made.

OPENAI_PRICES overrides OpenAI's list and adds models of other providers. The cost of a model
without a price is unknown, not zero, and shown as such; its tokens count against the budget.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens: in the question, in the answer, in training."""

    input: Decimal
    output: Decimal = Decimal(0)
    training: Decimal = Decimal(0)

    def of(self, prompt_tokens: int, completion_tokens: int = 0) -> Decimal:
        return (self.input * prompt_tokens + self.output * completion_tokens) / MILLION


def _price(figures: str) -> Price:
    return Price(*(Decimal(figure) for figure in figures.split("/")))


# Checked against several quotations of https://openai.com/api/pricing from March to June 2026,
# which agree. They do not cover training of gpt-4.1 and its small versions: those prices are from
# 2025.
LIST_SOURCE = "OpenAI's list, openai.com/api/pricing"
LIST_CHECKED = "June 2026"

# By the model's name without its date; "ft:" are fine-tuned versions. Names are matched whole: the
# price of gpt-5 says nothing about gpt-5-pro.
LIST = {
    name: _price(figures)
    for name, figures in {
        "text-embedding-3-small": "0.02",
        "text-embedding-3-large": "0.13",
        "text-embedding-ada-002": "0.10",
        "gpt-5.4": "2.50/15",
        "gpt-5.4-mini": "0.75/4.50",
        "gpt-5.2": "1.75/14",
        "gpt-5": "1.25/10",
        "gpt-5-mini": "0.25/2",
        "gpt-5-nano": "0.05/0.40",
        "gpt-4o": "2.50/10/25",
        "gpt-4o-mini": "0.15/0.60/3",
        "gpt-4.1": "2/8/25",
        "gpt-4.1-mini": "0.40/1.60/5",
        "gpt-4.1-nano": "0.10/0.40/1.50",
        "gpt-3.5-turbo": "0.50/1.50/8",
        "ft:gpt-4o": "3.75/15/25",
        "ft:gpt-4o-mini": "0.30/1.20/3",
        "ft:gpt-4.1": "3/12/25",
        "ft:gpt-4.1-mini": "0.80/3.20/5",
        "ft:gpt-4.1-nano": "0.20/0.80/1.50",
        "ft:gpt-3.5-turbo": "3/6/8",
    }.items()
}


def price_of(model: str) -> Price | None:
    """Return a model's price; None if it is in neither list.

    The longest name in OPENAI_PRICES that the model's name starts with counts. OpenAI's own list
    applies to OpenAI only.
    """
    known = [name for name in settings.OPENAI_PRICES if model.startswith(name)]
    if known:
        return _price(settings.OPENAI_PRICES[max(known, key=len)])
    return None if settings.OPENAI_BASE_URL else LIST.get(_listed_name(model))


def _listed_name(model: str) -> str:
    """Return the name in the price list: ft:gpt-4o-mini for ft:gpt-4o-mini-2024-07-18:org::id."""
    name = ":".join(model.split(":")[:2]) if model.startswith("ft:") else model
    return re.sub(r"-(\d{4}-\d{2}-\d{2}|\d{4})$", "", name)


def tokens_in(text: str) -> int:
    """Return an upper bound on the token count, without a tokenizer: one per 3 bytes, plus one.

    English has about 4 characters a token; byte-pair encodings never need more than one token per
    byte, which only random characters approach.
    """
    return len(text.encode()) // 3 + 1
