"""Erase a person for good: what they said, what is known of them, their name wherever it is.

Receipts stay as tombstones. What cannot be undone is done in one transaction; files follow.
"""

import json
import logging
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, models, transaction
from django.db.models import Q

from insights.clustering.run import kept_files
from insights.ingest.removal.orphans import orphans_of, retire_orphans
from insights.jobs.locks import advisory_lock
from insights.models import (
    ApiAnswer,
    ClusteringRun,
    Insight,
    InsightSource,
    InsightStatus,
    LeftOutText,
    Source,
)
from insights.signals import person_erased
from insights.text.normalise import content_hash

if TYPE_CHECKING:
    AnyField = models.Field[Any, Any]

logger = logging.getLogger(__name__)

ERASED = "[erased]"
WAIT_SECONDS = 60
OWN_APPS = ("insights", "finetuning")
_TEXT_TYPES = ("CharField", "TextField", "JSONField")


@dataclass(slots=True)
class Erasure:
    """The result of an erasure. `insights` are those that only this person had said."""

    occurrences: int = 0
    insights: list[UUID] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    """Model versions that were trained on it."""
    rows: int = 0
    files: list[str] = field(default_factory=list)


class NobodyFound(Exception):
    """Raised when nothing in the database is by this person or names them."""


def erase(person: str, *, folders: tuple[Path, ...] = ()) -> Erasure:
    """Erase the person called `person` (a name, an address, an id), letter case aside.

    `folders` hold exports, logs and training files: lines that name the person, or say what only
    they said, are taken out. Raises `NobodyFound`.
    """
    person = person.strip()
    done = Erasure()
    with transaction.atomic():
        texts = _erase_from_database(person, done)
    _erase_files(person, texts, folders, done)
    _forget_vectors()
    _rewrite_tables()
    return done


def preview_erasure(person: str) -> Erasure:
    """Return what `erase` would do to the database, by doing it and rolling it back."""
    done = Erasure()
    with transaction.atomic():
        _erase_from_database(person.strip(), done)
        transaction.set_rollback(True)
    return done


def _erase_from_database(person: str, done: Erasure) -> list[str]:
    if len(person) < 3:
        raise NobodyFound(
            "Give the whole name, address or id of the person: three letters or more."
        )
    texts = _erase_rows(person, done)
    for _, versions in person_erased.send(Erasure, insights=done.insights, texts=texts):
        done.versions += versions or []
    for words in (person, *texts):
        _replace_everywhere(words, done)
    if not (done.occurrences or done.rows or done.sources):
        raise NobodyFound(f"No source mentions “{person}”. Check the spelling.")
    return texts


def _erase_rows(person: str, done: Erasure) -> list[str]:
    own = Q(person__iexact=person) | Q(external_id__iexact=person)
    by_them = InsightSource.objects.filter(own)
    texts = list(by_them.values_list("statement", flat=True))
    holders = set(by_them.values_list("insight", flat=True))
    origins = set(by_them.values_list("origin_insight", flat=True))
    sources = set(by_them.values_list("source", flat=True))
    left_out = LeftOutText.objects.filter(own)
    sources |= set(left_out.values_list("source", flat=True))
    texts += left_out.values_list("text", flat=True)
    done.occurrences = by_them.count()
    by_them.delete()
    left_out.delete()
    done.insights = orphans_of(holders)
    retire_orphans(holders)
    gone = Insight.objects.filter(pk__in=origins | holders, own_sources__isnull=True)
    # One that others' words were merged into stays: it is theirs now.
    for insight in gone.exclude(status=InsightStatus.ACTIVE):
        _blank(insight)
    _blank_files(person, sources, done)
    # Providers' answers may repeat what was said; they are only a cache.
    for text in {person, *texts}:
        ApiAnswer.objects.filter(answer__icontains=text[:200]).delete()
    said_by_others = set(
        Insight.objects.filter(statement__in=texts).values_list("statement", flat=True)
    )
    return sorted({text for text in texts if len(text) > 10} - said_by_others)


def _blank(insight: Insight) -> None:
    """Blank the words, but keep the row as a tombstone that decisions can refer to."""
    words = f"{ERASED} {insight.pk}"
    Insight.objects.filter(pk=insight.pk).update(
        statement=words, content_hash=content_hash(words), embedding=None, embedding_model=""
    )


def _blank_files(person: str, sources: set[UUID], done: Erasure) -> None:
    """Blank the stored bytes of each file in which the person speaks or is named."""
    pattern = person.encode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM sources WHERE position(%s::bytea IN content) > 0", [pattern])
        sources |= {row[0] for row in cursor.fetchall()}
    found = Source.objects.filter(pk__in=sources)
    done.sources = sorted(found.values_list("name", flat=True))
    for source in found:
        source.content, source.removed = b"", None
        note = f"A person was erased from it; the file itself ({source.size:,} bytes) is gone."
        source.notes = [*source.notes, note]
        source.save(update_fields=["content", "removed", "notes"])


def _replace_everywhere(person: str, done: Erasure) -> None:
    """Replace the name in every text and JSON column of our tables."""
    for model in _own_models():
        for column in model._meta.concrete_fields:
            if _is_text(column):
                done.rows += _replace(model, column, person)


def _own_models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label in OWN_APPS and model._meta.managed
    ]


def _replace(model: type[models.Model], column: "AnyField", person: str) -> int:
    table = connection.ops.quote_name(model._meta.db_table)
    name = connection.ops.quote_name(str(column.column))
    kind = ""
    if isinstance(column, models.JSONField):
        kind, person = "::jsonb", json.dumps(person, ensure_ascii=False)[1:-1]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {name} = "  # noqa: S608 - names of our own models
            f"regexp_replace({name}::text, %s, %s, 'gi'){kind} WHERE {name}::text ILIKE %s",
            [re.escape(person), ERASED, f"%{_like(person)}%"],
        )
        return int(cursor.rowcount)


def _is_text(column: "AnyField") -> bool:
    written = not column.primary_key and not getattr(column, "generated", False)
    return written and column.get_internal_type() in _TEXT_TYPES


def _like(text: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", text)


def _erase_files(person: str, texts: list[str], folders: tuple[Path, ...], done: Erasure) -> None:
    needles = [needle.lower() for needle in (person, *texts)]
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if not path.is_file() or path.is_symlink():
                continue
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
            lines = text.splitlines(keepends=True)
            kept = [line for line in lines if not any(n in line.lower() for n in needles)]
            if len(kept) < len(lines):
                path.write_text("".join(kept), encoding="utf-8", errors="surrogateescape")
                done.files.append(str(path))


def _forget_vectors() -> None:
    """Remove the files of clustering: their vectors tell of the words.

    A run at work sees at its end that its basis is gone, and keeps nothing; its join it removes
    itself. The next run compares everything.
    """
    ClusteringRun.objects.update(basis="")
    shutil.rmtree(kept_files(), ignore_errors=True)
    with advisory_lock(ClusteringRun.lock_name) as no_run_needs_it:
        if no_run_needs_it:
            shutil.rmtree(Path(settings.VAR) / "joins", ignore_errors=True)


def _rewrite_tables() -> None:
    """Rewrite the tables and drop the old journal: PostgreSQL keeps dead rows in its files.

    Waits for the transactions that may still read them. In a transaction, or without the right,
    the rows stay until PostgreSQL reuses their place.
    """
    if connection.in_atomic_block:
        return
    tables = sorted(model._meta.db_table for model in _own_models())
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())")
            until, (end,) = time.monotonic() + WAIT_SECONDS, cursor.fetchone()
            while time.monotonic() < until:
                cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8", [end])
                if cursor.fetchone()[0]:
                    break
                time.sleep(0.05)
            for table in tables:
                cursor.execute(f"VACUUM (FULL) {connection.ops.quote_name(table)}")
            # The second checkpoint lets go of the segments before the first.
            for _ in range(2):
                cursor.execute("SELECT pg_switch_wal()")
                cursor.execute("CHECKPOINT")
        except ProgrammingError as error:
            logger.warning("The database's own files were not rewritten: %s", error)
