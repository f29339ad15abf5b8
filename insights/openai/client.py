"""One request, or many at once: budget, rate limit, request, classification of errors, ledger."""

import json
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.conf import settings
from django.core.signals import setting_changed

from insights.models import ApiCall, ApiCallState
from insights.openai import clock, ledger
from insights.openai.dialect import Dialect
from insights.openai.errors import (
    AnswerLost,
    MalformedAnswer,
    NotConfigured,
    ProviderError,
    Redaction,
    Refused,
    Unavailable,
    explain,
)
from insights.openai.rate_limit import Bucket
from insights.signals import provider_called

if TYPE_CHECKING:
    from openai import OpenAI

logger = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 5
MALFORMED_ATTEMPTS = 2  # each is billed
MALFORMED_FORMATS = 3  # the last of them in another form
UNEXPLAINED = 2  # unusable answers, or 500 without a reason, before another form is tried
MAX_ADAPTED = 8  # all features to their last form
FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0
LONGEST_WAIT = 120.0  # longest wait for a turn or by retry-after; longer ones are left for later


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """`send` asks by the SDK's `with_raw_response`.

    `read` takes the answer's JSON (bytes when `binary`) and raises MalformedAnswer when it has the
    wrong shape.

    `prompt_tokens` and `completion_tokens` are the most that it can use. A request that is not
    `repeatable` changes something at the provider, so it is not sent again when its answer is lost.
    With a `dialect`, `send` builds its body from it, and a refusal of a feature is adapted to;
    `in_format` says that the body asks for an answer of some schema.
    """

    purpose: str
    model: str
    send: "Callable[[OpenAI], Any]"
    read: Callable[[Any], T]
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal | None = None
    repeatable: bool = True
    binary: bool = False
    dialect: Dialect | None = None
    in_format: bool = False
    malformed_attempts: int = MALFORMED_ATTEMPTS

    @property
    def estimate(self) -> ledger.Estimate:
        return ledger.Estimate(
            self.purpose, self.model, self.prompt_tokens, self.completion_tokens, self.cost_usd
        )


@dataclass(slots=True)
class _Outcome(Generic[T]):
    """The outcome of one request over all its attempts."""

    answer: T | None = None
    error: Exception | None = None
    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    request_id: str = ""
    status: int | None = None
    seconds: float = 0.0
    lost: int = 0  # attempts without an answer, which may have been billed


class Client:
    """Client of the provider. It raises only ProviderError, and no error shows the key."""

    def __init__(self, key: str, base_url: str) -> None:
        import httpx2
        import openai

        self._redact = Redaction(key)
        self._sdk = openai.OpenAI(
            api_key=key,
            base_url=base_url or "https://api.openai.com/v1",
            max_retries=0,
            timeout=httpx2.Timeout(settings.OPENAI_TIMEOUT, connect=5.0),
        )
        # Workers that ask with different keys do not share a limit.
        self._space = f"openai:{sha256(f'{base_url} {key}'.encode()).hexdigest()[:16]}"

    def __repr__(self) -> str:
        return f"Client({settings.OPENAI_BASE_URL or 'OpenAI'})"

    def call(self, request: Request[T]) -> T:
        call = ledger.reserve(request.estimate)
        outcome = self._perform(request)
        self._settle(call, request, outcome)
        if outcome.error is not None:
            raise outcome.error
        return outcome.answer  # type: ignore[return-value]

    def call_many(self, requests: Sequence[Request[T]]) -> Iterator[tuple[int, T]]:
        """Yield each request's number and answer as they come in, OPENAI_CONCURRENCY at once.

        The first error ends it: no more are sent, those under way are still yielded, since they are
        paid for, and then it is raised.
        """
        waiting = iter(enumerate(requests))
        under_way: dict[Future[_Outcome[T]], tuple[int, ApiCall]] = {}
        failed: Exception | None = None
        with ThreadPoolExecutor(settings.OPENAI_CONCURRENCY) as pool:
            while True:
                while failed is None and len(under_way) < settings.OPENAI_CONCURRENCY:
                    if (following := next(waiting, None)) is None:
                        break
                    number, request = following
                    try:
                        call = ledger.reserve(request.estimate)
                    except ProviderError as error:
                        failed = error
                        break
                    under_way[pool.submit(self._perform, request)] = (number, call)
                if not under_way:
                    break
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    number, call = under_way.pop(future)
                    outcome = future.result()
                    self._settle(call, requests[number], outcome)
                    if outcome.error is None:
                        yield number, outcome.answer  # type: ignore[misc]
                    else:
                        failed = failed or outcome.error
        if failed is not None:
            raise failed

    def _perform(self, request: Request[T]) -> _Outcome[T]:
        """Perform one request in a thread of its own, without touching the database."""
        outcome: _Outcome[T] = _Outcome()
        bucket = Bucket(
            f"{self._space}:{request.model}",
            settings.OPENAI_REQUESTS_PER_MINUTE,
            settings.OPENAI_TOKENS_PER_MINUTE,
        )
        malformed = adapted = unexplained = 0
        before = dict(request.dialect.learnt) if request.dialect else {}
        doubted = False
        most_malformed = MALFORMED_FORMATS if request.in_format else request.malformed_attempts
        while True:
            outcome.error = None
            try:
                self._wait_turn(bucket, request)
            except Unavailable as error:
                outcome.error = error
                return outcome
            outcome.attempts += 1
            used = dict(request.dialect.learnt) if request.dialect else {}
            outcome.error = self._attempt(request, outcome)
            if outcome.error is None:
                return outcome
            failed, dialect = outcome.error, request.dialect
            if dialect and adapted < MAX_ADAPTED and dialect.adapt(failed, used):
                adapted += 1
                continue
            if dialect and request.in_format and _unexplained(failed):
                unexplained += 1
                if unexplained % UNEXPLAINED == 0:
                    doubted = dialect.doubt_format(used) or doubted
            delay = self._sort(request, outcome.error, bucket, outcome.attempts)
            malformed += isinstance(outcome.error, MalformedAnswer)
            outcome.lost += isinstance(outcome.error, AnswerLost)
            if (
                delay is None
                or malformed >= most_malformed
                or outcome.attempts - adapted >= ATTEMPTS
            ):
                if dialect and doubted:
                    dialect.restore_format(before)
                return outcome
            clock.sleep(delay)

    def _wait_turn(self, bucket: Bucket, request: Request[T]) -> None:
        delay = bucket.take(request.prompt_tokens + request.completion_tokens, LONGEST_WAIT)
        if delay > LONGEST_WAIT:
            at = clock.now() + delay
            raise Unavailable(
                f"The rate limit of {request.model or 'requests'} is used up until "
                f"{clock.in_words(at)}.",
                retry_at=at,
            )
        if delay > 0:
            clock.sleep(delay)

    def _attempt(self, request: Request[T], outcome: _Outcome[T]) -> Exception | None:
        started = clock.now()
        caught: Exception
        try:
            raw = request.send(self._sdk)
            outcome.request_id = raw.headers.get("x-request-id", "")
            outcome.status = raw.status_code
            body = raw.content if request.binary else _body(raw.http_response)
            outcome.seconds += clock.now() - started
            self._count(request, body, outcome)
            outcome.answer = request.read(body)
            return None
        except Exception as error:
            caught = error
        # After the except block, so that no chained exception's frames hold the key.
        outcome.seconds += clock.now() - started
        explained = explain(caught, self._redact)
        if isinstance(explained, ProviderError):
            outcome.status = explained.status or outcome.status
            outcome.request_id = explained.request_id or outcome.request_id
        return explained

    def _count(self, request: Request[T], body: object, outcome: _Outcome[T]) -> None:
        usage = body.get("usage") if isinstance(body, dict) else None
        if isinstance(usage, dict):
            outcome.prompt_tokens += _whole(usage.get("prompt_tokens"))
            outcome.completion_tokens += _whole(usage.get("completion_tokens"))
        elif request.prompt_tokens:  # a server that does not report it
            outcome.prompt_tokens += request.prompt_tokens
            outcome.completion_tokens += request.completion_tokens

    def _sort(
        self, request: Request[T], error: Exception, bucket: Bucket, attempt: int
    ) -> float | None:
        """Return the seconds until the next attempt; None if there is none."""
        if isinstance(error, MalformedAnswer):
            return _backoff(attempt)
        if not isinstance(error, Unavailable):
            return None
        done_perhaps = isinstance(error, AnswerLost) or (error.status or 0) >= 500
        if done_perhaps and not request.repeatable:
            return None
        if error.asked_to_wait is None:
            return _backoff(attempt)
        bucket.shut(error.asked_to_wait)
        if error.asked_to_wait > LONGEST_WAIT:
            error.retry_at = clock.now() + error.asked_to_wait
            return None
        # Not all workers at the same instant.
        return error.asked_to_wait + random.uniform(0, 0.1 * FIRST_BACKOFF)  # noqa: S311

    def _settle(self, call: ApiCall, request: Request[T], outcome: _Outcome[T]) -> None:
        error = outcome.error
        call.state = ApiCallState.ANSWERED if error is None else ApiCallState.FAILED
        call.attempts = outcome.attempts
        # Attempts that may have been billed without an answer count as billed.
        call.prompt_tokens = outcome.prompt_tokens + outcome.lost * request.prompt_tokens
        call.completion_tokens = (
            outcome.completion_tokens + outcome.lost * request.completion_tokens
        )
        call.cost_usd = ledger.cost(
            ledger.Estimate(
                request.purpose,
                request.model,
                call.prompt_tokens,
                call.completion_tokens,
                request.cost_usd if error is None or outcome.lost else None,
            )
        )
        call.request_id = outcome.request_id[:128]
        call.latency_ms = round(1000 * outcome.seconds)
        call.status_code = outcome.status
        call.error = str(error)[:1000] if error else ""
        ledger.settle(call)
        provider_called.send(sender=Client, call=call)
        if request.dialect is not None:
            ledger.independently(request.dialect.save)


def _body(response: Any) -> Any:
    """Return the JSON of an answer, even if the server streams events unasked.

    Streamed objects other than a chat's pieces are a list, the newest first as in other lists.
    """
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        return response.json()
    lines = [one[5:].strip() for one in response.text.splitlines() if one.startswith("data:")]
    chunks = [json.loads(line) for line in lines if line != "[DONE]"]
    if not any("choices" in one for one in chunks):
        return {"data": chunks[::-1]}
    deltas = [choice.get("delta") or {} for one in chunks for choice in one.get("choices") or ()]
    content = "".join(delta.get("content") or "" for delta in deltas)
    usage = next((one["usage"] for one in reversed(chunks) if one.get("usage")), None)
    choice = {"index": 0, "message": {"role": "assistant", "content": content}}
    return {"choices": [choice], "usage": usage}


def _unexplained(error: Exception) -> bool:
    return isinstance(error, MalformedAnswer) or getattr(error, "status", None) == 500


def _backoff(attempt: int) -> float:
    """Return full jitter over an exponential bound (Brooker 2015, AWS), but never zero."""
    bound = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**attempt)
    return random.uniform(bound / 2, bound)  # noqa: S311


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


@cache
def client() -> Client:
    """Return the process's one client. Raises NotConfigured without a key."""
    key = settings.OPENAI_API_KEY.reveal()
    if not key:
        raise NotConfigured(
            "No OpenAI key is set. Put it into OPENAI_API_KEY, or its file's path into "
            "OPENAI_API_KEY_FILE; docs/openai.md says more."
        )
    return Client(key, settings.OPENAI_BASE_URL)


def _forget(**kwargs: object) -> None:
    if str(kwargs.get("setting")).startswith("OPENAI_"):
        client.cache_clear()


setting_changed.connect(_forget)

__all__ = ["Client", "Refused", "Request", "client"]
