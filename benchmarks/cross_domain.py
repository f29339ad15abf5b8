"""What a version trained on one set would merge of another by itself, by the rules of trust."""

import os

import django
import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
django.setup()

from django.conf import settings  # noqa: E402

from benchmarks.labelled_sets import LabelledSet, take  # noqa: E402
from finetuning.ml.data.training_pairs import TrainingPairs  # noqa: E402
from finetuning.ml.familiarity import Familiarity  # noqa: E402
from finetuning.ml.out_of_fold import OutOfFold  # noqa: E402
from finetuning.ml.training import TrainedLocalModel  # noqa: E402
from finetuning.models import DeduplicationModel  # noqa: E402
from finetuning.trust.basis import STATEMENTS, JudgedPair  # noqa: E402
from finetuning.trust.rules import Trust  # noqa: E402
from insights.embedding.minilm.embedder import OnnxMiniLM  # noqa: E402
from insights.text.guard import compare  # noqa: E402

MERGE_FROM = 0.90


class _Learnt(Trust):
    """Trust in a version as it stands after training, without a database."""

    def __init__(self, known: TrainingPairs, out_of_fold: OutOfFold, encoder: OnnxMiniLM) -> None:
        super().__init__(DeduplicationModel(version=1), MERGE_FROM)
        sure = np.flatnonzero(out_of_fold.probability >= MERGE_FROM)
        self.decisions = [
            JudgedPair(
                float(out_of_fold.probability[row]),
                float(known.similarity[row]),
                bool(known.label[row]),
                compare(known.left[row], known.right[row]).left_over,
                f"{row}",
            )
            for row in sure
        ]
        self.judgements = []
        texts = sorted({*known.left, *known.right})
        self.familiarity = Familiarity.of(encoder.embed(texts[:: -(-len(texts) // STATEMENTS)]))


def matrix(
    sets: list[LabelledSet], trained: dict[str, TrainedLocalModel], encoder: OnnxMiniLM
) -> None:
    """Print what each version would merge of the other sets by itself, by the rules of trust."""
    names = [one.name for one in sets]
    print(f"\n| trained on; merged by itself (wrong) | {' | '.join(names)} |")
    print("|---" * (len(sets) + 1) + "|")
    of = {one.name: one.train for one in sets}
    for name, result in trained.items():
        trust = _Learnt(of[name], result.out_of_fold, encoder)
        cells = [name]
        for one in sets:
            merged = _merged(result, trust, one.test, encoder)
            wrong = int((~one.test.label[merged]).sum())
            cells.append(f"{len(merged)} ({wrong})")
        print(f"| {' | '.join(cells)} |", flush=True)


def _merged(
    trained: TrainedLocalModel, trust: Trust, test: TrainingPairs, encoder: OnnxMiniLM
) -> NDArray[np.intp]:
    judged = trained.model.with_corpus([*test.left, *test.right])
    p = judged.predict_probability(test.left, test.right, test.similarity)
    likely = (p >= MERGE_FROM) & (test.similarity >= settings.AUTO_MERGE_LEAST_SIMILARITY)
    sure = take(test, np.flatnonzero(likely))
    compared = [compare(a, b) for a, b in zip(sure.left, sure.right, strict=True)]
    free = np.flatnonzero([not one.blocks for one in compared])
    if not len(free):
        return free
    permitted = trust.permits(
        [compared[row].left_over for row in free],
        p[likely][free].tolist(),
        encoder.embed([sure.left[row] for row in free]),
        encoder.embed([sure.right[row] for row in free]),
    )
    allowed = [permission.wait is None for permission in permitted]
    return np.flatnonzero(likely)[free[np.array(allowed)]]
