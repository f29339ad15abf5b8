"""B-cubed of the clusters before and after training, at the product's defaults.

    python -m benchmarks.cluster_quality --data ../shared/data [--pairs N]

Labelled pairs train the version; clusters of the set's other topics measure it. Each folder with
train.jsonl, clusters.jsonl (test) and clusters_dev.jsonl is used. The bundled corpus of the demo
comes last: there the pairs of the clusters of its first two thirds train, and all is clustered.
"""

import argparse
import json
import os
from pathlib import Path
from uuid import UUID

import django
import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
django.setup()

from django.conf import settings  # noqa: E402

from benchmarks.labelled_sets import demo_set, labelled_sets  # noqa: E402
from dedup_project.demo.gold import Gold  # noqa: E402
from finetuning.ml.thresholds import link_threshold  # noqa: E402
from finetuning.ml.training import TrainedLocalModel, train  # noqa: E402
from insights.clustering.assisted import assisted_groups  # noqa: E402
from insights.clustering.corpus import Constraints, Corpus  # noqa: E402
from insights.clustering.similarity import candidate_pairs  # noqa: E402
from insights.embedding.minilm.embedder import OnnxMiniLM  # noqa: E402

NO_LIMIT = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("DATA", "../shared/data"), type=Path)
    parser.add_argument("--pairs", default=3000, type=int, help="at most this many to train on")
    arguments = parser.parse_args()
    encoder = OnnxMiniLM()
    print("| statements | most members | before training | after | linked from |")
    print("|---" * 5 + "|")
    for one in labelled_sets(arguments.data, arguments.pairs, encoder, holding="clusters.jsonl"):
        trained = train(one.train, reader=encoder)
        for file in sorted((arguments.data / one.name).glob("clusters*.jsonl")):
            if file.stem == "clusters_train":
                continue
            with file.open(encoding="utf-8") as lines:
                rows = [json.loads(line) for line in lines]
            texts, gold = [row["text"] for row in rows], [row["cluster"] for row in rows]
            part = file.stem.removeprefix("clusters_").replace("clusters", "test")
            measure(f"{one.name} {part}", texts, gold, encoder, trained)
    known = demo_set(encoder, settings.CANDIDATE_SIMILARITY, settings.CLUSTER_MAX_SIZE).train
    statements, gold = (list(column) for column in zip(*Gold().statements(), strict=True))
    vectors = dict(zip(statements, encoder.embed(statements), strict=True))
    trained = train(known, corpus=statements, vectors=vectors, reader=encoder)
    measure("demo", statements, gold, encoder, trained)


def measure(
    name: str,
    texts: list[str],
    gold: list[str],
    encoder: OnnxMiniLM,
    trained: TrainedLocalModel,
) -> None:
    """Print the B-cubed precision / recall / F1 of clusters by cosine and by the version."""
    vectors = encoder.embed(texts)
    corpus = _corpus(vectors)
    pairs = candidate_pairs(vectors, settings.CANDIDATE_SIMILARITY)
    judged = trained.model.with_corpus(texts).predict_probability(
        [texts[row] for row in pairs.left], [texts[row] for row in pairs.right], pairs.similarity
    )
    said = dict(zip(corpus.pairs(pairs.left, pairs.right), judged.tolist(), strict=True))
    link_from = link_threshold(trained.out_of_fold.probability)
    for most in (settings.CLUSTER_MAX_SIZE, NO_LIMIT):
        cells = [
            " / ".join(f"{one:.3f}" for one in b_cubed(gold, _grouped(corpus, given, bar, most)))
            for given, bar in (({}, None), (said, link_from))
        ]
        size = "none" if most == NO_LIMIT else most
        print(f"| {name} ({len(texts)}) | {size} | {' | '.join(cells)} | {link_from} |", flush=True)


def b_cubed(gold: list[str], groups: list[tuple[int, ...]]) -> tuple[float, float, float]:
    """Return precision, recall and F1 (Bagga and Baldwin 1998); what is in no group is alone."""
    cluster = np.arange(len(gold))
    for number, members in enumerate(groups, len(gold)):
        cluster[list(members)] = number
    found, said = (np.unique(one, return_inverse=True)[1] for one in (cluster, np.array(gold)))
    table = np.zeros((found.max() + 1, said.max() + 1))
    np.add.at(table, (found, said), 1)
    both = table[found, said]
    precision = float((both / table.sum(axis=1)[found]).mean())
    recall = float((both / table.sum(axis=0)[said]).mean())
    return precision, recall, 2 * precision * recall / (precision + recall)


def _corpus(vectors: NDArray[np.float32]) -> Corpus:
    ids = [UUID(int=row) for row in range(len(vectors))]
    return Corpus(ids, np.arange(len(ids)), vectors)


def _grouped(
    corpus: Corpus, said: dict[tuple[UUID, UUID], float], link_from: float | None, most: int
) -> list[tuple[int, ...]]:
    groups = assisted_groups(
        corpus,
        candidate_pairs(corpus.vectors, settings.CANDIDATE_SIMILARITY),
        said,
        Constraints(set(), set()),
        threshold=settings.CANDIDATE_SIMILARITY,
        link_from=link_from,
        in_above=settings.CLUSTER_IN_CONFIDENCE,
        max_size=most,
    )
    return [group.members for group in groups]


if __name__ == "__main__":
    main()
