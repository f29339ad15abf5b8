"""Groups of insights with a model's verdicts in them (the guide's Option B). Reads no database."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from insights.clustering.corpus import Constraints, Corpus
from insights.clustering.grouping import ConstraintConflict, Group, group
from insights.clustering.similarity import CandidatePairs, pair_similarity
from insights.pairs import Pair


def assisted_groups(
    corpus: Corpus,
    pairs: CandidatePairs,
    probability: Mapping[Pair, float],
    constraints: Constraints,
    *,
    threshold: float,
    out_below: float,
    max_size: int,
    cancelled: Callable[[], bool] | None = None,
) -> list[Group]:
    """Group by average linkage on the model's probability, where it judged, else on similarity.

    The guide's Option B: a pair above 0.90 is in, one below 0.70 (`out_below`) is out, and between
    them its similarity, which made it a candidate, keeps it in. So with a model the average must
    reach the lower limit; a pair that it did not judge counts with its cosine. `threshold` applies
    to cosines if no pair was judged. Members are rows of the corpus.
    """
    score = pairs.similarity.astype(np.float64)
    out: list[tuple[int, int]] = []
    if probability:
        threshold = out_below
        for k, pair in enumerate(corpus.pairs(pairs.left, pairs.right)):
            said = probability.get(pair)
            if said is None:
                continue
            score[k] = said
            if said < out_below:
                out.append((int(pairs.left[k]), int(pairs.right[k])))
    must_link = constraints.rows(constraints.must_link, corpus.row_of)
    must_not_link = constraints.rows(constraints.must_not_link, corpus.row_of)
    while True:
        try:
            return group(
                len(corpus.ids),
                pairs.left,
                pairs.right,
                score,
                threshold=threshold,
                scores=partial(pair_similarity, corpus.vectors),
                must_link=must_link,
                must_not_link=[*must_not_link, *out],
                max_size=max_size,
                cancelled=cancelled,
            )
        except ConstraintConflict as conflict:
            # A person's word stands above the model's, and "not the same" above "the same".
            if conflict.pair in out:
                out.remove(conflict.pair)
            else:
                must_link = [pair for pair in must_link if not {*pair} & {*conflict.pair}]
