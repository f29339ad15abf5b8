"""A permanent cache of answers: each question is paid for once, even across kills and rollbacks."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from insights.models import ApiAnswer
from insights.openai import ledger
from insights.openai.client import Request, client
from insights.types import JSONMapping, JSONObject

LOOKUP = 5000


def key_of(*parts: object) -> str:
    """Return a key of everything that shapes an answer: the model, the prompt, the format."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def known(keys: Collection[str]) -> JSONObject:
    found: dict[str, Any] = {}
    rest: Iterator[str] = iter(keys)
    while some := list(islice(rest, LOOKUP)):
        found.update(ApiAnswer.objects.filter(key__in=some).values_list("key", "answer"))
    return found


def keep(answers: JSONMapping, *, purpose: str, model: str) -> None:
    """Store the answers. If two processes ask at once, the first stored answer wins for both."""
    rows = [
        ApiAnswer(key=key, purpose=purpose, model=model[:255], answer=answer)
        for key, answer in answers.items()
    ]
    ledger.independently(lambda: ApiAnswer.objects.bulk_create(rows, ignore_conflicts=True))


def ask(requests: Mapping[str, Request[Any]]) -> JSONObject:
    """Return the answers by key, from the cache or the provider, caching each as it arrives.

    A cached answer needs no API key. Raises ProviderError; earlier answers are kept, so the next
    try resumes from there.
    """
    found = known(requests.keys())
    missing = [key for key in requests if key not in found]
    if not missing:
        return found
    asked: Sequence[Request[Any]] = [requests[key] for key in missing]
    for number, answer in client().call_many(asked):
        key, request = missing[number], asked[number]
        keep({key: answer}, purpose=request.purpose, model=request.model)
        found[key] = answer
    return found
