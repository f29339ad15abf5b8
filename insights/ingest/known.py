"""Find the rows of a file that an older export holds: the same record is the same occurrence."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal
from uuid import UUID

from insights.ingest.readers import SourceContent
from insights.ingest.statements import Record, records_of
from insights.models import InsightSource, LeftOutText, Source

BATCH = 5000
State = Literal["new", "known", "changed"]
LEAST_SHARED = 0.5
FEWEST = 5


class KnownRecords:
    """The records that this file shares with older ones.

    Ids such as 1, 2, 3 come in every survey: two files are exports of the same records only when
    at least half of the records that they share by id, or of the smaller file where rows have no
    ids, have the same text. The ids of a known export (Zendesk, Slack ...) are taken as they are.
    """

    def __init__(self, source: Source, content: SourceContent) -> None:
        self.source = source
        self.trusted: set[UUID] | None = None
        self.hashes: dict[str, str] = {}
        first = next((doc for doc in content.documents if doc.kind != "prose"), None)
        self.by_id = first is not None and bool(first.about.external_id)
        series = first.series if first else ""
        self.ids_are_sure = self.by_id and bool(series) and not series.startswith("table:")
        if first:
            self._decide(records_of(content, source.name))

    def begin_prose(self, records: list[Record]) -> None:
        """Take the first paragraphs of running text, which tell whether the file is known."""
        if self.trusted is None:
            self._decide(records)

    def state(self, record: Record) -> State:
        known = self.hashes.get(record.key)
        if known is None:
            return "new"
        return "known" if known == record.digest else "changed"

    def _decide(self, records: Iterable[Record]) -> None:
        self.trusted = set()
        shared: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
        equal: defaultdict[UUID, set[str]] = defaultdict(set)
        count = 0
        for batch in _batches(records):
            own = {record.key: record.digest for record in batch}
            count += len(own)
            for model in (InsightSource, LeftOutText):
                rows = model.objects.filter(record_key__in=own).exclude(source=self.source)
                for source, key, digest in rows.values_list("source", "record_key", "record_hash"):
                    shared[source][key] = digest
                    if own[key] == digest:
                        equal[source].add(key)
        for source, hashes in shared.items():
            same = len(equal[source])
            if self.ids_are_sure or self._is_same_export(source, same, len(hashes), count):
                self.trusted.add(source)
                self.hashes |= hashes

    def _is_same_export(self, source: UUID, same: int, shared: int, own: int) -> bool:
        if self.by_id:
            return same >= LEAST_SHARED * shared
        # A few words may be repeated by chance; a file that holds the older one is its successor.
        covers = same >= LEAST_SHARED * _size(source)
        return covers or (same >= FEWEST and same >= LEAST_SHARED * own)


def _size(source: UUID) -> int:
    """Count the stored records of a source."""
    found = InsightSource.objects.filter(source=source).values("record_key").distinct().count()
    return found + LeftOutText.objects.filter(source=source).count()


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    rest = iter(records)
    while batch := list(islice(rest, BATCH)):
        yield batch
