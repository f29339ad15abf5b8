"""Ask a provider one small question of each kind, and report what it supports."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from insights.models.insight import EMBEDDING_DIMENSIONS
from insights.openai.client import Request, client
from insights.openai.dialect import Dialect, dialect_of, json_in
from insights.openai.errors import MalformedAnswer, ProviderError
from insights.types import JSONObject

PURPOSE = "check"
TOKENS = 1000  # a reasoning model thinks before it answers
SCHEMA = {
    "name": "check",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    },
}
ASKED = [
    {"role": "system", "content": "You answer in JSON."},
    {"role": "user", "content": 'Answer {"ok": true}.'},
]


@dataclass(frozen=True, slots=True)
class Finding:
    """Answer of one model; `ok` is False if this part of the application cannot use it."""

    part: str
    model: str
    ok: bool
    said: str


def check_provider() -> list[Finding]:
    """Ask about extraction, predictions and embeddings; three small calls, which are billed.

    Raises NotConfigured without a key.
    """
    client()
    extraction = dialect_of(settings.OPENAI_EXTRACTION_MODEL)
    prediction = dialect_of(settings.OPENAI_FINE_TUNING_MODEL)
    embedding = dialect_of(settings.OPENAI_EMBEDDING_MODEL)
    return [
        _finding("extraction", extraction, _structured),
        _finding("predictions", prediction, _logprobs),
        _finding("embeddings", embedding, _numbers),
    ]


def _finding(part: str, dialect: Dialect, ask: Callable[[Dialect], str]) -> Finding:
    try:
        said, ok = ask(dialect), True
    except ProviderError as error:
        said, ok = str(error), False
    forms = [f"{feature}: {form or 'left out'}" for feature, form in sorted(dialect.learnt.items())]
    learnt = f" Not in OpenAI's form: {', '.join(forms)}." if ok and forms else ""
    return Finding(part, dialect.model, ok, said + learnt)


def _chat(dialect: Dialect, read: Callable[[JSONObject], bool], **options: Any) -> bool:
    schema = "schema" in options
    request = Request(
        PURPOSE,
        dialect.model,
        send=lambda sdk: sdk.chat.completions.with_raw_response.create(
            **dialect.chat(ASKED if schema else ASKED[1:], **options)
        ),
        read=read,
        prompt_tokens=100,
        completion_tokens=options["tokens"],
        dialect=dialect,
        in_format=schema,
    )
    return client().call(request)


def _structured(dialect: Dialect) -> str:
    def read(body: JSONObject) -> bool:
        try:
            return bool(json_in(body["choices"][0]["message"]["content"])["ok"])
        except (TypeError, KeyError, IndexError):
            raise MalformedAnswer("The answer has the wrong shape.") from None

    _chat(dialect, read, tokens=TOKENS, schema=SCHEMA)
    return "Answers in JSON."


def _logprobs(dialect: Dialect) -> str:
    def read(body: JSONObject) -> bool:
        return bool((body.get("choices") or [{}])[0].get("logprobs"))

    try:
        if _chat(dialect, read, tokens=1, temperature=0, logprobs=True, top_logprobs=5):
            return "Gives the probabilities of its answer."
    except ProviderError as error:
        if "logprob" not in str(error).lower():
            raise
    return f"Gives no probabilities, so its stated confidence counts. {_structured(dialect)}"


def _numbers(dialect: Dialect) -> str:
    def read(body: JSONObject) -> int:
        try:
            said = body["data"][0]["embedding"]
            return len(base64.b64decode(said)) // 4 if isinstance(said, str) else len(said)
        except (TypeError, KeyError, IndexError, ValueError):
            raise MalformedAnswer("The answer holds no embedding.") from None

    found = client().call(
        Request(
            PURPOSE,
            dialect.model,
            send=lambda sdk: sdk.embeddings.with_raw_response.create(
                **dialect.embeddings(["A test."], EMBEDDING_DIMENSIONS)
            ),
            read=read,
            prompt_tokens=10,
            dialect=dialect,
        )
    )
    if found != EMBEDDING_DIMENSIONS:
        raise ProviderError(
            f"The model gives {found} dimensions, this database stores {EMBEDDING_DIMENSIONS}: "
            "choose one that fits, or whose `dimensions` can be set."
        )
    return f"Gives {found} dimensions."
