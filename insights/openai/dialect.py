"""Dialects of OpenAI's protocol by server and model: learnt from refusals and kept.

A request begins in OpenAI's own form. A refusal that names one of its features moves that feature
to its next form, once for each server and model, in `provider_dialects`.
"""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

from insights.models import ProviderDialect
from insights.openai.errors import MalformedAnswer, ProviderError
from insights.types import JSONMapping, JSONObject

# The forms of each feature, OpenAI's own first; "" leaves it out.
FORMS: dict[str, tuple[str, ...]] = {
    "role": ("system", "user"),
    "limit": ("max_completion_tokens", "max_tokens", ""),
    "format": ("json_schema", "json_object", ""),
    "temperature": ("temperature", ""),
    "dimensions": ("dimensions", ""),
    "encoding": ("base64", "float"),
}
# Words that servers use for the feature that they refuse.
HINTS = {
    "limit": re.compile(r"max_(?:completion_)?tokens"),
    "format": re.compile(r"response_format|json_schema|json_object|json schema|grammar"),
    "temperature": re.compile(r"temperature"),
    "dimensions": re.compile(r"dimensions|matryoshka"),
    "encoding": re.compile(r"encoding_format|base64"),
    "role": re.compile(r"system (?:role|message|prompt)|\brole\b|roles must|'system'"),
}
REFUSED = {400, 415, 422, 500, 501}  # 500: a chat template that raises
THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
FENCE = re.compile(r"\A\s*```\w*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


class Dialect:
    """The forms that one model of one server takes. Shared by the threads of a process."""

    def __init__(self, server: str, model: str, learnt: Mapping[str, str]) -> None:
        self.server, self.model = server, model
        self.learnt = {name: form for name, form in learnt.items() if form in FORMS.get(name, ())}
        self._lock = threading.Lock()
        self._saved = dict(self.learnt)

    def form(self, feature: str) -> str:
        return self.learnt.get(feature, FORMS[feature][0])

    def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        tokens: int,
        schema: JSONMapping | None = None,
        **more: object,
    ) -> JSONObject:
        """Return the body of POST /chat/completions; `more` goes in as it is."""
        body: dict[str, Any] = {"model": self.model, "messages": [dict(one) for one in messages]}
        form = self.form("format")
        if schema is not None and form == "json_schema":
            body["response_format"] = {"type": "json_schema", "json_schema": dict(schema)}
        elif schema is not None:
            body["messages"][0]["content"] += (
                "\nAnswer with one JSON object of this JSON schema and nothing else: "
                + json.dumps(schema["schema"])
            )
            if form:
                body["response_format"] = {"type": form}
        if self.form("role") == "user" and body["messages"][0]["role"] == "system":
            instructions, following, *rest = body["messages"]
            content = f"{instructions['content']}\n\n{following['content']}"
            body["messages"] = [{**following, "content": content}, *rest]
        if limit := self.form("limit"):
            body[limit] = tokens
        if not self.form("temperature"):
            more.pop("temperature", None)
        return body | more

    def embeddings(self, texts: Sequence[str], dimensions: int) -> JSONObject:
        """Return the body of POST /embeddings."""
        body: dict[str, Any] = {"model": self.model, "input": list(texts)}
        if self.form("dimensions"):
            body["dimensions"] = dimensions
        body["encoding_format"] = self.form("encoding")  # base64: a quarter of the bytes
        return body

    def adapt(self, error: Exception, used: Mapping[str, str]) -> bool:
        """Move the feature that was refused to its next form; False if the error names none.

        `used` are the forms of the refused request: another thread may have moved on already.
        """
        if not isinstance(error, ProviderError) or error.status not in REFUSED:
            return False
        said = str(error).lower()
        with self._lock:
            for feature, hint in HINTS.items():
                form = used.get(feature, FORMS[feature][0])
                forms = FORMS[feature]
                if not hint.search(said) or form == forms[-1]:
                    continue
                if self.form(feature) == form:
                    self.learnt[feature] = forms[forms.index(form) + 1]
                return True
        return False

    def doubt_format(self, used: Mapping[str, str]) -> bool:
        """Try the next answer format after failures without a reason; False if none is left.

        A server may fail on a schema with a bare 500, or silently ignore it.
        """
        forms, form = FORMS["format"], used.get("format", FORMS["format"][0])
        with self._lock:
            if form == forms[-1] or not settings.OPENAI_BASE_URL:
                return False
            if self.form("format") == form:
                self.learnt["format"] = forms[forms.index(form) + 1]
        return True

    def restore_format(self, before: Mapping[str, str]) -> None:
        """Forget a doubt that did not help."""
        with self._lock:
            self.learnt.pop("format", None)
            if "format" in before:
                self.learnt["format"] = before["format"]

    def save(self) -> None:
        """Store what was learnt. Call it in the main thread: it writes to the database."""
        with self._lock:
            learnt = dict(self.learnt)
        if learnt != self._saved:
            ProviderDialect.objects.update_or_create(
                server=self.server, model=self.model[:255], defaults={"learnt": learnt}
            )
            self._saved = learnt


@cache
def _dialect(server: str, model: str) -> Dialect:
    row = ProviderDialect.objects.filter(server=server, model=model[:255]).first()
    return Dialect(server, model, row.learnt if row else {})


def dialect_of(model: str) -> Dialect:
    """Return what is known of this model at OPENAI_BASE_URL; one object per process."""
    return _dialect(settings.OPENAI_BASE_URL, model)


def json_in(text: str | None) -> Any:
    """Parse an answer in JSON, even behind <think>...</think> or in a fence.

    Raises MalformedAnswer.
    """
    try:
        bare = THOUGHT.sub("", text or "").strip()
        if fenced := FENCE.match(bare):
            bare = fenced[1]
        return json.loads(bare)
    except (TypeError, ValueError):
        raise MalformedAnswer(f"The model did not answer in JSON: {str(text)[:80]!r}") from None


def forget_dialects(**kwargs: object) -> None:
    _dialect.cache_clear()


setting_changed.connect(forget_dialects)
