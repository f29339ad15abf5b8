"""OpenAI, or a server that speaks its protocol: used where it is chosen (docs/openai.md)."""

from decimal import Decimal

from dedup_project.env import NOT_NEGATIVE, POSITIVE, EnvError, env, secret, words

OPENAI_API_KEY = secret("OPENAI_API_KEY")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", "")  # empty: OpenAI itself
OPENAI_EMBEDDING_MODEL = env.str("OPENAI_EMBEDDING_MODEL", "text-embedding-3-small")
OPENAI_EXTRACTION_MODEL = env.str("OPENAI_EXTRACTION_MODEL", "gpt-5-mini")
OPENAI_FINE_TUNING_MODEL = env.str("OPENAI_FINE_TUNING_MODEL", "gpt-4o-mini-2024-07-18")
OPENAI_TIMEOUT = env.float("OPENAI_TIMEOUT", 60.0, validate=NOT_NEGATIVE)  # seconds
# Concurrent requests per process.
OPENAI_CONCURRENCY = env.int("OPENAI_CONCURRENCY", 8, validate=POSITIVE)
# Limits per model for all workers together. Yours: the provider's page on rate limits.
OPENAI_REQUESTS_PER_MINUTE = env.int("OPENAI_REQUESTS_PER_MINUTE", 500, validate=POSITIVE)
OPENAI_TOKENS_PER_MINUTE = env.int("OPENAI_TOKENS_PER_MINUTE", 200_000, validate=POSITIVE)
# A hard stop, from midnight to midnight UTC.
OPENAI_DAILY_USD = env.decimal("OPENAI_DAILY_USD", Decimal(10), validate=NOT_NEGATIVE)
OPENAI_DAILY_TOKENS = env.int("OPENAI_DAILY_TOKENS", 20_000_000, validate=NOT_NEGATIVE)


def _price(text: str) -> tuple[str, str]:
    model, _, figures = text.partition("=")
    if not model or not figures:
        raise EnvError(f"OPENAI_PRICES: “{text}” has no price. Write model=input/output,...")
    return model, figures


# US dollars per million tokens, model=input/output/training.
OPENAI_PRICES = dict(map(_price, words("OPENAI_PRICES", [])))
