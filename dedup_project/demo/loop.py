"""The whole loop on the bundled corpus, measured against its gold labels."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User
from django.utils import timezone

from dedup_project.demo.gold import Gold
from dedup_project.demo.measure import auto_merge_scores
from dedup_project.demo.reviewer import GoldReviewer
from finetuning.lifecycle import activation, polling, start
from finetuning.models import DeduplicationModel
from insights.clustering.run import run_clustering
from insights.ingest.pipeline import process, results, waits
from insights.ingest.readers import read_file
from insights.ingest.sources import register
from insights.jobs.progress import Timings
from insights.models import (
    Cluster,
    ClusterStatus,
    DecisionKind,
    Insight,
    InsightStatus,
    MergeDecision,
    Source,
)
from insights.text.plural import counted
from insights.types import JSONObject

LEAVE_EVERY = 8
MAX_ROUNDS = 4
METRICS = ("precision", "recall", "f1", "average_precision", "brier")


@dataclass
class Loop:
    say: Callable[[str], None]
    backend: str = "local"
    gold: Gold = field(default_factory=Gold)
    timings: Timings = field(default_factory=Timings)

    def run(self) -> JSONObject:
        """Ingest two thirds, cluster, review, train, activate, ingest the rest; summarise."""
        reviewer = GoldReviewer(self.gold, self._reviewer_account(), leave_every=LEAVE_EVERY)
        sources = self.gold.sources()
        cut = len(sources) * 2 // 3
        self._ingest("ingest", sources[:cut])
        self._review(reviewer)
        model = self._train()
        since = timezone.now()
        self._ingest("ingest_with_auto_merge", sources[cut:])
        with self.timings.step("cluster_with_model"):
            run = run_clustering()
        clusters = counted(run.counts["clusters"], "cluster")
        self.say(f"Clustered with {run.model_version}: {clusters} open.")
        return self._summary(model, since)

    def _reviewer_account(self) -> User:
        user, _ = User.objects.get_or_create(
            username="scripted-reviewer",
            defaults={"is_staff": True, "is_superuser": True, "first_name": "Scripted reviewer"},
        )
        return user

    def _ingest(self, step: str, paths: list[Path]) -> None:
        waited: Counter[str] = Counter()
        counts = {"statements": 0, "created": 0, "repeated": 0, "merged": 0}
        with self.timings.step(step):
            for path in paths:
                data, content = read_file(path)
                source, _ = register(path.name, data, content)
                run = process(source, content=content)
                for name in counts:
                    counts[name] += run.counts[name]
                waited.update(waits(run.counts))
        self.say(
            f"Ingested {counted(len(paths), 'source')}: {results(counts)}."
            + "".join(f" {name.capitalize()}: {count}." for name, count in waited.most_common())
        )

    def _review(self, reviewer: GoldReviewer) -> None:
        """Cluster and decide until clustering proposes nothing new."""
        for _ in range(MAX_ROUNDS):
            with self.timings.step("cluster"):
                run = run_clustering()
            with self.timings.step("review"):
                decided = reviewer.review()
            self.say(
                f"Clustered: {counted(run.counts['opened'], 'cluster')} opened. "
                "The scripted reviewer decided "
                + (", ".join(f"{n} {kind}" for kind, n in sorted(decided.items())) or "none")
                + "."
            )
            if not decided:
                return

    def _train(self) -> DeduplicationModel:
        with self.timings.step("train"):
            model = start.start_fine_tuning(backend=self.backend)
            model = polling.wait(model)
        activation.activate(model, actor=None)
        held_out, baseline = model.metrics["held_out"], model.metrics["baseline"]
        self.say(
            f"Trained {model}: average precision {held_out['average_precision']:.3f} on held-out "
            f"decisions, similarity alone {baseline['average_precision']:.3f}. Activated."
        )
        return model

    def _summary(self, model: DeduplicationModel, since: datetime) -> JSONObject:
        return {
            "sources": Source.objects.count(),
            "insights": {
                "total": Insight.objects.count(),
                "active": Insight.objects.filter(status=InsightStatus.ACTIVE).count(),
            },
            "clusters": {
                "total": Cluster.objects.count(),
                "open": Cluster.objects.filter(status=ClusterStatus.OPEN).count(),
            },
            "decisions": {
                kind: MergeDecision.objects.filter(kind=kind)
                .exclude(evidence__has_key="exact_repeat")
                .count()
                for kind in DecisionKind.values
            },
            "model": {
                "version": model.version,
                "status": model.status,
                "held_out": {name: model.metrics["held_out"][name] for name in METRICS},
                "similarity_only": {name: model.metrics["baseline"][name] for name in METRICS},
            },
            "auto_merged": auto_merge_scores(self.gold, since),
            "seconds": dict(self.timings),
        }
