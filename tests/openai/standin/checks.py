"""Refusals of the real API: unknown fields, wrong types, limits, bad files."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pydantic
from openai.types import embedding_create_params
from openai.types.chat import completion_create_params
from openai.types.fine_tuning import job_create_params


class Refusal(Exception):
    def __init__(self, message, status=400, code=None, param=None, kind="invalid_request_error"):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


PARAMS = {
    "embeddings": embedding_create_params.EmbeddingCreateParams,
    "chat": completion_create_params.CompletionCreateParamsNonStreaming,
    "job": job_create_params.JobCreateParams,
}
ADAPTERS: dict[str, pydantic.TypeAdapter] = {}


def _consume(value: Any) -> Any:
    """pydantic checks an Iterable only as it is walked through."""
    if isinstance(value, dict):
        return {key: _consume(item) for key, item in value.items()}
    if isinstance(value, Iterator) or (
        isinstance(value, Iterable) and not isinstance(value, str | bytes)
    ):
        return [_consume(item) for item in value]
    return value


def request(name: str, body: Any) -> dict[str, Any]:
    """The body against the SDK's own types, which are generated from the published schema."""
    if not isinstance(body, dict):
        raise Refusal("We could not parse the JSON body of your request.")
    params = PARAMS[name]
    known = params.__required_keys__ | params.__optional_keys__
    for field in body:
        if field not in known:
            raise Refusal(f"Unrecognized request argument supplied: {field}", param=field)
    adapter = ADAPTERS.setdefault(name, pydantic.TypeAdapter(params))
    try:
        _consume(adapter.validate_python(body))
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        raise Refusal(
            f"Invalid type for '{first['loc']}': {first['msg']}", param=str(first["loc"])
        ) from None
    return body


def tokens(text: str) -> int:
    return max(1, len(text) // 4)


def embeddings(body: Any) -> list[str]:
    request("embeddings", body)
    texts = [body["input"]] if isinstance(body["input"], str) else list(body["input"])
    if not 1 <= len(texts) <= 2048:
        raise Refusal(f"'$.input' has {len(texts)} items: 1 to 2048 are allowed.", param="input")
    for number, text in enumerate(texts):
        if not text:
            raise Refusal("'$.input' is invalid: an input is empty.", param="input")
        if tokens(text) > 8192:
            raise Refusal(
                f"This model's maximum context length is 8192 tokens, input {number} has "
                f"{tokens(text)}.", code="context_length_exceeded",
            )  # fmt: skip
    if sum(map(tokens, texts)) > 300_000:
        raise Refusal("Requested more than 300000 tokens.", code="max_tokens_per_request")
    if "dimensions" in body and "-3-" not in body["model"]:
        raise Refusal("This model does not support specifying dimensions.", param="dimensions")
    return texts


def chat(body: Any, *, reasoning: bool = False) -> None:
    request("chat", body)
    if "max_tokens" in body and reasoning:
        raise Refusal("Unsupported parameter: 'max_tokens'.", code="unsupported_parameter")
    if reasoning and ("logprobs" in body or "top_logprobs" in body):
        raise Refusal(
            "You are not allowed to request logprobs from this model", status=403,
            param="logprobs",
        )  # fmt: skip
    if reasoning and body.get("temperature", 1) != 1:
        raise Refusal(
            "Unsupported value: 'temperature' does not support 0 with this model.",
            code="unsupported_value", param="temperature",
        )  # fmt: skip
    if "top_logprobs" in body and (not body.get("logprobs") or not 0 <= body["top_logprobs"] <= 20):
        raise Refusal(
            "'top_logprobs' needs 'logprobs' and lies from 0 to 20.", param="top_logprobs"
        )
    messages(body["messages"], answers=False)
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        _strict_schema(form["json_schema"])


def _strict_schema(described: dict[str, Any]) -> None:
    if set(described) - {"name", "description", "schema", "strict"} or not described.get("strict"):
        raise Refusal("Invalid 'response_format.json_schema'.", param="response_format")

    def walk(schema: Any) -> None:
        if not isinstance(schema, dict):
            return
        if schema.get("type") == "object":
            if schema.get("additionalProperties") is not False:
                raise Refusal(
                    "Invalid schema: 'additionalProperties' is required to be supplied and to be "
                    "false.", param="response_format",
                )  # fmt: skip
            if set(schema.get("required", [])) != set(schema.get("properties", {})):
                raise Refusal(
                    "Invalid schema: 'required' must include every key in properties.",
                    param="response_format",
                )
        for value in schema.values():
            for part in value.values() if isinstance(value, dict) else [value]:
                walk(part)
            walk(value)

    walk(described.get("schema"))


def messages(found: Any, *, answers: bool) -> None:
    if not isinstance(found, list) or not found:
        raise Refusal("Invalid 'messages': empty array.", param="messages")
    for one in found:
        if not isinstance(one, dict) or set(one) - {"role", "content", "name", "weight"}:
            raise Refusal("Invalid message: unknown field.", param="messages")
        if one.get("role") not in {"system", "developer", "user", "assistant"}:
            raise Refusal(f"Invalid role {one.get('role')!r}.", param="messages")
        if not isinstance(one.get("content"), str) or not one["content"]:
            raise Refusal("Invalid message: no content.", param="messages")
    if answers and found[-1]["role"] != "assistant":
        raise Refusal("Expected last message in training to be from the assistant.")


def jsonl(data: bytes) -> list[Any]:
    try:
        text = data.decode("utf-8")
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Refusal(
            f"Invalid file format: not JSON Lines ({error}).", code="invalid_file"
        ) from None


def training_examples(data: bytes) -> list[list[dict[str, Any]]]:
    rows = jsonl(data)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or set(row) - {"messages", "tools", "parallel_tool_calls"}:
            raise Refusal(f"Line {number}: unknown field.", code="invalid_training_file")
        messages(row.get("messages"), answers=True)
    return [row["messages"] for row in rows]


def job(body: Any) -> None:
    request("job", body)
    if "hyperparameters" in body:
        raise Refusal(
            "'hyperparameters' is deprecated in favor of 'method'.", param="hyperparameters"
        )
    suffix = body.get("suffix")
    if suffix is not None and not 1 <= len(suffix) <= 64:
        raise Refusal("'suffix' must have 1 to 64 characters.", param="suffix")
    metadata = body.get("metadata") or {}
    if len(metadata) > 16 or any(len(k) > 64 or len(v) > 512 for k, v in metadata.items()):
        raise Refusal("'metadata' has too many or too long entries.", param="metadata")
    method = body.get("method") or {"type": "supervised"}
    if set(method) - {"type", "supervised"} or method["type"] != "supervised":
        raise Refusal("Only supervised fine-tuning is offered.", param="method")
    hyper = (method.get("supervised") or {}).get("hyperparameters") or {}
    if set(hyper) - {"n_epochs", "batch_size", "learning_rate_multiplier"}:
        raise Refusal("Unknown hyperparameter.", param="method")
    for field, most in (("n_epochs", 50), ("batch_size", 256)):
        value = hyper.get(field, "auto")
        if value != "auto" and not (type(value) is int and 1 <= value <= most):
            raise Refusal(f"'{field}' must be 'auto' or from 1 to {most}.", param=field)
