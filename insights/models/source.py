"""Documents and tables that insights come from."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class SourceManager(models.Manager["Source"]):
    def get_queryset(self) -> models.QuerySet["Source"]:
        # A file may have megabytes; code that needs them loads them explicitly.
        return super().get_queryset().defer("content")


class Source(models.Model):
    """A document or table that insights come from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255, help_text="The file's name.")
    title = models.CharField(max_length=255)
    format = models.CharField(max_length=16, help_text="txt, md, csv, tsv, json or jsonl.")
    encoding = models.CharField(max_length=32, default="utf-8")
    keep_good_rows = models.BooleanField(
        default=False, help_text="Skip invalid rows. If off, one bad row rejects the file."
    )
    content = models.BinaryField(help_text="The original file.")
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the file's bytes.")
    size = models.PositiveIntegerField(help_text="In bytes.")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = SourceManager()

    class Meta:
        db_table = "sources"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["-created_at", "id"], name="source_newest")]
        constraints = [
            # The same file creates one row, even if two uploads race.
            models.UniqueConstraint(fields=["content_hash"], name="source_content_once"),
        ]

    def __str__(self) -> str:
        return self.title
