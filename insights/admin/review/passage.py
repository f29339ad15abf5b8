"""The passage around a statement in its source."""

from uuid import UUID

from django.http import Http404, HttpResponse

from insights.admin.review.base import allowed, is_fragment, page
from insights.ingest.readers import ReadError
from insights.ingest.sources import read_stored
from insights.models import InsightSource
from insights.permissions import StaffRequest

AROUND = 600  # characters on each side


@allowed("insights.view_insightsource", "GET")
def passage(request: StaffRequest, pk: UUID) -> HttpResponse:
    found = InsightSource.objects.select_related("source", "insight").filter(pk=pk).first()
    if found is None:
        raise Http404(f"There is no occurrence {pk}.")
    return page(
        request,
        "_passage.html" if is_fragment(request) else "passage.html",
        title=found.source.title,
        found=found,
        passage=_around(found),
    )


def _around(found: InsightSource) -> tuple[str, str, str] | None:
    """Return the text before, the passage, the text after.

    None when the source was a table of statements, or is gone.
    """
    if found.start is None or found.end is None:
        return None
    try:
        documents = read_stored(found.source).documents
    except ReadError:
        return None
    for document in documents:
        prefix = document.locator_prefix
        if (not prefix or found.locator.startswith(prefix)) and found.end <= len(document.text):
            text = document.text
            before = text[max(0, found.start - AROUND) : found.start]
            after = text[found.end : found.end + AROUND]
            return before, text[found.start : found.end], after
    return None
