"""Reactions to the signals of `insights`.

A person's decision fills the actual label of every version's predictions; an undo clears it.
"""

from typing import Any
from uuid import UUID

from django.db import connection
from django.dispatch import receiver

from finetuning.thresholds.after_stop import advise
from insights.registry import stop_advisers
from insights.signals import pair_labels_changed

stop_advisers.add(advise)


@receiver(pair_labels_changed)
def fill_actual_labels(*, labels: dict[tuple[UUID, UUID], bool | None], **kwargs: Any) -> None:
    """Update all versions' predictions in one statement, in the decision's own transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE model_predictions prediction
            SET actual_label = said.label
            FROM unnest(%s::uuid[], %s::uuid[], %s::boolean[])
                 AS said (insight1_id, insight2_id, label)
            WHERE prediction.insight1_id = said.insight1_id
              AND prediction.insight2_id = said.insight2_id
            """,
            [
                [first for first, _ in labels],
                [second for _, second in labels],
                list(labels.values()),
            ],
        )
