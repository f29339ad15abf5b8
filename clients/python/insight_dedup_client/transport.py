"""Requests with a token: problems become exceptions, and safe requests are sent again."""

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Generic, Literal, Self, TypedDict, TypeVar

import requests

File = tuple[str, bytes]  # name, content
TRIES = 4
AGAIN = (429, 502, 503, 504)
Row = TypeVar("Row")


class Page(TypedDict, Generic[Row]):
    """Rows of a list, and the addresses of the pages around them."""

    next: str | None
    previous: str | None
    results: list[Row]


class Problem(Exception):
    """A refusal of the API (RFC 9457): act on `status` and `code`, show the message to people."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(str(body.get("detail") or body.get("title") or status))
        self.status = status
        self.code = str(body.get("code", ""))
        self.body = body


class Transport:
    """The address and the token; each POST gets an Idempotency-Key unless you give one."""

    def __init__(self, base: str, token: str, *, timeout: float = 60.0) -> None:
        self.base = base.rstrip("/")
        self.timeout = timeout
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.session.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        read: Literal["json", "text", "content"] = "json",
    ) -> Any:
        """Return the answer's JSON, text or bytes; None if it is empty. Raises Problem."""
        given = {name: str(value) for name, value in (headers or {}).items() if value is not None}
        if "Idempotency-Key" in (headers or {}):
            given.setdefault("Idempotency-Key", str(uuid.uuid4()))
        files = {name: value for name, value in (form or {}).items() if isinstance(value, tuple)}
        fields = {name: value for name, value in (form or {}).items() if name not in files}
        known = {name: value for name, value in (params or {}).items() if value is not None}
        safe = method == "GET" or "Idempotency-Key" in given
        for attempt in range(1, TRIES + 1):
            try:
                answer = self.session.request(
                    method,
                    path if "://" in path else self.base + path,
                    params=known,
                    headers=given,
                    json=json if form is None else None,
                    data=fields or None,
                    files=files or None,
                    timeout=self.timeout,
                )
            except requests.ConnectionError:
                if not safe or attempt == TRIES:
                    raise
                time.sleep(2.0**attempt / 4)
                continue
            if answer.status_code not in AGAIN or not safe or attempt == TRIES:
                break
            time.sleep(float(answer.headers.get("Retry-After", 1)))
        if not answer.ok:
            is_problem = answer.headers.get("Content-Type", "").endswith("problem+json")
            raise Problem(answer.status_code, answer.json() if is_problem else {})
        if not answer.content:
            return None
        return answer.json() if read == "json" else getattr(answer, read)

    def rows(self, page: Page[Row]) -> Iterator[Row]:
        """Yield the rows of a list from its first page on."""
        yield from page["results"]
        while page["next"]:
            page = self.request("GET", page["next"])
            yield from page["results"]

    def wait(self, task: str, *, every: float = 1.0) -> dict[str, Any]:
        """Follow a task, given its address or id, until it is finished, and return it."""
        while True:
            found = self.request("GET", task if "/" in task else f"/api/v1/tasks/{task}")
            if found["is_finished"]:
                return dict(found)
            time.sleep(every)
