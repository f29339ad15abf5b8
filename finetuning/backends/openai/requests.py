"""The requests of fine-tuning, each with the shape its answer must have."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.conf import settings

from insights.openai import Client, MalformedAnswer, ProviderError, Refused, Request
from insights.openai.dialect import dialect_of
from insights.types import JSONObject

PURPOSE = "fine-tuning"
TAG = "insight_dedup_model"  # in the job's metadata: our model's id
PAGE = 100


NOT_SERVED = {403, 404, 405, 501}


def models(client: Client) -> dict[str, str | None] | None:
    """Return the models on offer with their announced shutdown dates (YYYY-MM-DD).

    None at a server that lists none, a gateway for example.
    """
    try:
        listed = client.call(_request(lambda sdk: sdk.models.with_raw_response.list(), _rows))
    except (Refused, MalformedAnswer) as error:
        if settings.OPENAI_BASE_URL and _not_served(error):
            return None
        raise
    return {str(row["id"]): row.get("shutdown_date") for row in listed}


def answers_as(client: Client, model: str) -> bool:
    """Return whether a chat under this name is answered; llama.cpp takes any name."""
    dialect = dialect_of(model)
    asked = [{"role": "user", "content": "Yes or no?"}]
    try:
        return client.call(
            Request(
                PURPOSE,
                model,
                send=lambda sdk: sdk.chat.completions.with_raw_response.create(
                    **dialect.chat(asked, tokens=1)
                ),
                read=lambda body: isinstance(body, dict) and bool(body.get("choices")),
                prompt_tokens=20,
                completion_tokens=1,
                dialect=dialect,
            )
        )
    except Refused:
        return False


def optional(rows: Iterator[JSONObject]) -> Iterator[JSONObject]:
    """Yield the rows; nothing if the server does not have that list."""
    try:
        yield from rows
    except (Refused, MalformedAnswer) as error:
        if not _not_served(error):
            raise


def _not_served(error: ProviderError) -> bool:
    return isinstance(error, MalformedAnswer) or error.status in NOT_SERVED


def upload(client: Client, name: str, data: bytes, purpose: str) -> str:
    """Return the file's id.

    An existing file of this name is reused: names contain our ids.
    """
    for row in _pages(
        client, lambda sdk, after: sdk.files.with_raw_response.list(purpose=purpose, **after)
    ):
        if row.get("filename") == name and row.get("bytes") == len(data):
            return str(row["id"])
    created = client.call(
        _request(
            lambda sdk: sdk.files.with_raw_response.create(
                file=(name, data, "application/jsonl"), purpose=purpose, timeout=600
            ),
            _object,
            repeatable=False,
        )
    )
    return str(created["id"])


def create_job(client: Client, **fields: object) -> JSONObject:
    return client.call(
        _request(
            lambda sdk: sdk.fine_tuning.jobs.with_raw_response.create(**fields),
            _with_status,
            repeatable=False,
        )
    )


def tagged_job(client: Client, tag: str) -> JSONObject | None:
    """Return the job that carries our id, however its creation was answered.

    Servers that do not filter by metadata give all jobs.
    """
    jobs = _pages(
        client,
        lambda sdk, after: sdk.fine_tuning.jobs.with_raw_response.list(
            limit=PAGE, extra_query={f"metadata[{TAG}]": tag}, **after
        ),
    )
    return next((job for job in jobs if (job.get("metadata") or {}).get(TAG) == tag), None)


def job(client: Client, number: str) -> JSONObject:
    return client.call(
        _request(lambda sdk: sdk.fine_tuning.jobs.with_raw_response.retrieve(number), _with_status)
    )


def cancel(client: Client, number: str) -> None:
    client.call(
        _request(lambda sdk: sdk.fine_tuning.jobs.with_raw_response.cancel(number), _with_status)
    )


def events(client: Client, number: str) -> Iterator[JSONObject]:
    """Return the newest first."""
    return _pages(
        client,
        lambda sdk, after: sdk.fine_tuning.jobs.with_raw_response.list_events(
            number, limit=PAGE, **after
        ),
    )


def _request(
    send: Callable[[Any], Any], read: Callable[[Any], Any], *, repeatable: bool = True
) -> Request[Any]:
    # Asked at every poll; `recorded_for_retry` counts the polls.
    return Request(PURPOSE, "", send=send, read=read, repeatable=repeatable, malformed_attempts=1)


def _pages(client: Client, send: Callable[[Any, JSONObject], Any]) -> Iterator[JSONObject]:
    after: dict[str, Any] = {}
    while True:
        more: list[bool] = []

        def read(body: JSONObject, more: list[bool] = more) -> list[JSONObject]:
            found = _rows(body)
            more.append(bool(body.get("has_more")) and bool(found))
            return found

        rows = client.call(_request(partial(_with, send, after), read))
        yield from rows
        if not more[-1] or rows[-1]["id"] == after.get("after"):
            return
        after = {"after": rows[-1]["id"]}


def _with(send: Callable[[Any, JSONObject], Any], after: JSONObject, sdk: Any) -> Any:
    return send(sdk, after)


def _rows(body: object) -> list[JSONObject]:
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(r, dict) and "id" in r for r in rows):
        raise MalformedAnswer("The provider's answer is not a list.")
    return rows


def _object(body: object) -> JSONObject:
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise MalformedAnswer("The provider's answer names no id.")
    return body


def _with_status(body: object) -> JSONObject:
    """Return the body of a job. Raises MalformedAnswer without a status."""
    found = _object(body)
    if not isinstance(found.get("status"), str):
        raise MalformedAnswer("The provider's answer has no status.")
    return found
