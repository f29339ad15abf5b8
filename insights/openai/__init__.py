"""The only client of OpenAI and of servers that speak its protocol: docs/openai.md.

Every request goes through `client()`, which keeps the daily budget and the rate limit that all
workers share, retries only when that can help, and writes the ledger. The SDK is loaded with the
first request, so importing this is cheap.
"""

from insights.openai.client import Client, Request, client
from insights.openai.errors import (
    AnswerLost,
    MalformedAnswer,
    NotConfigured,
    ProviderError,
    Refused,
    Unavailable,
)
