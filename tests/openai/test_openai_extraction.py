"""Extraction: what the chunk supports is kept, what the model invents is dropped and counted."""

import json

import pytest

from insights.ingest.chunking import Chunk
from insights.ingest.extraction.openai import OpenAIExtractor
from insights.ingest.pipeline import process
from insights.ingest.readers import read_source
from insights.ingest.sources import register
from insights.models import ApiAnswer, InsightSource, ProcessingRun, ProviderDialect
from insights.openai import MalformedAnswer, Refused, Unavailable
from tests.openai.standin import faults

pytestmark = pytest.mark.django_db
CHAT = "POST /chat/completions"

TEXT = "Nurses swap their shifts by phone.\nThe export takes 12 minutes. Nobody likes   the rota."


def chunk(text=TEXT, start=0, interviewer=False):
    return Chunk(text, "¶ 1", start, start + len(text), None, None, interviewer)


def says(provider, *rows):
    provider.brain.extract = lambda prompt: [
        {"statement": statement, "quote": quote} for statement, quote in rows
    ]


def test_statements_with_their_place(standin):
    found = OpenAIExtractor().extract(chunk(start=100))

    assert [one.text for one in found] == [
        "Nurses swap their shifts by phone.", "The export takes 12 minutes.",
        "Nobody likes the rota.",
    ]  # fmt: skip
    for one in found:
        assert TEXT[one.start - 100 : one.end - 100].split() == one.text.split()


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("Nurses love the app.", "Nurses love the app."),
        ("Nobody likes the rota.", "Nobody loves the rota."),  # the quote stands nowhere
        ("Doctors refuse overtime in winter.", "Nurses swap their shifts by phone."),
        ("The export takes 21 minutes.", "The export takes 12 minutes."),
        ("The export takes 12 minutes on 300 days.", "The export takes 12 minutes."),
        ("", "Nobody likes   the rota."),
        ("Nobody likes the rota.", " "),
        ("?!", "Nobody likes   the rota."),
        ("Nobody likes the rota. " * 40, "Nobody likes the rota."),
    ],
)
def test_what_the_text_does_not_support_is_dropped_and_counted(standin, provider, statement, quote):
    says(provider, (statement, quote), ("The export is slow: 12 minutes.",
                                        "The export takes 12 minutes."))  # fmt: skip
    extractor = OpenAIExtractor()

    assert extractor.prepare([chunk()]) == 1
    assert [one.text for one in extractor.extract(chunk())] == ["The export is slow: 12 minutes."]


def test_a_chunk_is_paid_for_once_and_says_the_same_again(standin):
    first = OpenAIExtractor().extract(chunk())
    assert OpenAIExtractor().extract(chunk()) == first
    assert standin.count(CHAT) == 1


def test_what_an_interviewer_says_is_not_sent(standin):
    assert OpenAIExtractor().extract(chunk(interviewer=True)) == []
    assert OpenAIExtractor().prepare([chunk(interviewer=True), chunk("  ")]) == 0
    assert standin.calls == []


def test_a_refusal_gives_no_statements(standin):
    refused = [{"message": {"content": None, "refusal": "I cannot."}}]
    standin.script(CHAT, faults.changed(lambda body: {**body, "choices": refused}))
    assert OpenAIExtractor().extract(chunk()) == []


@pytest.mark.parametrize(
    "content",
    ["no json", "[]", '{"insights": null}', '{"insights": [{"statement": "x"}]}',
     '{"insights": [{"statement": 1, "quote": "x"}]}', '{"insights": [{"statement": "cut'],
)  # fmt: skip
def test_an_answer_that_is_none_is_asked_for_three_times_at_most(standin, content):
    bad = faults.changed(
        lambda body: {**body, "choices": [{"message": {"content": content, "refusal": None}}]}
    )
    standin.script(CHAT, bad, bad, bad)
    with pytest.raises(MalformedAnswer):
        OpenAIExtractor().extract(chunk())
    assert standin.count(CHAT) == 3
    assert not ProviderDialect.objects.exists(), "another form did not help"
    assert not ApiAnswer.objects.exists()


DOCUMENT = "\n\n".join(f"Ward {n} swaps its shifts by phone every week." for n in range(12))


@pytest.fixture
def by_openai(standin, settings):
    settings.EXTRACTOR = "insights.ingest.extraction.openai.OpenAIExtractor"
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    settings.OPENAI_CONCURRENCY = 1


def ingest():
    data = DOCUMENT.encode()
    source, _ = register("notes.md", data, read_source("notes.md", data))
    return process(source)


def test_a_source_is_extracted_and_its_invented_statements_are_in_the_runs_counts(
    by_openai, provider
):
    def extract(prompt):
        text = json.loads(prompt)["text"]
        return [
            {"statement": text, "quote": text},
            {"statement": "Invented.", "quote": "Invented."},
        ]

    provider.brain.extract = extract
    run = ingest()

    assert run.status == "succeeded"
    assert (run.counts["created"], run.counts["unsupported"]) == (12, 12)
    assert InsightSource.objects.count() == 12


def test_a_run_that_the_provider_stopped_says_why_and_goes_on_where_it_stopped(by_openai, standin):
    standin.script(CHAT, *[faults.changed(lambda body: body)] * 7, faults.spent())
    with pytest.raises(Refused, match="credit is used up"):
        ingest()
    run = ProcessingRun.objects.get()
    assert run.status == "failed"
    assert "credit is used up" in run.error

    again = ingest()

    assert again.status == "succeeded"
    assert again.counts["created"] == 12
    assert standin.count(CHAT) == 13, "12 chunks and the refusal: money spent once"


def test_an_outage_fails_the_run_within_its_calls(by_openai, standin):
    standin.script(CHAT, *[faults.error(503)] * 50)
    with pytest.raises(Unavailable):
        ingest()
    assert standin.count(CHAT) == 5
