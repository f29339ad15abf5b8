"""The clustering run: candidate pairs, the model's verdicts, people's decisions, groups, clusters.

Everything is computed outside of any transaction and written in one at the end, so a run that is
cancelled, killed or overtaken leaves nothing half written.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from insights.clustering.assisted import assisted_groups
from insights.clustering.corpus import Constraints, Corpus, load_constraints, load_corpus
from insights.clustering.evidence import Proposal, propose
from insights.clustering.grouping import Group
from insights.clustering.similarity import (
    Cancelled,
    CandidatePairs,
    candidate_pairs,
)
from insights.clustering.store import (
    lock_active,
    lock_open_clusters,
    opened_since,
    store_proposals,
)
from insights.embedding.service import embed_missing
from insights.locks import advisory_lock, retry_on_deadlock
from insights.models import ClusteringRun, Insight, RunStatus
from insights.ports import DuplicateDecider, InsightPair, duplicate_decider
from insights.progress import Progress, Timings, recorded, silent
from insights.review.labels import Pair

JUDGE_BATCH = 2000
ALREADY_RUNNING = (
    "Clustering is already running. Wait for it to end, or cancel it in the admin under "
    "“Clustering runs”."
)


class AlreadyRunning(Exception):
    """Another process is clustering right now."""


def run_clustering(
    *,
    started_by: Any = None,
    threshold: float | None = None,
    max_size: int | None = None,
    queued: ClusteringRun | None = None,
    progress: Progress = silent,
) -> ClusteringRun:
    """Propose clusters of near-duplicates among all active insights.

    `queued` is a row of `queue_clustering`, with its own parameters. Raises AlreadyRunning. A
    cancelled or failed run is returned or raised with its row saying so.
    """
    with advisory_lock("clustering") as free:
        if not free:
            raise AlreadyRunning(ALREADY_RUNNING)
        died = ClusteringRun.objects.filter(status=RunStatus.RUNNING)
        if queued is not None:
            died = died.exclude(pk=queued.pk)
        died.update(
            status=RunStatus.FAILED,
            error="The process ended before the run did. Nothing was written.",
            finished_at=timezone.now(),
        )
        decider = duplicate_decider()
        run = queued or ClusteringRun(
            started_by=started_by, parameters=_parameters(threshold, max_size)
        )
        # Of the version that decides now, not when the run was queued.
        run.parameters = {**run.parameters, "out": decider.out_below}
        if queued is None:
            run.model_version = decider.model_version
            run.save(force_insert=True)
        elif not run.begin(model_version=decider.model_version, parameters=run.parameters):
            return run
        try:
            _Clustering(run, decider, recorded(run, progress)).execute()
        except Cancelled:
            run.finish(RunStatus.CANCELLED, error="Cancelled. Nothing was written.")
        except BaseException as error:
            run.finish(RunStatus.FAILED, error=f"{type(error).__name__}: {error}")
            raise
        return run


def queue_clustering(
    *, started_by: Any = None, threshold: float | None = None, max_size: int | None = None
) -> ClusteringRun:
    """The row to follow of a run that a worker will take. One that waits already is given back: it
    will see the same insights. Raises AlreadyRunning."""
    with advisory_lock("clustering") as free:
        if not free:
            raise AlreadyRunning(ALREADY_RUNNING)
    run, _ = ClusteringRun.objects.get_or_create(
        status=RunStatus.QUEUED,
        defaults={
            "started_by": started_by,
            "parameters": _parameters(threshold, max_size),
        },
    )
    return run


def _parameters(threshold: float | None, max_size: int | None) -> dict[str, Any]:
    return {
        "threshold": settings.CANDIDATE_SIMILARITY if threshold is None else threshold,
        "max_size": settings.CLUSTER_MAX_SIZE if max_size is None else max_size,
        "in": settings.CLUSTER_IN_CONFIDENCE,
    }


class _Clustering:
    def __init__(self, run: ClusteringRun, decider: DuplicateDecider, progress: Progress) -> None:
        self.run, self.decider, self.progress = run, decider, progress
        self.threshold: float = run.parameters["threshold"]
        self.max_size: int = run.parameters["max_size"]
        self.timings = Timings()

    def execute(self) -> None:
        with self.timings.step("embed"):
            embed_missing(progress=lambda done: self._report("embed", done, done))
        since = timezone.now()
        with self.timings.step("load"):
            corpus = load_corpus()
            constraints = load_constraints()
        with self.timings.step("candidate_pairs"):
            pairs = candidate_pairs(
                corpus.vectors,
                self.threshold,
                progress=lambda done: self._report("compare", done, len(corpus.ids)),
                cancelled=self.run.cancel_requested,
            )
        with self.timings.step("judge"):
            probability = self._judge(corpus, pairs, constraints)
        with self.timings.step("group"):
            groups = assisted_groups(
                corpus,
                pairs,
                probability,
                constraints,
                threshold=self.threshold,
                out_below=self.run.parameters["out"],
                max_size=self.max_size,
                cancelled=self.run.cancel_requested,
            )
        with self.timings.step("explain"):
            proposals = self._explain(corpus, groups, probability, constraints)
        with self.timings.step("store"):
            counts = retry_on_deadlock(lambda: self._store(proposals, since))
        self.run.finish(
            RunStatus.SUCCEEDED,
            counts={
                "insights": len(corpus.ids),
                "candidate_pairs": len(pairs),
                "pairs_capped": pairs.capped,
                "judged": len(probability),
                "clusters": len(proposals),
                **counts,
            },
            timings=dict(self.timings),
            # Who answered in the end: where a model failed, another may have stood in for it.
            model_version=self.decider.model_version if probability else "",
        )

    def _report(self, step: str, done: int, total: int) -> None:
        self.progress(step, done, total)

    def _check_cancelled(self) -> None:
        if self.run.cancel_requested():
            raise Cancelled

    def _judge(
        self, corpus: Corpus, pairs: CandidatePairs, constraints: Constraints
    ) -> dict[Pair, float]:
        """The active model's probability for each candidate pair that no person has decided."""
        probability: dict[Pair, float] = {}
        if not self.decider.model_version:
            return probability
        decided = constraints.must_link | constraints.must_not_link
        for start in range(0, len(pairs), JUDGE_BATCH):
            self._check_cancelled()
            window = slice(start, start + JUDGE_BATCH)
            asked = [
                (pair, similarity)
                for pair, similarity in zip(
                    corpus.pairs(pairs.left[window], pairs.right[window]),
                    pairs.similarity[window].tolist(),
                    strict=True,
                )
                if pair not in decided
            ]
            insights = Insight.objects.in_bulk({pk for pair, _ in asked for pk in pair})
            questions = [
                InsightPair(insights[one], insights[other], similarity)
                for (one, other), similarity in asked
                if one in insights and other in insights
            ]
            for question, verdict in zip(questions, self.decider.judge(questions), strict=True):
                if verdict is not None:
                    pair = (question.insight1.pk, question.insight2.pk)
                    probability[pair] = verdict.probability
            self._report("judge", min(start + JUDGE_BATCH, len(pairs)), len(pairs))
        return probability

    def _explain(
        self,
        corpus: Corpus,
        groups: list[Group],
        probability: dict[Pair, float],
        constraints: Constraints,
    ) -> list[Proposal]:
        insights = Insight.objects.in_bulk(
            [corpus.ids[row] for found in groups for row in found.members]
        )
        proposals = []
        for number, found in enumerate(groups):
            if number % 500 == 0:
                self._check_cancelled()
                self._report("explain", number, len(groups))
            members = [insights[corpus.ids[row]] for row in found.members]
            proposals.append(
                propose(
                    members,
                    corpus.vectors[list(found.members)],
                    weakest=(
                        found.members.index(found.weakest[0]),
                        found.members.index(found.weakest[1]),
                    ),
                    threshold=self.threshold,
                    probability=probability,
                    must_link=constraints.must_link,
                )
            )
        self._report("explain", len(groups), len(groups))
        return proposals

    @transaction.atomic
    def _store(self, proposals: list[Proposal], since: datetime) -> dict[str, int]:
        """Write, less what people decided while the run was computing, from `since` on.

        First everything is locked, in the order of insights.review.state: what is read after that
        nobody changes before it is written.
        """
        self._check_cancelled()
        lock_open_clusters()
        active = lock_active({insight.pk for one in proposals for insight in one.members})
        apart = load_constraints().must_not_link
        opened = opened_since(since, without={proposal.fingerprint for proposal in proposals})
        free = active - opened
        fresh = [
            proposal
            for proposal in proposals
            if all(insight.pk in free for insight in proposal.members)
            and not any(evidence.pair in apart for evidence in proposal.pairs)
        ]
        counts = store_proposals(fresh, self.run, since=since)
        return {**counts, "overtaken": len(proposals) - len(fresh)}
