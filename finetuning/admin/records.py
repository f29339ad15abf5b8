"""Tables behind a model version: its training files, events and threshold changes."""

from finetuning.models import ModelEvent, ThresholdChange, TrainingFile
from insights.admin.kit.system import system_table

system_table(
    TrainingFile,
    30,
    "id created_at positives negatives held_out_positives held_out_negatives",
    filters="created_at",
    search="id",
    hidden="content",
)
system_table(
    ModelEvent,
    40,
    "created_at model level message actor",
    filters="level created_at",
    search="message",
    ordering=("-pk",),
)
system_table(
    ThresholdChange,
    50,
    "created_at model __str__ actor comment",
    filters="created_at",
    search="comment",
    deferred=tuple(
        f"{model}__{column}"
        for model in ("model", "active_before", "active_after")
        for column in ("metrics", "training_stats")
    ),
)
