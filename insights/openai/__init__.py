"""The one way to OpenAI, or to any server that speaks its protocol: docs/openai.md.

Every request goes through `client()`: within the daily budget, at the pace that all workers share,
repeated only when that can help, and in the ledger. Importing this costs nothing; the SDK is loaded
with the first request.
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

__all__ = [
    "AnswerLost",
    "Client",
    "MalformedAnswer",
    "NotConfigured",
    "ProviderError",
    "Refused",
    "Request",
    "Unavailable",
    "client",
]
