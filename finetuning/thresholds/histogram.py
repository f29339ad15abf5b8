"""The probabilities that a version gave, and the effect of each position of a threshold.

Everything shown while a threshold is dragged is computed here once, so the page need not ask again.
"""

from dataclasses import dataclass

from django.db import connection

from finetuning.models import DeduplicationModel
from finetuning.trust.quality import quality_by
from finetuning.trust.rules import Trust

BINS = 50
STEPS = 100
LEAST_AUTO_MERGE = 50  # of STEPS


@dataclass(frozen=True, slots=True)
class Histogram:
    """Predictions by probability: `same`, `different` and `open` hold BINS counts each.

    `merging`: for each hundredth from LEAST_AUTO_MERGE up, the sentences about merging from there.
    `apart`: for each hundredth, how many pairs are below.
    """

    same: list[int]
    different: list[int]
    open: list[int]
    merging: list[list[str]]
    apart: list[int]

    @property
    def total(self) -> int:
        return sum(self.same) + sum(self.different) + sum(self.open)


def histogram_of(model: DeduplicationModel) -> Histogram:
    """Count the version's recorded predictions, and measure its merges from each step up."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT least(floor(probability * %(steps)s)::int, %(steps)s - 1), actual_label, count(*)
            FROM model_predictions WHERE model_id = %(model)s GROUP BY 1, 2
            """,
            {"steps": STEPS, "model": model.pk},
        )
        rows = cursor.fetchall()
    counts: dict[bool | None, list[int]] = {kind: [0] * BINS for kind in (True, False, None)}
    at = [0] * STEPS
    for step, label, count in rows:
        counts[label][step * BINS // STEPS] += count
        at[step] += count
    merging = []
    trust = Trust(model, LEAST_AUTO_MERGE / STEPS)
    for step in range(LEAST_AUTO_MERGE, STEPS + 1):
        above = sum(at[step:])
        pairs = "pair that it has judged is" if above == 1 else "pairs that it has judged are"
        merging.append(
            [
                *quality_by(trust.raised_to(step / STEPS)).sentences(),
                f"{above:,} {pairs} above {step / STEPS:g}.",
            ]
        )
    return Histogram(
        same=counts[True],
        different=counts[False],
        open=counts[None],
        merging=merging,
        apart=[sum(at[:step]) for step in range(STEPS + 1)],
    )
