"""Ingestion: everything once, nothing half, and what a model merges can be taken back."""

import threading

import pytest
from django.db import connection

from insights import tasks
from insights.decider import DuplicateCheck
from insights.ingest import pipeline
from insights.ingest.pipeline import process
from insights.ingest.readers import Options, read_source
from insights.ingest.sources import is_processed, queue_processing, register
from insights.models import (
    DecisionKind,
    Insight,
    InsightSource,
    MergeDecision,
    ProcessingRun,
    Source,
)
from insights.review.actions import ApproveCluster, UndoDecision

ROWS = ["Nurses swap shifts by text message.", "Payroll closes on the 20th.", "Exports are slow."]


def csv(rows):
    return ("insight\n" + "\n".join(f'"{row}"' for row in rows) + "\n").encode()


def ingest(data, name="insights.csv", **options):
    source, _ = register(name, data, read_source(name, data, Options(**options)))
    return process(source)


@pytest.fixture(autouse=True)
def _without_model(settings):
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"


@pytest.mark.django_db
def test_each_row_becomes_an_embedded_insight_with_its_place():
    run = ingest(csv(ROWS))
    assert run.counts["created"] == 3
    assert list(
        InsightSource.objects.order_by("ordinal").values_list("statement", "insight__statement")
    ) == [(row, row) for row in ROWS]
    assert Insight.objects.filter(embedding__isnull=False).count() == 3
    assert all(place.run == run for place in InsightSource.objects.all())


@pytest.mark.django_db
def test_the_same_file_again_creates_nothing():
    first = ingest(csv(ROWS))
    again = ingest(csv(ROWS), name="copy of insights.csv")
    assert again == first
    assert (Source.objects.count(), ProcessingRun.objects.count()) == (1, 1)
    assert InsightSource.objects.count() == 3


@pytest.mark.django_db
def test_an_exact_repeat_in_other_spacing_and_punctuation_is_one_insight_with_two_places():
    ingest(csv(ROWS))
    run = ingest(csv(["exports  are slow", "Something new."]), name="more.csv")
    assert (run.counts["created"], run.counts["repeated"]) == (1, 1)
    assert Insight.objects.get(statement="Exports are slow.").sources.count() == 2


@pytest.mark.django_db
def test_a_repeat_of_a_merged_statement_goes_to_its_canonical(make_cluster, reviewer):
    ingest(csv(ROWS))
    pair = list(Insight.objects.order_by("statement")[:2])
    decision = ApproveCluster(
        cluster_id=make_cluster(pair).pk, actor=reviewer, canonical_id=pair[0].pk
    ).execute()
    ingest(csv([pair[1].statement]), name="more.csv")
    assert pair[0].sources.count() == 3

    UndoDecision(decision_id=decision.pk, actor=reviewer).execute()

    assert (pair[0].sources.count(), pair[1].sources.count()) == (1, 2)


@pytest.mark.django_db
def test_a_run_that_was_killed_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr(pipeline, "BATCH", 2)
    data = csv([f"Statement number {n} is about topic {n}." for n in range(7)])
    source, _ = register("rows.csv", data, read_source("rows.csv", data))
    store = pipeline._Processing._store
    calls = []

    def dies_in_the_third_batch(self, batch, *args):
        calls.append(batch)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return store(self, batch, *args)

    monkeypatch.setattr(pipeline._Processing, "_store", dies_in_the_third_batch)
    with pytest.raises(KeyboardInterrupt):
        process(source)
    assert InsightSource.objects.count() == 4
    assert not is_processed(source)
    # As kill -9 leaves it: nobody has written that the run ended.
    ProcessingRun.objects.update(status="running", finished_at=None)
    monkeypatch.setattr(pipeline._Processing, "_store", store)

    seen = []
    run = process(source, progress=lambda step, done, total: seen.append(done))

    assert seen[:3] == [0, 2, 4], "progress shows while it skips what is stored"
    assert (run.counts["resumed_after"], run.counts["created"]) == (4, 3)
    assert source.runs.get(status="failed").counts["created"] == 4, "what the dead run had stored"
    assert sorted(InsightSource.objects.values_list("ordinal", flat=True)) == list(range(7))
    assert Insight.objects.count() == 7
    assert sorted(source.runs.values_list("status", flat=True)) == ["failed", "succeeded"]


@pytest.mark.django_db
def test_text_that_is_known_is_not_embedded_again(monkeypatch):
    ingest(csv(ROWS))
    embedded = []
    embedder = type(pipeline.embed_statements.__globals__["embedder"]())
    original = embedder.embed
    monkeypatch.setattr(
        embedder, "embed", lambda self, texts, **k: embedded.extend(texts) or original(self, texts)
    )
    ingest(csv([*ROWS, "A new one."]), name="more.csv")
    assert embedded == ["A new one."]


class MergesIntoTheFirst:
    """A decider that is sure of everything: it stands for a model in the tests of the pipeline."""

    model_version = "version 7"
    out_below = 0.7

    def check(self, insights):
        first = Insight.objects.order_by("created_at").first()
        return [
            DuplicateCheck(should_merge=insight != first, existing_insight_id=first.pk,
                           confidence=0.97, similarity=0.8, model_version=self.model_version)
            for insight in insights
        ]  # fmt: skip

    def judge(self, pairs):
        return [None] * len(pairs)


@pytest.mark.django_db
def test_a_sure_duplicate_links_its_source_with_a_receipt_that_can_be_undone(settings, reviewer):
    settings.DUPLICATE_DECIDER = f"{__name__}.MergesIntoTheFirst"
    run = ingest(csv(ROWS))
    assert (run.counts["created"], run.counts["merged"]) == (1, 2)
    first = Insight.objects.get(status="active")
    assert first.sources.count() == 3
    receipt = MergeDecision.objects.filter(kind=DecisionKind.AUTOMATIC).first()
    assert receipt.model_version == "version 7"
    assert receipt.evidence["confidence"] == 0.97

    UndoDecision(decision_id=receipt.pk, actor=reviewer).execute()

    assert first.sources.count() == 2
    assert Insight.objects.filter(status="active").count() == 2


@pytest.mark.django_db
def test_a_run_that_was_killed_before_it_merged_merges_when_it_goes_on(settings, monkeypatch):
    settings.DUPLICATE_DECIDER = f"{__name__}.MergesIntoTheFirst"
    data = csv(ROWS)
    source, _ = register("rows.csv", data, read_source("rows.csv", data))
    check = MergesIntoTheFirst.check
    monkeypatch.setattr(MergesIntoTheFirst, "check", _dies_with_insights)
    with pytest.raises(KeyboardInterrupt):
        process(source)
    assert Insight.objects.filter(status="active").count() == 3
    monkeypatch.setattr(MergesIntoTheFirst, "check", check)

    run = process(source)

    assert run.counts["merged"] == 2
    assert Insight.objects.filter(status="active").count() == 1


def _dies_with_insights(self, insights):
    if insights:
        raise KeyboardInterrupt
    return []


@pytest.mark.django_db(transaction=True)
def test_two_ingests_of_the_same_statements_at_once_give_one_row_each():
    rows = [f"Statement number {n} is about topic {n}." for n in range(40)]
    orders = [rows, rows[::-1]]
    barrier = threading.Barrier(2)
    failures = []

    def run(number):
        try:
            data = csv(orders[number])
            name = f"{number}.csv"
            source, _ = register(name, data, read_source(name, data))
            barrier.wait()
            process(source)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert Insight.objects.count() == 40
    assert InsightSource.objects.count() == 80
    assert all(insight.sources.count() == 2 for insight in Insight.objects.all())


@pytest.mark.django_db
def test_a_long_source_is_cut_into_pieces_that_go_on(monkeypatch):
    monkeypatch.setattr(pipeline, "BATCH", 1)
    handed_on = []
    monkeypatch.setattr(tasks, "CHUNK_SECONDS", 0.0)
    monkeypatch.setattr(
        "insights.jobs.enqueue.enqueue", lambda task, *args: handed_on.append((task, args))
    )
    data = csv(ROWS)
    source, _ = register("insights.csv", data, read_source("insights.csv", data))
    arguments = (str(queue_processing(source).pk),)

    said = [tasks.process_source(*arguments)["status"] for _ in ROWS]

    assert said == ["queued", "queued", "succeeded"]
    *pieces, (last, _) = handed_on
    assert pieces == [("insights.tasks.process_source", arguments)] * 2
    assert last == "insights.tasks.cluster_all", "once, after the last piece"
    run = ProcessingRun.objects.get()
    assert (run.attempts, run.counts["resumed_after"]) == (1, 2)
    assert (run.counts["statements"], run.counts["created"]) == (3, 3), "of all its pieces"
    assert InsightSource.objects.count() == Insight.objects.count() == 3
