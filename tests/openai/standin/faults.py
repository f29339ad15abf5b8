"""Faults that a test can make the server show instead of a good answer."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """A fault of one request.

    `kind`: status, hang, half_body, reset, lost (done, but the answer never leaves), garbage (200
    with text), or change (the good answer, put through `change`).
    """

    kind: str
    status: int = 500
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    change: Any = None


def error(status, message="The server had an error.", *, code=None, kind="server_error", **headers):
    return Fault(
        "status",
        status=status,
        body={"error": {"message": message, "type": kind, "param": None, "code": code}},
        headers={name.replace("_", "-"): str(value) for name, value in headers.items()},
    )


def storm(**headers):
    return error(429, "Rate limit reached.", code="rate_limit_exceeded", kind="requests", **headers)


def spent():
    return error(429, "You exceeded your current quota.", code="insufficient_quota",
                 kind="insufficient_quota")  # fmt: skip


HANG = Fault("hang", seconds=4.0)
HALF_BODY = Fault("half_body")
RESET = Fault("reset")
LOST = Fault("lost")
GARBAGE = Fault("garbage", body="<html>Bad gateway</html>")


def changed(change):
    return Fault("change", change=change)
