"""The steps of a clustering run: candidate pairs, the model's verdicts, groups, clusters.

Everything is computed outside of any transaction and written in one at the end, so a run that is
cancelled, killed or overtaken leaves nothing half written.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone

from insights.clustering.assisted import asking_order, assisted_groups
from insights.clustering.changes import Changes, read_changes
from insights.clustering.corpus import Constraints, Corpus, load_constraints, load_corpus
from insights.clustering.evidence import Proposal, propose
from insights.clustering.grouping import Group
from insights.clustering.incremental import affected, brought_up_to_date
from insights.clustering.join.known import KnownPairs, ids_as_bytes
from insights.clustering.shards import joined
from insights.clustering.similarity import Cancelled, CandidatePairs
from insights.clustering.store import (
    lock_active,
    lock_open_clusters,
    opened_since,
    said_before,
    store_proposals,
    unchanged,
)
from insights.decider import DuplicateDecider, InsightPair
from insights.embedding.service import embed_missing
from insights.ids import Pair
from insights.jobs.locks import retry_on_deadlock
from insights.jobs.progress import Progress, Timings
from insights.models import Cluster, ClusteringRun, Insight, RunStatus
from insights.types import JSONObject

JUDGE_BATCH = 2000


@dataclass
class Part:
    """The part to group: all of the corpus, or what a change can reach.

    `scope`: the insights whose open clusters the run may supersede; None for all. `standing`:
    fingerprints of unchanged open clusters, whose evidence still holds.
    """

    corpus: Corpus
    pairs: CandidatePairs
    compared: int
    scope: Set[UUID] | None = None
    standing: Set[str] = frozenset()


class Clustering:
    """One run. `known`: the candidate pairs of the run before; None to look at everything.

    `same_rules`: what the guard said in the run before still holds.
    """

    def __init__(
        self,
        run: ClusteringRun,
        decider: DuplicateDecider,
        progress: Progress,
        known: KnownPairs | None = None,
        *,
        same_rules: bool = False,
    ) -> None:
        self.run, self.decider, self.progress, self.known = run, decider, progress, known
        self.same_rules = same_rules
        self.threshold: float = run.parameters["threshold"]
        self.max_size: int = run.parameters["max_size"]
        self.timings = Timings()
        self.counts: dict[str, float] = {}
        self.constraints = Constraints(set(), set())
        self.probability: dict[Pair, float] = {}

    def execute(self) -> None:
        with self.timings.step("embed"):
            embed_missing(progress=lambda done: self._report("embed", done, done))
        since = timezone.now()
        with self.timings.step("load"):
            changes = read_changes()
            corpus = load_corpus()
            self.constraints = load_constraints()
        self.counts |= {"insights": len(corpus.ids), "changed": len(changes.insights)}
        part = self._around(changes, corpus, self.known) if self.known else self._whole(corpus)
        self.counts |= {
            "affected": len(part.corpus.ids),
            "compared_pairs": part.compared,
            "candidate_pairs": len(part.pairs),
            "pairs_capped": part.pairs.capped,
            "judged": len(self.probability),
        }
        if part.pairs.sampled:  # by lists, so not all pairs were compared
            self.counts["pair_recall"] = round(part.pairs.recall, 4)
            self.counts["pairs_sampled"] = part.pairs.sampled
        with self.timings.step("group"):
            groups = assisted_groups(
                part.corpus,
                part.pairs,
                self.probability,
                self.constraints,
                threshold=self.threshold,
                link_from=self.run.parameters["out"] if self.decider.model_version else None,
                in_above=self.run.parameters["in"],
                max_size=self.max_size,
                cancelled=self.run.cancel_requested,
            )
        with self.timings.step("explain"):
            kept, groups, scope = self._kept(part, groups)
            proposals = self._explain(part.corpus, groups)
        with self.timings.step("store"):
            stored = retry_on_deadlock(lambda: self._store(proposals, since, scope, kept))
            changes.done()
        self.counts |= {"clusters": len(proposals) + len(kept), **stored}
        self.run.finish(
            RunStatus.SUCCEEDED,
            **self.so_far(),
            # The model that answered: a fallback may have stood in for the active one.
            model_version=self.decider.model_version if self.probability else "",
        )

    def so_far(self) -> JSONObject:
        """Return its counts and timings, even if it ended early."""
        return {"counts": self.counts, "timings": dict(self.timings)}

    def _whole(self, corpus: Corpus) -> Part:
        with self.timings.step("candidate_pairs"):
            pairs = joined(
                self.run,
                corpus.vectors,
                lambda done: self._report("compare", done, len(corpus.ids)),
            )
        with self.timings.step("judge"):
            self._judge(corpus, pairs)
        self._remember(corpus, pairs)
        return Part(corpus, pairs, compared=len(corpus.ids) * (len(corpus.ids) - 1) // 2)

    def _around(self, changes: Changes, corpus: Corpus, known: KnownPairs) -> Part:
        """Find what the changes affect; pairs that the model keeps apart do not spread them."""

        def connects(pairs: CandidatePairs) -> np.ndarray:
            self._judge(corpus, pairs)
            said = [self.probability.get(p, 1.0) for p in corpus.pairs(pairs.left, pairs.right)]
            return np.array(said) >= self.run.parameters["out"]

        with self.timings.step("candidate_pairs"):
            seeds = changes.seeds(corpus, self.threshold)
            pairs, compared = brought_up_to_date(
                known,
                known.rows(corpus.row_of),
                corpus.vectors,
                seeds,
                self.threshold,
                cancelled=self.run.cancel_requested,
            )
            self._remember(corpus, pairs)
            found = affected(
                len(corpus.ids),
                pairs,
                seeds,
                connects=connects,
                linked=self.constraints.rows(self.constraints.must_link, corpus.row_of),
                cancelled=self.run.cancel_requested,
            )
        part = corpus.part(found.rows)
        scope = changes.insights.union(part.ids)
        standing = unchanged(scope, changes.insights)
        return Part(part, found.pairs, compared, scope, standing)

    def _remember(self, corpus: Corpus, pairs: CandidatePairs) -> None:
        ids = ids_as_bytes(corpus.ids)
        self.known = KnownPairs(ids, pairs.left, pairs.right, pairs.similarity)

    def _report(self, step: str, done: int, total: int) -> None:
        self.progress(step, done, total)

    def _check_cancelled(self) -> None:
        if self.run.cancel_requested():
            raise Cancelled

    def _judge(self, corpus: Corpus, pairs: CandidatePairs) -> None:
        """Ask the active model about each candidate pair that no person has decided."""
        if not self.decider.model_version or not len(pairs):
            return
        decided = self.constraints.must_link | self.constraints.must_not_link
        order = asking_order(len(corpus.ids), pairs)
        for start in range(0, len(pairs), JUDGE_BATCH):
            self._check_cancelled()
            window = order[start : start + JUDGE_BATCH]
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
                    self.probability[pair] = verdict.probability
            self._report("judge", min(start + JUDGE_BATCH, len(pairs)), len(pairs))

    def _kept(
        self, part: Part, groups: list[Group]
    ) -> tuple[set[str], list[Group], Set[UUID] | None]:
        """Return the fingerprints of unchanged groups, the other groups, and the scope of those.

        Nobody who has changed is in an unchanged group, so no other cluster is open for its
        members alone.
        """
        kept: set[str] = set()
        at_rest: set[UUID] = set()
        others = []
        for found in groups:
            members = [part.corpus.ids[row] for row in found.members]
            digest = Cluster.fingerprint_of(members)
            if digest in part.standing:
                kept.add(digest)
                at_rest.update(members)
            else:
                others.append(found)
        return kept, others, None if part.scope is None else part.scope - at_rest

    def _explain(self, corpus: Corpus, groups: list[Group]) -> list[Proposal]:
        insights = Insight.objects.in_bulk(
            [corpus.ids[row] for found in groups for row in found.members]
        )
        said = said_before(insights.keys()) if self.same_rules else {}
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
                    probability=self.probability,
                    must_link=self.constraints.must_link,
                    said=said,
                )
            )
        self._report("explain", len(groups), len(groups))
        return proposals

    @transaction.atomic
    def _store(
        self,
        proposals: list[Proposal],
        since: datetime,
        scope: Set[UUID] | None,
        standing: Set[str],
    ) -> dict[str, int]:
        """Write the proposals, except where people decided something from `since` on.

        Everything is locked first, in the order of insights.review.state, so nothing that is read
        changes before it is written.
        """
        self._check_cancelled()
        lock_open_clusters(scope)
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
        counts = store_proposals(
            fresh,
            self.run,
            since=since,
            scope=scope,
            standing=standing,
            rewrite=not self.same_rules,
        )
        return {**counts, "overtaken": len(proposals) - len(fresh)}
