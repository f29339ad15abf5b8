"""T9 for embeddings: full batches, each text once, and nothing but good vectors."""

import base64
import struct

import numpy as np
import pytest
from django.core.cache import cache

from insights.embedding.openai import OpenAIEmbedder, _batches
from insights.models import ApiCall
from insights.openai import MalformedAnswer, Refused, Unavailable
from tests.openai.standin import faults

pytestmark = pytest.mark.django_db

EMBED = "POST /embeddings"


@pytest.fixture
def embedder(standin):
    return OpenAIEmbedder()  # the server's address is in its cache keys


def each(change):
    def whole(body):
        return {**body, "data": change(body["data"])}

    return faults.changed(whole)


def test_vectors_are_of_length_one_in_the_texts_order(embedder, provider):
    texts = ["Nurses swap shifts", "Payroll closes on the 20th", "The export is slow"]
    found = embedder.embed(texts)

    assert found.shape == (3, 384)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(found, provider.brain.embed(texts, 384), atol=1e-5)
    assert embedder.name == "text-embedding-3-small/384"


def test_no_texts_cost_nothing(embedder, standin):
    assert embedder.embed([]).shape == (0, 384)
    assert standin.calls == []


def test_a_text_is_paid_for_once_in_a_call_and_after_a_kill(embedder, standin):
    first = embedder.embed(["The same", "Another", "The same"])
    again = OpenAIEmbedder().embed(["The same"])  # a new process, before anything was stored

    assert standin.count(EMBED) == 1
    assert len(standin.calls[0].body["input"]) == 2
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_array_equal(first[0], again[0])


@pytest.mark.parametrize(("text", "said"), [("", "Text 1 is empty"), (" \n", "Text 1 is empty"),
                                            ("\ud800", "Text 1 is not Unicode")])  # fmt: skip
def test_bad_texts_are_named_before_anything_is_sent(embedder, standin, text, said):
    with pytest.raises(ValueError, match=said):
        embedder.embed(["fine", text])
    assert standin.calls == []


def test_batches_keep_to_the_limits():
    short = [(str(n), "word") for n in range(5000)]
    assert [len(batch) for batch in _batches(short)] == [2048, 2048, 904]
    long = [(str(n), "x" * 24_000) for n in range(80)]
    assert [len(batch) for batch in _batches(long)] == [37, 37, 6]


def test_a_text_beyond_the_models_limit_is_embedded_by_its_beginning(embedder, standin):
    embedder.embed(["äö" * 30_000])
    (call,) = standin.calls
    assert call.status == 200
    assert 20_000 < len(call.body["input"][0].encode()) <= 3 * 8192


def test_reordered_indexes_are_put_in_order(embedder, standin, provider, turned):
    standin.script(EMBED, each(lambda rows: rows[::-1]))
    texts = ["one thing", "another thing", "a third"]
    np.testing.assert_allclose(embedder.embed(texts), provider.brain.embed(texts, 384), atol=1e-5)
    assert (standin.count(EMBED), turned.slept) == (1, [])


def test_lists_of_numbers_are_taken_as_well(embedder, standin, provider):
    def listed(rows):
        return [
            {**row, "embedding": list(struct.unpack("<384f", base64.b64decode(row["embedding"])))}
            for row in rows
        ]

    standin.script(EMBED, each(listed))
    found = embedder.embed(["one thing"])
    np.testing.assert_allclose(found, provider.brain.embed(["one thing"], 384), atol=1e-5)


def packed(values):
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:-1],
        lambda rows: [*rows, rows[0]],
        lambda rows: [{**row, "embedding": packed([float("nan")] * 384)} for row in rows],
        lambda rows: [{**row, "embedding": packed([float("inf")] * 384)} for row in rows],
        lambda rows: [{**row, "embedding": packed([0.0] * 384)} for row in rows],
        lambda rows: [{**row, "embedding": "not base64!"} for row in rows],
        lambda rows: [{**row, "embedding": None} for row in rows],
        lambda rows: [{**row, "index": 0} for row in rows],
        lambda rows: [{**row, "index": n + 1} for n, row in enumerate(rows)],
        lambda rows: [[] for _ in rows],
        lambda rows: None,
    ],
)
def test_wrong_vectors_are_asked_for_once_more_and_then_refused(embedder, standin, turned, change):
    standin.script(EMBED, *[each(change)] * 3)

    with pytest.raises(MalformedAnswer):
        embedder.embed(["one", "two"])

    assert standin.count(EMBED) == 2
    assert [0.5 <= slept <= 1 for slept in turned.slept] == [True]
    call = ApiCall.objects.get()
    assert (call.state, call.attempts) == ("failed", 2)
    assert call.prompt_tokens == 2 * 2, "both answers were billed"
    assert cache.get(embedder._key("one")) is None


def test_wrong_once_and_then_right(embedder, standin, turned):
    standin.script(EMBED, each(lambda rows: rows[:-1]))
    assert embedder.embed(["one", "two"]).shape == (2, 384)
    assert (standin.count(EMBED), len(turned.slept)) == (2, 1)


def test_a_run_that_broke_off_pays_only_for_the_rest(embedder, standin, settings, monkeypatch):
    settings.OPENAI_CONCURRENCY = 1
    monkeypatch.setattr("insights.embedding.openai.MOST_TEXTS", 10)
    texts = [f"statement {n}" for n in range(35)]
    good = faults.changed(lambda body: body)
    standin.script(EMBED, good, good, faults.spent())
    with pytest.raises(Refused, match="credit"):
        embedder.embed(texts)

    embedder.embed(texts)

    sent = [text for call in standin.calls if call.status == 200 for text in call.body["input"]]
    assert sorted(sent) == sorted(texts), "each text paid for once"


def test_an_outage_says_so(embedder, standin, turned):
    standin.script(EMBED, *[faults.error(500)] * 5)
    with pytest.raises(Unavailable):
        embedder.embed(["one"])
    assert (standin.count(EMBED), len(turned.slept)) == (5, 4)
