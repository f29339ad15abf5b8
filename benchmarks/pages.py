"""Time of the server for each page, in milliseconds: median and worst of five warm requests.

    python -m benchmarks.pages [--insights 200000] [--clusters 20000] [--keep]

The demo's data, filled up with insights of random vectors whose statements share a small
vocabulary (a search for one word finds thousands), each with occurrences that name a person, a
company, a segment and a day. `--keep` leaves the database, and the next run with `--keep` uses it.
"""

import argparse
import logging
import os
import statistics
import time
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.urls import reverse  # noqa: E402

from benchmarks.review import FETCH, fill  # noqa: E402
from dedup_project.demo.loop import Loop  # noqa: E402
from finetuning.models import DeduplicationModel, ModelPrediction, PredictionOrigin  # noqa: E402
from finetuning.thresholds.changes import as_it_is  # noqa: E402
from insights.models import (  # noqa: E402
    Cluster,
    ClusterPair,
    Insight,
    MergeDecision,
    ProcessingRun,
    RunStatus,
    Source,
)

THREE = "segment=care&since=2025-01-01&attribute=plan&value=team"
ROUNDS, WARM_UP, SOURCES = 5, 1, 400
WORDS = (
    "rota payroll shift export invoice driver depot report holiday manager "
    "late wrong missing slow unclear locked expensive empty broken manual "
    "Leeds York Dover Hull Bath Wells Ripon Truro Derby Exeter"
).split()
MENTION = """
INSERT INTO insight_sources (id, insight_id, origin_insight_id, source_id, run_id, ordinal, locator,
    statement, version, previous, created_at, said_on, person, company, segment, attributes,
    rating, link, external_id, date, record_key, record_hash)
SELECT gen_random_uuid(), found.id, found.id, run.source_id, run.id, 1000 + n / %(sources)s,
    'row ' || n, found.statement, 1, '[]', now(), date '2024-01-01' + (n %% 900)::int,
    'Person ' || n %% 5000, 'Company ' || n %% 300,
    (ARRAY['trade', 'care', 'retail', 'public'])[1 + n %% 4],
    jsonb_build_object('plan', (ARRAY['free', 'team', 'business'])[1 + n %% 3]),
    '', '', '', '', '', ''
FROM (SELECT insights.id, statement, row_number() OVER (ORDER BY insights.id) AS n FROM insights
      WHERE status = 'active'
        AND NOT EXISTS (SELECT FROM insight_sources WHERE insight_id = insights.id)) AS found
JOIN (SELECT processing_runs.id, source_id,
             row_number() OVER (ORDER BY processing_runs.id) - 1 AS at
      FROM processing_runs JOIN sources ON sources.id = source_id AND title LIKE 'Interviews %%'
     ) AS run ON run.at = found.n %% %(sources)s
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="unused: the rows are the demo's, or generated")
    parser.add_argument("--clusters", type=int, default=20_000)
    parser.add_argument("--insights", type=int, default=200_000)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    setup_test_environment()
    logging.disable(logging.WARNING)
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = "bench_pages"
    connection.creation.create_test_db(
        verbosity=0, autoclobber=True, serialize=False, keepdb=given.keep
    )
    try:
        if not Insight.objects.exists():
            Loop(say=lambda line: None).run()
            fill(given.clusters, given.insights, say=say)
            mention()
        measure()
    finally:
        if not given.keep:
            connection.creation.destroy_test_db(name, verbosity=0)


def say(number: int) -> str:
    """Return a statement of the vocabulary."""
    what, where, how = (WORDS[10 * part + number // 10**part % 10] for part in range(3))
    return f"the {what} is {where} in {how} in case {number}"


def mention() -> None:
    """Give the added insights occurrences, and their pairs a prediction."""
    for number in range(SOURCES):
        title = f"Interviews {number}"
        source = Source.objects.create(
            name=f"{title}.csv", title=title, format="csv", content=b"",
            content_hash=uuid4().hex * 2, size=0,
        )  # fmt: skip
        ProcessingRun.objects.create(source=source, status=RunStatus.SUCCEEDED)
    with connection.cursor() as cursor:
        cursor.execute(MENTION, {"sources": SOURCES})
        cursor.execute("ANALYZE")
    model = DeduplicationModel.objects.active()
    assert model is not None  # noqa: S101 - the demo trains one
    known = set(ModelPrediction.objects.filter(model=model).values_list("insight1", "insight2"))
    pairs = ClusterPair.objects.filter(cluster__status="open").values_list(
        "insight1", "insight2", "probability", "similarity"
    )
    ModelPrediction.objects.bulk_create(
        [
            ModelPrediction(
                model=model, insight1_id=one, insight2_id=other, prediction=probability >= 0.5,
                probability=probability, confidence=max(probability, 1 - probability),
                similarity_score=similarity, origin=PredictionOrigin.CLUSTERING,
            )
            for one, other, probability, similarity in pairs
            if probability is not None and (one, other) not in known
        ],
        batch_size=2000,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def pages() -> dict[str, str]:
    """Return the addresses by what they show."""

    def of(name: str, *args: object) -> str:
        return reverse(f"admin:{name}", args=args)

    insights = of("insights_insight_changelist")
    model = DeduplicationModel.objects.active()
    assert model is not None  # noqa: S101 - the demo trains one
    today = as_it_is(model)
    drag = (
        f"{of('finetuning_deduplicationmodel_thresholds')}?model={model.pk}"
        f"&auto_merge_proof={today.auto_merge_proof}"
    )
    merge = today.auto_merge_confidence
    apart = today.cluster_out_confidence
    some = Insight.objects.filter(status="active").order_by("pk")[100]
    said = some.sources.first()
    cluster = Cluster.objects.filter(status="open").order_by("pk")[100]
    return {
        "Overview": of("index"),
        "Review": of("review"),
        "A cluster to review": of("review_item", cluster.pk),
        "Contradictions": of("review_contradictions"),
        "Bulk approval": f"{of('review_batch')}?probability=0.9",
        "Keys": of("review_keys"),
        "Merged by the model": of("review_merged"),
        "Insights": insights,
        "Insights, page 50": f"{insights}?p=50",
        "Insights by people": f"{insights}?o=4",
        "Insights of all statuses": f"{insights}?status=all",
        "Insights: a rare word": f"{insights}?q=case+77123",
        "Insights: a broad word": f"{insights}?q=payroll",
        "Insights: two broad words": f"{insights}?q=payroll+leeds",
        "Insights: one company": f"{insights}?company=Company+77",
        "Insights: three filters": f"{insights}?{THREE}",
        "Insights: three filters and a word": f"{insights}?{THREE}&q=payroll",
        "An insight": of("insights_insight_change", some.pk),
        "Clusters": of("insights_cluster_changelist"),
        "Clusters: a broad word": f"{of('insights_cluster_changelist')}?q=payroll",
        "Evidence of a cluster": of("insights_cluster_change", cluster.pk),
        "Decisions": of("insights_mergedecision_changelist"),
        "A decision": of("insights_mergedecision_change", MergeDecision.objects.all()[0].pk),
        "Sources": of("insights_source_changelist"),
        "A source": of("insights_source_change", said.source_id if said else ""),
        "Audit": of("insights_audititem_changelist"),
        "Models": of("finetuning_deduplicationmodel_changelist"),
        "A model": of("finetuning_deduplicationmodel_change", model.pk),
        "Evaluation": f"{of('finetuning_deduplicationmodel_changelist')}evaluation/",
        "Thresholds": of("finetuning_deduplicationmodel_thresholds"),
        "Changes: merge from": (
            f"{drag}&auto_merge_confidence={merge - 0.03:.2f}&cluster_out_confidence={apart}"
        ),
        "Changes: never group below": (
            f"{drag}&auto_merge_confidence={merge}&cluster_out_confidence={apart + 0.05:.2f}"
        ),
        "Predictions": of("finetuning_modelprediction_changelist"),
        "Settings": of("settings"),
        "People": of("people"),
        "Schedules": of("schedules"),
        "Health": of("health"),
    }


def measure() -> None:
    user, _ = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    print("| page | median | worst |\n|---|---:|---:|")
    for name, address in pages().items():
        taken = []
        for _ in range(WARM_UP + ROUNDS):
            began = time.perf_counter()
            # The script of the thresholds asks for the list of changes alone.
            response = client.get(address, headers=FETCH if name.startswith("Changes") else {})
            taken.append((time.perf_counter() - began) * 1000)
            if response.status_code != 200:
                raise SystemExit(f"{name}: {response.status_code} from {address}")
        taken = taken[WARM_UP:]
        print(f"| {name} | {statistics.median(taken):.0f} | {max(taken):.0f} |", flush=True)


if __name__ == "__main__":
    main()
