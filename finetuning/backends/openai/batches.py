"""The Batch API for large clustering runs and evaluations: half the price, within a day.

A batch fills the store of kept answers (`insights.openai.answer_cache`); whoever asks about the
same pairs afterwards finds them there. So nothing else knows of batches, and a lost one costs only
its pairs.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from finetuning.backends import StatementPair
from finetuning.backends.openai import requests, scorer
from finetuning.errors import FineTuningError
from finetuning.models import DeduplicationModel, HostedBatch
from finetuning.models.deduplication_model import HOSTED
from insights.models import ApiCall, ApiCallState
from insights.openai import Client, MalformedAnswer, Request, answer_cache, client, clock, ledger
from insights.openai.prices import BATCH_SHARE, price_of, tokens_in

PURPOSE = "batch"
ENDPOINT = "/v1/chat/completions"
MOST_REQUESTS = 50_000
MOST_BYTES = 190 * 1024 * 1024  # of the 200 MB
DONE = {"completed", "expired", "cancelled", "failed"}
LOST_FOR = timedelta(minutes=5)
TAG = "insight_dedup_batch"


@dataclass(frozen=True, slots=True)
class _Lines:
    data: bytes
    tokens: int
    completion_tokens: int
    count: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a batch: answers kept, and why the others are missing."""

    kept: int
    failed: dict[str, int] = field(default_factory=dict)


def submit(model: DeduplicationModel, pairs: Sequence[StatementPair]) -> list[HostedBatch]:
    """Batches for those pairs that no kept answer is there for; none when all are known.

    Raises FineTuningError for a model that is not hosted, and ProviderError. What was written down
    and not yet sent is sent by the next `advance`.
    """
    if model.backend not in HOSTED:
        raise FineTuningError(f"{model} is not at a provider; it answers at once, in batches too.")
    mode = scorer.HostedScorer(model.fine_tuned_model_id, model.parameters).mode
    wanted = {scorer.answer_key(model.fine_tuned_model_id, pair, mode): pair for pair in pairs}
    for key in answer_cache.known(wanted.keys()):
        del wanted[key]
    batches = []
    for lines in _split(model.fine_tuned_model_id, wanted.items(), mode):
        batch = HostedBatch.objects.create(
            model=model, mode=mode, content=lines.data.decode(), requests=lines.count
        )
        _reserve(batch, model.fine_tuned_model_id, lines)
        _send(client(), batch)
        batches.append(batch)
    return batches


def advance(batch: HostedBatch) -> Taken | None:
    """One look; what came of it once it is over, whatever the outcome. Raises ProviderError."""
    openai = client()
    if not batch.batch_id and not _send(openai, batch):
        return None
    said = openai.call(_request(lambda sdk: sdk.batches.with_raw_response.retrieve(batch.batch_id)))
    batch.status = str(said["status"])[:32]
    batch.save(update_fields=["status"])
    if batch.status not in DONE:
        return None
    return _take(openai, batch, said)


def unfinished() -> list[HostedBatch]:
    return list(HostedBatch.objects.filter(finished_at=None).order_by("created_at"))


def _split(
    name: str, wanted: Iterable[tuple[str, StatementPair]], mode: scorer.Mode
) -> Iterator[_Lines]:
    lines: list[bytes] = []
    size = tokens = completion = 0
    for key, pair in wanted:
        body = scorer.body(name, pair, mode)
        line = json.dumps({"custom_id": key, "method": "POST", "url": ENDPOINT, "body": body})
        data = line.encode() + b"\n"
        if lines and (len(lines) == MOST_REQUESTS or size + len(data) > MOST_BYTES):
            yield _Lines(b"".join(lines), tokens, completion, len(lines))
            lines, size, tokens, completion = [], 0, 0, 0
        lines.append(data)
        size += len(data)
        tokens += tokens_in(body["messages"][0]["content"]) + 20
        completion += body["max_completion_tokens"]
    if lines:
        yield _Lines(b"".join(lines), tokens, completion, len(lines))


def _reserve(batch: HostedBatch, name: str, lines: _Lines) -> None:
    call = ledger.reserve(
        ledger.Estimate(
            PURPOSE, name, lines.tokens, lines.completion_tokens,
            cost_usd=_cost(name, lines.tokens, lines.completion_tokens),
        )
    )  # fmt: skip
    batch.call = call.pk
    batch.save(update_fields=["call"])


def _cost(name: str, prompt: int, completion: int) -> Decimal | None:
    price = price_of(name)
    return BATCH_SHARE * price.of(prompt, completion) if price else None


def _send(openai: Client, batch: HostedBatch) -> bool:
    """Create it at the provider, once: one that was asked for before is looked up by its tag."""
    if batch.create_asked_at:
        found = requests.tagged(
            openai, lambda sdk, after: sdk.batches.with_raw_response.list(**after),
            TAG, str(batch.pk),
        )  # fmt: skip
        if found is not None:
            return _sent(batch, found)
        if _now() - batch.create_asked_at < LOST_FOR:
            return False
    batch.upload = batch.upload or requests.upload(
        openai, f"insight-dedup-batch-{batch.pk}.jsonl", batch.content.encode(), "batch"
    )
    batch.create_asked_at = _now()
    batch.save(update_fields=["upload", "create_asked_at"])
    created = openai.call(
        _request(
            lambda sdk: sdk.batches.with_raw_response.create(
                input_file_id=batch.upload,
                endpoint=ENDPOINT,
                completion_window="24h",
                metadata={TAG: str(batch.pk)},
            ),
            repeatable=False,
        )
    )
    return _sent(batch, created)


def _sent(batch: HostedBatch, said: dict[str, Any]) -> bool:
    batch.batch_id, batch.status = str(said["id"]), str(said["status"])[:32]
    batch.save(update_fields=["batch_id", "status"])
    return True


def _take(openai: Client, batch: HostedBatch, said: dict[str, Any]) -> Taken:
    """Both files, in whatever order their lines are; then the ledger is settled."""
    kept: dict[str, float] = {}
    failed: dict[str, int] = {}
    prompt = completion = 0
    asked = {json.loads(line)["custom_id"] for line in batch.content.splitlines()}
    for name in ("output_file_id", "error_file_id"):
        if not said.get(name):
            continue
        for row in _rows(requests.content(openai, str(said[name]))):
            key = str(row.get("custom_id"))
            if key not in asked or key in kept:
                continue
            body = (row.get("response") or {}).get("body") or {}
            usage = body.get("usage") or {}
            prompt += int(usage.get("prompt_tokens") or 0)
            completion += int(usage.get("completion_tokens") or 0)
            try:
                kept[key] = scorer.read(body, batch.mode)  # type: ignore[arg-type]
            except (MalformedAnswer, scorer.NoLogprobs) as error:
                reason = _reason(row, body) or str(error)
                failed[reason] = failed.get(reason, 0) + 1
    for problem in ((said.get("errors") or {}).get("data")) or []:
        failed[str(problem.get("message"))[:200]] = batch.requests
    answer_cache.keep(kept, purpose=scorer.PURPOSE, model=batch.model.fine_tuned_model_id)
    missing = batch.requests - len(kept) - sum(failed.values())
    if missing > 0:
        failed["no answer"] = missing
    _settle(batch, prompt, completion)
    batch.answered, batch.failures, batch.finished_at = len(kept), failed, _now()
    batch.save(update_fields=["answered", "failures", "finished_at"])
    return Taken(len(kept), failed)


def _reason(row: dict[str, Any], body: dict[str, Any]) -> str:
    said = row.get("error") or body.get("error") or {}
    return str(said.get("message") or said.get("code") or "")[:200]


@transaction.atomic
def _settle(batch: HostedBatch, prompt: int, completion: int) -> None:
    call = ApiCall.objects.filter(pk__in=[batch.call], state=ApiCallState.SENT).first()
    if call is None:
        return
    call.state = ApiCallState.ANSWERED
    call.prompt_tokens, call.completion_tokens = prompt, completion
    call.cost_usd = _cost(call.model, prompt, completion)
    ledger.settle(call)


def _rows(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.split(b"\n"):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError:
                continue  # counted as "no answer"
            if isinstance(row, dict):
                yield row


def _request(send: Any, *, repeatable: bool = True) -> Request[dict[str, Any]]:
    return Request(PURPOSE, "", send=send, read=requests.with_status, repeatable=repeatable)


def _now() -> datetime:
    return datetime.fromtimestamp(clock.now(), UTC)
