"""OpenAI, or a server that speaks its protocol: used where it is chosen (docs/openai.md)."""

from dedup_project import env

OPENAI_API_KEY = env.secret("OPENAI_API_KEY")
OPENAI_BASE_URL = env.text("OPENAI_BASE_URL")  # empty: OpenAI itself
OPENAI_EMBEDDING_MODEL = env.text("OPENAI_EMBEDDING_MODEL", "text-embedding-3-small")
OPENAI_EXTRACTION_MODEL = env.text("OPENAI_EXTRACTION_MODEL", "gpt-5-mini")
OPENAI_FINE_TUNING_MODEL = env.text("OPENAI_FINE_TUNING_MODEL", "gpt-4o-mini-2024-07-18")
OPENAI_TIMEOUT = float(env.amount("OPENAI_TIMEOUT", "60"))  # seconds
OPENAI_CONCURRENCY = env.whole("OPENAI_CONCURRENCY", 8, least=1)  # requests at once, a process
# The pace of all workers together, a model. Your limits: the provider's page on rate limits.
OPENAI_REQUESTS_PER_MINUTE = env.whole("OPENAI_REQUESTS_PER_MINUTE", 500, least=1)
OPENAI_TOKENS_PER_MINUTE = env.whole("OPENAI_TOKENS_PER_MINUTE", 200_000, least=1)
# A hard stop, from midnight to midnight UTC.
OPENAI_DAILY_USD = env.amount("OPENAI_DAILY_USD", "10")
OPENAI_DAILY_TOKENS = env.whole("OPENAI_DAILY_TOKENS", 20_000_000)
# US dollars a million tokens, model=input/output/training.
OPENAI_PRICES = env.pairs("OPENAI_PRICES")
