"""What a token costs, in US dollars a million, so that a call can be priced before it is made.

From OpenAI's price list of 2025; OPENAI_PRICES overrides it and adds models of other providers. A
model without a price costs nothing that we know of: its tokens count against the budget, no money.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

MILLION = Decimal(1_000_000)
BATCH_SHARE = Decimal("0.5")  # the Batch API is half price


@dataclass(frozen=True, slots=True)
class Price:
    """A million tokens: in the question, in the answer, in training."""

    input: Decimal
    output: Decimal = Decimal(0)
    training: Decimal = Decimal(0)

    def of(self, prompt_tokens: int, completion_tokens: int = 0) -> Decimal:
        return (self.input * prompt_tokens + self.output * completion_tokens) / MILLION


def _price(figures: str) -> Price:
    return Price(*(Decimal(figure) for figure in figures.split("/")))


# The longest name that a model's name begins with counts; "ft:" are fine-tuned versions.
LIST = {
    name: _price(figures)
    for name, figures in {
        "text-embedding-3-small": "0.02",
        "text-embedding-3-large": "0.13",
        "text-embedding-ada-002": "0.10",
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
    """None for a model that is not in the list. OpenAI's prices hold for OpenAI only."""
    prices = {name: _price(figures) for name, figures in settings.OPENAI_PRICES.items()}
    if not settings.OPENAI_BASE_URL:
        prices = {**LIST, **prices}
    known = [name for name in prices if model.startswith(name)]
    return prices[max(known, key=len)] if known else None


def tokens_in(text: str) -> int:
    """At most so many tokens, without a tokenizer: one a 3 bytes of UTF-8, and one to begin with.

    English has about 4 characters a token; the byte-pair encodings in use never need more than a
    token a byte, which only random characters come near to.
    """
    return len(text.encode()) // 3 + 1
