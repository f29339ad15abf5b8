"""The steps of a clustering run: candidate pairs, the model's verdicts, groups, clusters.

Everything is computed outside of any transaction and written in one at the end, so a run that is
cancelled, killed or overtaken leaves nothing half written.
"""

from collections.abc import Set
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from insights.clustering.assisted import asking_order, assisted_groups
from insights.clustering.changes import Changes, read_changes
from insights.clustering.corpus import Constraints, Corpus, load_constraints, load_corpus
from insights.clustering.evidence import Proposal, propose
from insights.clustering.grouping import Group
from insights.clustering.incremental import Part, affected, brought_up_to_date, unjudged
from insights.clustering.join.known import Known, Rows, ids_as_bytes
from insights.clustering.join.partition import Lists
from insights.clustering.shards import joined
from insights.clustering.similarity import Cancelled, CandidatePairs
from insights.clustering.store import (
    lock_active,
    lock_open_clusters,
    opened_since,
    said_before,
    store_proposals,
)
from insights.decider import DuplicateDecider, InsightPair
from insights.embedding.service import embed_missing
from insights.ids import Pair
from insights.jobs.locks import retry_on_deadlock
from insights.jobs.progress import Progress, Timings
from insights.models import ClusteringRun, Insight, RunStatus
from insights.types import JSONObject

JUDGE_BATCH = 2000


class Clustering:
    """One run. `known`: the outcome of the run before; None to look at everything.

    `lists`: those of the run before, which a run over everything uses again. `same_rules`: what the
    guard said in the run before still holds.
    """

    def __init__(
        self,
        run: ClusteringRun,
        decider: DuplicateDecider,
        progress: Progress,
        known: Known | None = None,
        *,
        lists: Lists | None = None,
        same_rules: bool = False,
    ) -> None:
        self.run, self.decider, self.progress, self.known = run, decider, progress, known
        self.lists, self.same_rules = lists, same_rules
        self.threshold: float = run.parameters["threshold"]
        self.timings = Timings()
        self.counts: dict[str, float] = {"judged": 0, "pairs_capped": 0}
        self.constraints = Constraints(set(), set())
        self.probability: dict[Pair, float] = {}
        self.all_answered = True

    def execute(self) -> None:
        with self.timings.step("embed"):
            embed_missing(progress=lambda done: self._report("embed", done, done))
        since = timezone.now()
        with self.timings.step("load"):
            changes = read_changes()
            # The others are known from the run before.
            corpus = load_corpus(changes.insights) if self.known else load_corpus()
            self.constraints = load_constraints()
        self.counts["changed"] = len(changes.insights)
        scope: Set[UUID] | None = None
        if self.known:
            part, groups, reached = self._around(changes.insights, corpus, self.known)
            scope = changes.insights.union(reached)
        else:
            part, groups = self._whole(corpus)
        with self.timings.step("explain"):
            proposals = self._explain(part.corpus, groups)
        retry_on_deadlock(lambda: self._end(proposals, since, scope, changes))

    @transaction.atomic
    def _end(
        self, proposals: list[Proposal], since: datetime, scope: Set[UUID] | None, changes: Changes
    ) -> None:
        """Write the outcome, forget the changes and finish: all of it, or nothing."""
        with self.timings.step("store"):
            stored = self._store(proposals, since, scope)
            changes.done()
        self.counts |= {"clusters": len(proposals), **stored}
        self.run.finish(
            RunStatus.SUCCEEDED,
            **self.so_far(),
            # The model that answered: a fallback may have stood in for the active one.
            model_version=self.decider.model_version if self.probability else "",
        )

    def so_far(self) -> JSONObject:
        """Return its counts and timings, even if it ended early."""
        return {"counts": self.counts, "timings": dict(self.timings)}

    def _whole(self, corpus: Corpus) -> tuple[Part, list[Group]]:
        n = len(corpus.ids)
        with self.timings.step("candidate_pairs"):
            pairs, lists = joined(
                self.run, corpus.vectors, lambda done: self._report("compare", done, n), self.lists
            )
        self.counts |= {
            "insights": n,
            "affected": n,
            "compared_pairs": n * (n - 1) // 2,
            "candidate_pairs": len(pairs),
            "pairs_capped": pairs.capped,
        }
        if pairs.sampled:  # by lists, so not all pairs were compared
            self.counts["pair_recall"] = round(pairs.recall, 4)
            self.counts["pairs_sampled"] = pairs.sampled
        with self.timings.step("judge"):
            probability = self._judge(corpus, pairs)
        part = Part(np.arange(n), corpus, pairs, np.arange(len(pairs)))
        with self.timings.step("group"):
            groups = self._groups(part, probability)
        lists = lists or Lists.of(corpus.vectors, self.threshold)
        short, error = lists.form.right_side(corpus.vectors)
        self.known = Known(
            ids_as_bytes(corpus.ids),
            corpus.created,
            part.labels(groups),
            pairs.left,
            pairs.right,
            pairs.similarity,
            probability,
            error,
            (corpus.vectors[:0], corpus.vectors),
            (short[:0], short),
            lists,
        )
        return part, groups

    def _around(
        self, changed: Set[UUID], corpus: Corpus, known: Known
    ) -> tuple[Part, list[Group], list[UUID]]:
        """Group what the changes affect, and return those insights, too.

        `corpus`: the changed insights that are active.
        """
        cancelled = self.run.cancel_requested
        with self.timings.step("candidate_pairs"):
            known, seeds, compared = brought_up_to_date(
                known, changed, corpus, self.threshold, cancelled
            )
        people = self.constraints.must_link | self.constraints.must_not_link
        row_of = known.row_of({pk for pair in people for pk in pair})
        with self.timings.step("judge"):
            asked = unjudged(known, seeds, self.constraints.rows(people, row_of))
            part = Part.of(known, np.union1d(known.left[asked], known.right[asked]))
            place = np.isin(part.which, asked, assume_unique=True)
            known.probability[part.which[place]] = self._judge(part.corpus, part.pairs[place])

        def grouped(rows: Rows) -> tuple[Part, list[Group]]:
            part = Part.of(known, rows)
            return part, self._groups(part, known.probability[part.which])

        def labels(rows: Rows) -> Rows:
            part, groups = grouped(rows)
            return part.labels(groups)

        with self.timings.step("group"):
            # Pairs that the model keeps apart do not spread a change. NaN: it counts by similarity.
            connects = ~(known.probability < self.run.parameters["out"])
            linked = self.constraints.rows(self.constraints.must_link, row_of)
            rows = affected(known, seeds, connects, linked, labels, cancelled=cancelled)
            part, groups = grouped(rows)
            known.group[rows] = part.labels(groups)
        self.known = known
        self.counts |= {
            "insights": int(np.count_nonzero(known.group >= 0)),
            "affected": len(rows),
            "compared_pairs": compared,
            "candidate_pairs": len(known.left),
        }
        return part, groups, known.ids_of(rows)

    def _groups(self, part: Part, probability: NDArray[np.float64]) -> list[Group]:
        judged = np.flatnonzero(~np.isnan(probability))
        pairs = part.corpus.pairs(part.pairs.left[judged], part.pairs.right[judged])
        self.probability = dict(zip(pairs, probability[judged].tolist(), strict=True))
        return assisted_groups(
            part.corpus,
            part.pairs,
            self.probability,
            self.constraints,
            threshold=self.threshold,
            link_from=self.run.parameters["out"] if self.decider.model_version else None,
            in_above=self.run.parameters["in"],
            max_size=self.run.parameters["max_size"],
            cancelled=self.run.cancel_requested,
        )

    def _report(self, step: str, done: int, total: int) -> None:
        self.progress(step, done, total)

    def _check_cancelled(self) -> None:
        if self.run.cancel_requested():
            raise Cancelled

    def _judge(self, corpus: Corpus, pairs: CandidatePairs) -> NDArray[np.float64]:
        """Ask the active model about each candidate pair that no person has decided, else NaN."""
        said = np.full(len(pairs), np.nan)
        if not self.decider.model_version or not len(pairs):
            return said
        decided = self.constraints.must_link | self.constraints.must_not_link
        order = asking_order(len(corpus.ids), pairs)
        for start in range(0, len(pairs), JUDGE_BATCH):
            self._check_cancelled()
            window = order[start : start + JUDGE_BATCH]
            found = corpus.pairs(pairs.left[window], pairs.right[window])
            asked = [
                (at, pair)
                for at, pair in zip(window.tolist(), found, strict=True)
                if pair not in decided
            ]
            insights = Insight.objects.in_bulk({pk for _, pair in asked for pk in pair})
            asked = [(at, pair) for at, pair in asked if insights.keys() >= {*pair}]
            questions = [
                InsightPair(insights[one], insights[other], float(pairs.similarity[at]))
                for at, (one, other) in asked
            ]
            verdicts = self.decider.judge(questions)
            for (at, _), verdict in zip(asked, verdicts, strict=True):
                if verdict is not None:
                    said[at] = verdict.probability
                else:
                    self.all_answered = False
            self._report("judge", min(start + JUDGE_BATCH, len(pairs)), len(pairs))
        self.counts["judged"] = int(np.count_nonzero(~np.isnan(said)))
        return said

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
            rewrite=not self.same_rules,
        )
        return {**counts, "overtaken": len(proposals) - len(fresh)}
