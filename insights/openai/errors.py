"""Provider errors of three kinds: permanent, temporary, and "it may have been done".

The SDK also retries what cannot succeed (a spent quota is a 429, too), so its retries are off and
errors are classified here. Messages are for people: they say what to do next.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from insights.openai import clock

if TYPE_CHECKING:
    import openai

# 429, but waiting does not help.
SPENT = {"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"}
RETRIED = {408, 409, 429}
LEAST_KEY = 8  # a shorter one occurs inside too many words to be cut out
KEY_SHAPED = re.compile(r"\b(sk|sess)-[\w*-]{6,}")

NEXT_STEP = {
    400: "The request was not accepted as it is; nothing is sent again.",
    401: "Check the key in OPENAI_API_KEY or in the file that OPENAI_API_KEY_FILE names.",
    403: "The provider does not allow this to your organisation or project.",
    404: "Check the model's name against `manage.py hosted_models`: it may have been shut down.",
    422: "The request was not accepted as it is; nothing is sent again.",
}


class ProviderError(Exception):
    """The provider did not do what was asked. `status` is None if there was no answer."""

    def __init__(
        self, message: str, *, status: int | None = None, code: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.request_id = status, code, request_id


class Refused(ProviderError):
    """Permanent: the same request would be refused again."""


class NotConfigured(Refused):
    """Raised when no key is set."""


class OverBudget(Refused):
    """The day's budget does not cover this request."""


class Unavailable(ProviderError):
    """Temporary. `retry_at` (seconds since 1970) says when to try again, if that is known.

    `asked_to_wait` is what the provider's retry-after said, in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        asked_to_wait: float | None = None,
        retry_at: float | None = None,
        **known: Any,
    ) -> None:
        super().__init__(message, **known)
        self.asked_to_wait, self.retry_at = asked_to_wait, retry_at


class AnswerLost(Unavailable):
    """Raised when no answer arrived, or half of one.

    The provider may have done the work, and billed it. Work that must not be done twice is looked
    up before it is requested again.
    """


class MalformedAnswer(ProviderError):
    """An answer arrived, was billed, and has the wrong shape."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """Replaces the key, and anything shaped like one, in the provider's messages."""

    key: str

    def __call__(self, text: str) -> str:
        if len(self.key) >= LEAST_KEY:
            text = text.replace(self.key, "[key]")
        return KEY_SHAPED.sub("[key]", text)

    def __repr__(self) -> str:
        return "Redaction()"


def explain(error: Exception, redact: Redaction) -> Exception:
    """Turn an SDK error into one of ours; return other exceptions unchanged.

    Never chained, because the SDK's frames hold the key.
    """
    import openai

    if isinstance(error, ProviderError):
        return error
    if isinstance(error, openai.APIStatusError):
        return _status(error, redact)
    if isinstance(error, openai.APITimeoutError):
        return AnswerLost("The provider did not answer in time.")
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ or error
        return AnswerLost(redact(f"The connection failed: {type(cause).__name__}: {cause}")[:300])
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return MalformedAnswer("The provider answered with something that is not JSON.")
    if isinstance(error, openai.OpenAIError):
        return Refused(redact(f"{type(error).__name__}: {error}")[:500])
    return error


def _status(error: "openai.APIStatusError", redact: Redaction) -> ProviderError:
    status: int = error.status_code
    code = redact(str(error.code or ""))
    said = redact(_said(error.body))
    known: dict[str, Any] = {"status": status, "code": code, "request_id": error.request_id or ""}
    if status == 429 and ({code, str(error.type)} & SPENT):
        return Refused(
            f"The account's credit is used up ({code or error.type}). Add credit or raise the "
            f"limit with the provider; waiting does not help. {said}".strip(),
            **known,
        )
    if status == 501 or (status == 404 and not _is_about_model(code, said)):
        path = error.request.url.path
        missing = (
            " If it should have, check OPENAI_BASE_URL: most servers need “/v1” at its end."
            if "/v1/" not in path
            else ""
        )
        return Refused(f"The server has no {path} ({status}). {said}{missing}", **known)
    if status in RETRIED or status >= 500:
        return Unavailable(
            f"The provider answered {status}{f' ({code})' if code else ''}. {said}".strip(),
            asked_to_wait=retry_after(error.response.headers),
            **known,
        )
    step = NEXT_STEP.get(status, "Nothing is sent again.")
    return Refused(
        f"The provider refused ({status}{f', {code}' if code else ''}): "
        f"{said or 'no reason given.'} {step}",
        **known,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return seconds, from retry-after-ms or retry-after (seconds, or a date), or None."""
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            return max(0.0, float(milliseconds) / 1000)
        if (said := headers.get("retry-after")) is None:
            return None
        try:
            return max(0.0, float(said))
        except ValueError:
            moment = parsedate_to_datetime(said)
            return max(0.0, moment.timestamp() - clock.now())
    except (TypeError, ValueError):
        return None


def _said(body: object) -> str:
    """Return the reason in the body of a refusal: OpenAI's `message`, or FastAPI's `detail`."""
    if not isinstance(body, dict):
        return ""
    found = body.get("message") or body.get("detail") or ""
    if isinstance(found, list):  # one entry per wrong field
        found = "; ".join(
            f"{'.'.join(map(str, one.get('loc', ())))}: {one.get('msg', '')}"
            if isinstance(one, dict)
            else str(one)
            for one in found
        )
    return str(found)


def _is_about_model(code: str, said: str) -> bool:
    return "model" in code or "model" in said.lower() or "deployment" in said.lower()
