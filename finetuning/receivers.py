"""Reactions to the signals of `insights`.

A person's decision fills the actual label of every version's predictions; an undo clears it.
"""

import hashlib
import json
from uuid import UUID

from django.db import connection
from django.dispatch import receiver

from finetuning.models import DeduplicationModel, TrainingFile
from insights.signals import pair_labels_changed, person_erased


@receiver(pair_labels_changed)
def fill_actual_labels(*, labels: dict[tuple[UUID, UUID], bool | None], **kwargs: object) -> None:
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


@receiver(person_erased)
def erase_from_training_files(
    *, insights: list[UUID], texts: list[str], **kwargs: object
) -> list[str]:
    """Take a person's examples out of the training files; return the versions trained on them."""
    needles = [*map(str, insights), *(json.dumps(text, ensure_ascii=False)[1:-1] for text in texts)]
    versions: list[str] = []
    for file in TrainingFile.objects.defer(None).order_by("id"):
        lines = file.content.split("\n")
        kept = [line for line in lines if not any(needle in line for needle in needles)]
        if len(kept) < len(lines):
            content = "\n".join(kept)
            digest = hashlib.sha256(content.encode()).hexdigest()
            TrainingFile.objects.filter(pk=file.pk).update(content=content, sha256=digest)
            trained = DeduplicationModel.objects.filter(training_file=file)
            versions += map(str, trained)
    return versions
