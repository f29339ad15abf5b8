"""Automatic merges of other sets by a version trained on one, by the rules of trust.

    python -m benchmarks.cross_domain --data ../shared/data [--train N] [--test N] [--show]

All pairs of a set's test statements are compared, not only the labelled ones, as they are when a
file is read. A merge is wrong when its pair is labelled different. Where nobody labelled the pair
it is counted apart when the two are in different gold groups (statements connected by the label
"same"). Such a pair may still say the same; --show prints them all.
"""

import argparse
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import django
import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
django.setup()

from django.conf import settings  # noqa: E402

from benchmarks.labelled_sets import LabelledSet, demo_set, labelled_sets, take  # noqa: E402
from finetuning.ml.data.folds import linked_groups  # noqa: E402
from finetuning.ml.data.training_pairs import TrainingPairs  # noqa: E402
from finetuning.ml.familiarity import Familiarity  # noqa: E402
from finetuning.ml.out_of_fold import OutOfFold  # noqa: E402
from finetuning.ml.training import train  # noqa: E402
from finetuning.models import DeduplicationModel  # noqa: E402
from finetuning.trust.basis import STATEMENTS, JudgedPair  # noqa: E402
from finetuning.trust.rules import Trust  # noqa: E402
from insights.clustering.similarity import candidate_pairs  # noqa: E402
from insights.embedding.minilm.embedder import OnnxMiniLM  # noqa: E402
from insights.text.guard import compare  # noqa: E402

MERGE_FROM = 0.90


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("DATA", "../shared/data"), type=Path)
    parser.add_argument("--train", default=1000, type=int, help="at most this many pairs")
    parser.add_argument("--test", default=300, type=int, help="at most this many pairs")
    parser.add_argument("--only", nargs="*", help="names of sets")
    parser.add_argument("--show", action="store_true", help="print the doubtful merges")
    arguments = parser.parse_args()
    encoder = OnnxMiniLM()
    sets = [
        demo_set(encoder, settings.CANDIDATE_SIMILARITY, settings.CLUSTER_MAX_SIZE),
        *labelled_sets(arguments.data, arguments.train, encoder, only=arguments.only),
    ]
    tested = [
        replace(one, test=take(one.test, range(min(arguments.test, len(one.test))))) for one in sets
    ]
    names = " | ".join(one.name for one in tested)
    print(f"| trained on; merged by itself (wrong, unlabelled) | {names} |")
    print("|---" * (len(sets) + 1) + "|")
    total: Counter[str] = Counter()
    doubtful: list[str] = []
    for one in sets:
        learnt = Learnt(one, encoder)
        cells = [one.name]
        for test in tested:
            merged = learnt.merges(test)
            found = Counter(kind for kind, _ in merged)
            total.update(found)
            cells.append(f"{len(merged)} ({found['wrong']}, {found['unlabelled']})")
            doubtful += [
                f"{one.name} > {test.name}, {kind}, {said}"
                for kind, said in merged
                if kind != "right"
            ]
        print(f"| {' | '.join(cells)} |", flush=True)
    print(
        f"\nAll: {total.total()} merged, {total['wrong']} wrong, {total['unlabelled']} unlabelled."
    )
    if arguments.show:
        print("\n".join(doubtful))


class Learnt:
    """A version trained on one set, and what it has earned by its training decisions alone."""

    def __init__(self, one: LabelledSet, encoder: OnnxMiniLM) -> None:
        self.encoder = encoder
        texts = sorted({*one.train.left, *one.train.right})
        vectors = encoder.embed(texts)
        by_text = dict(zip(texts, vectors, strict=True))
        self.trained = train(one.train, vectors=by_text, reader=encoder)
        self.trust = _Learnt(one.train, self.trained.out_of_fold, vectors)

    def merges(self, of: LabelledSet) -> list[tuple[str, str]]:
        """Return (right, wrong or unlabelled; the pair in words) of all merges of a set."""
        texts = sorted({*of.test.left, *of.test.right})
        vectors = self.encoder.embed(texts)
        near = candidate_pairs(vectors, settings.AUTO_MERGE_LEAST_SIMILARITY)
        left, right = [texts[row] for row in near.left], [texts[row] for row in near.right]
        model = self.trained.model.with_corpus(texts)
        p = model.predict_probability(left, right, near.similarity)
        sure = [
            (row, compared)
            for row in np.flatnonzero(p >= MERGE_FROM).tolist()
            if not (compared := compare(left[row], right[row])).blocks
        ]
        if not sure:
            return []
        rows = [row for row, _ in sure]
        permitted = self.trust.permits(
            [compared.left_over for _, compared in sure],
            [compared.wording for _, compared in sure],
            p[rows].tolist(),
            vectors[near.left[rows]],
            vectors[near.right[rows]],
        )
        told = _Gold(of)
        return [
            (
                told.kind(left[row], right[row]),
                f"{p[row]:.3f} {permission.kind}: {left[row]} | {right[row]}",
            )
            for row, permission in zip(rows, permitted, strict=True)
            if permission.wait is None
        ]


class _Gold:
    def __init__(self, of: LabelledSet) -> None:
        test = of.test
        self.label = {
            frozenset(pair): bool(same)
            for *pair, same in zip(test.left, test.right, test.label, strict=True)
        }
        same = np.flatnonzero(test.label)
        left, right = [test.left[row] for row in same], [test.right[row] for row in same]
        groups = linked_groups(left, right, range(len(same)))
        self.group = dict(zip([*left, *right], [*groups, *groups], strict=True))
        self.gold = of.gold

    def kind(self, one: str, other: str) -> str:
        if self.gold:
            return "right" if self.gold[one] == self.gold[other] else "wrong"
        label = self.label.get(frozenset((one, other)))
        if label is None:
            together = self.group.get(one, -1) == self.group.get(other, -2)
            return "right" if together else "unlabelled"
        return "right" if label else "wrong"


class _Learnt(Trust):
    """Trust in a version as it stands after training, without a database."""

    def __init__(
        self, known: TrainingPairs, out_of_fold: OutOfFold, vectors: NDArray[np.float32]
    ) -> None:
        super().__init__(DeduplicationModel(version=1), MERGE_FROM)
        sure = np.flatnonzero(out_of_fold.probability >= MERGE_FROM)
        self.decisions = [
            JudgedPair(
                float(out_of_fold.probability[row]),
                float(known.similarity[row]),
                bool(known.label[row]),
                (compared := compare(known.left[row], known.right[row])).left_over,
                f"{row}",
                compared.wording,
            )
            for row in sure
        ]
        self.judgements = []
        self._topic = Familiarity.of(vectors[:0])
        self.familiarity = Familiarity.of(vectors[:: -(-len(vectors) // STATEMENTS)])


if __name__ == "__main__":
    main()
