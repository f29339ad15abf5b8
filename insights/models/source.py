"""Files that insights come from, the columns chosen for them, and texts without a statement."""

import uuid
from datetime import date as Day

from django.db import models
from django.utils import timezone

from insights.models.light import LightManager, person


def today() -> Day:
    return timezone.now().date()


class Source(models.Model):
    """A document or table that insights come from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255, help_text="The file's name.")
    title = models.CharField(max_length=255)
    format = models.CharField(max_length=16, help_text="Its suffix: csv, docx, vtt and so on.")
    encoding = models.CharField(max_length=32, blank=True, help_text="Of a text file.")
    keep_good_rows = models.BooleanField(
        default=False, help_text="Skip invalid rows. If off, one bad row rejects the file."
    )
    content = models.BinaryField(help_text="The original file.")
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the file's bytes.")
    size = models.PositiveIntegerField(help_text="In bytes.")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = person()

    columns = models.JSONField(
        null=True, blank=True, help_text="Which columns hold what, when a person has chosen them."
    )
    needs_columns = models.BooleanField(
        default=False, help_text="Waits until somebody says which columns hold text."
    )
    notes = models.JSONField(default=list, blank=True, help_text="How it was read, in sentences.")
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="Its occurrences are taken out; this can be undone."
    )
    removed = models.JSONField(null=True, blank=True, help_text="What an undo puts back.")

    objects = LightManager()
    heavy = ("content",)  # megabytes

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


class ColumnChoice(models.Model):
    """The columns that somebody chose for tables with one header, kept for the next file."""

    header_hash = models.CharField(max_length=64, primary_key=True)
    header = models.JSONField()
    columns = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "column_choices"

    def __str__(self) -> str:
        return ", ".join(self.header)[:90]


class Occurring(models.Model):
    """Metadata that a row or message gives about itself, beside its text."""

    external_id = models.CharField(max_length=255, blank=True, help_text="Its id in the export.")
    date = models.CharField(max_length=64, blank=True, help_text="As the source writes it.")
    said_on = models.DateField(
        default=today,
        help_text="The day of its date, else of its file's name, else the day it was added.",
    )
    person = models.CharField(max_length=255, blank=True, help_text="Who said it.")
    company = models.CharField(max_length=255, blank=True)
    segment = models.CharField(max_length=255, blank=True)
    rating = models.CharField(max_length=64, blank=True)
    link = models.CharField(max_length=1000, blank=True)
    attributes = models.JSONField(default=dict, blank=True, help_text="Further columns.")
    record_key = models.CharField(
        max_length=32, blank=True, help_text="The same in each export of the same record."
    )
    record_hash = models.CharField(max_length=32, blank=True, help_text="Of the record's text.")

    class Meta:
        abstract = True

    @property
    def safe_link(self) -> str:
        """Return the link if a browser may follow it; a link from a file may be a script."""
        return self.link if self.link.startswith(("https://", "http://")) else ""


class LeftOutText(Occurring):
    """A text without a statement. One click takes it in as it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="left_out_texts")
    ordinal = models.PositiveIntegerField(help_text="The text's place in its source, from 0.")
    locator = models.CharField(max_length=255)
    text = models.TextField()
    reason = models.CharField(max_length=100)
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    taken_in_at = models.DateTimeField(null=True, blank=True)

    objects = LightManager()

    class Meta:
        db_table = "left_out_texts"
        ordering = ["source", "ordinal"]
        indexes = [models.Index(fields=["record_key"], name="left_out_record")]
        constraints = [
            models.UniqueConstraint(fields=["source", "ordinal"], name="left_out_text_once"),
        ]

    def __str__(self) -> str:
        return self.locator
