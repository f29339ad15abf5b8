"""A POST with an Idempotency-Key takes effect once, however often it is sent.

A repeat gets the stored answer; 409 while the first is in progress; 422 when the key comes with
another request. A refused request may be corrected and sent with the same key; one that ended in a
500 is tried again.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import timedelta
from functools import partial, wraps
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from insights.api.http.problems import Conflict, Problem, Unprocessable
from insights.jobs.locks import advisory_lock, retry_on_deadlock
from insights.models import IdempotencyKey

KEPT = timedelta(days=1)
KEY_PATTERN = r"^[!-~]{1,255}$"
REPLAYED_HEADERS = ("Location", "ETag", "Retry-After")

Handler = TypeVar("Handler", bound=Callable[..., Response])


def idempotent(handler: Handler | None = None, *, atomic: bool = True) -> Any:
    """Decorate a `post` or `patch` of an ApiView that changes data.

    With `atomic` the effect and the stored answer are one transaction, so that a process that dies
    leaves both or neither. Without it, for work that a worker must see at once, the handler finds
    what an interrupted first try left by `request.first_tried_at`.
    """
    if handler is None:
        return partial(idempotent, atomic=atomic)

    @wraps(handler)
    def once(view: APIView, request: Request, *args: object, **kwargs: object) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not re.fullmatch(KEY_PATTERN, key):
            raise Problem(
                "Idempotency-Key must be 1 to 255 letters, digits and signs without a space, a "
                "UUID for example.",
                field="Idempotency-Key",
            )
        with advisory_lock(f"idempotency:{request.user.pk}:{key}") as free:
            if not free:
                raise Conflict(
                    "The first request with this Idempotency-Key is still in progress. Send it "
                    "again in a moment to get its answer.",
                    code="in_flight",
                    headers={"Retry-After": "1"},
                )
            record = _record(request, key)
            if record.status is not None:
                return _replay(record)
            request.first_tried_at = record.created_at  # type: ignore[attr-defined]
            return _first(record, view, lambda: handler(view, request, *args, **kwargs), atomic)

    once.is_idempotent = True  # type: ignore[attr-defined]
    return once


def _record(request: Request, key: str) -> IdempotencyKey:
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    fingerprint = _fingerprint(request)
    record, _ = IdempotencyKey.objects.get_or_create(
        user=request.user,  # type: ignore[misc]
        key=key,
        defaults={"fingerprint": fingerprint},
    )
    if record.fingerprint != fingerprint:
        raise Unprocessable(
            "This Idempotency-Key was used for another request. Use a new key for each new "
            "request.",
            code="idempotency_key_reused",
            field="Idempotency-Key",
        )
    return record


def _first(
    record: IdempotencyKey, view: APIView, handle: Callable[[], Response], atomic: bool
) -> Response:
    def answer() -> Response:
        with transaction.atomic() if atomic else nullcontext():
            response = handle()
            _store(record, response)
        return response

    try:
        return retry_on_deadlock(answer) if atomic else answer()
    except Exception as error:
        response: Response = view.handle_exception(error)
    if response.status_code < 500 or response.status_code == 502:
        record.delete()  # refused, here or by a provider: it had no effect
    return response


def _store(record: IdempotencyKey, response: Response) -> None:
    record.status = response.status_code
    record.headers = {
        name: response[name] for name in REPLAYED_HEADERS if response.has_header(name)
    }
    record.body = JSONRenderer().render(response.data).decode()
    record.save(update_fields=["status", "headers", "body"])


def _replay(record: IdempotencyKey) -> Response:
    return Response(
        json.loads(record.body or "null"),
        status=record.status,
        headers={**record.headers, "Idempotency-Replayed": "true"},
    )


def _fingerprint(request: Request) -> str:
    """Hash what was sent, not its bytes: a multipart boundary is new each time."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.FILES:
        for name, value in sorted(request.data.lists()):  # type: ignore[union-attr]
            digest.update(f"{name}\n".encode())
            for item in value:
                for chunk in _pieces(item):
                    digest.update(chunk)
    else:
        digest.update(json.dumps(request.data, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _pieces(item: UploadedFile | str) -> Iterable[bytes]:
    if isinstance(item, str):
        return [item.encode()]
    pieces = [str(item.name).encode(), *item.chunks()]
    item.seek(0)
    return pieces
