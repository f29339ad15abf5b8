"""Preview of a file: what it would bring in, before anything is stored."""

from dataclasses import dataclass, field
from itertools import islice

from insights.ingest.known import KnownRecords
from insights.ingest.readers import Columns, SourceContent
from insights.ingest.statements import FoundStatement, Passage, Passages
from insights.models import Source

# So many texts are looked through; a file of 200,000 rows is not read for a preview.
MOST = 2000
SHOWN = 8


@dataclass(slots=True)
class Preview:
    """Counts over the first texts of a file, with examples."""

    rows: int = 0
    looked_at: int = 0
    blank_rows: int = 0
    statements: int = 0
    no_statement: int = 0
    known: int = 0
    changed: int = 0
    examples: list[FoundStatement] = field(default_factory=list)
    without: list[Passage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: Columns | None = None


def preview(name: str, content: SourceContent) -> Preview:
    """Read at most 2,000 texts and say what would come in. Stores nothing."""
    shown = Preview(
        rows=len(content.documents),
        blank_rows=content.blank_rows,
        notes=content.notes,
        columns=content.table.columns if content.table else None,
    )
    known = KnownRecords(Source(name=name), content)
    passages = list(islice(Passages(content, name), MOST))
    known.begin_prose([passage.record for passage in passages])
    for passage in passages:
        shown.looked_at += 1
        state = known.state(passage.record)
        shown.known += state == "known"
        shown.changed += state == "changed"
        shown.statements += len(passage.found)
        if not passage.found:
            shown.no_statement += 1
            shown.without.append(passage)
        elif len(shown.examples) < SHOWN:
            shown.examples.append(passage.found[0])
    del shown.without[SHOWN:]
    return shown
