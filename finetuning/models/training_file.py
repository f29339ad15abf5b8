"""The labelled pairs that a model was trained on, kept byte for byte."""

import hashlib

from django.db import models
from django.utils import timezone


class TrainingFileManager(models.Manager["TrainingFile"]):
    def get_queryset(self) -> models.QuerySet["TrainingFile"]:
        # Megabytes that no page shows; whoever trains or evaluates asks for them.
        return super().get_queryset().defer("content")


class TrainingFile(models.Model):
    """JSON Lines, one example a line (finetuning.training_data.files writes and reads them).

    The id is drawn from the content, so the same decisions give the same file, and with the same
    seed the same model. It is never changed.
    """

    id = models.CharField(primary_key=True, max_length=64, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    content = models.TextField()
    positives = models.PositiveIntegerField(help_text="In the train part.")
    negatives = models.PositiveIntegerField(help_text="In the train part.")
    held_out_positives = models.PositiveIntegerField()
    held_out_negatives = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = TrainingFileManager()

    class Meta:
        db_table = "training_files"
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.id

    @staticmethod
    def digest(content: str) -> tuple[str, str]:
        """The id and the SHA-256 of a content."""
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        return f"file-{sha256[:24]}", sha256
