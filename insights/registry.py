"""Extension points: what other apps add to this one, which does not import them.

Apps add to them when they start (`AppConfig.ready`, or the import of their admin).
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from django.http import HttpRequest

    from insights.admin.kit.charts import Panel
    from insights.admin.kit.strip import Step
    from insights.api.tasks import TaskKind
    from insights.audit.stop import Advice
    from insights.models import AutoMergeStop, Insight

T = TypeVar("T")


class Registry(Generic[T]):
    """Entries in the order in which they were added; adding one again changes nothing."""

    def __init__(self) -> None:
        self._entries: list[T] = []

    def add(self, entry: T) -> T:
        """Add an entry and return it, so that this also works as a decorator."""
        if entry not in self._entries:
            self._entries.append(entry)
        return entry

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries)


# Kinds of long work that /api/v1/tasks shows and cancels.
task_kinds: "Registry[TaskKind]" = Registry()
# Panels of the admin's front page that the person of this request may see.
dashboard_panels: "Registry[Callable[[HttpRequest], list[Panel]]]" = Registry()
# Panels of an insight's page: template and context.
insight_panels: "Registry[Callable[[HttpRequest, Insight], tuple[str, dict[str, object]]]]" = (
    Registry()
)
# Advice shown on the page of a stop of automatic merging; None: nothing to say.
stop_advisers: "Registry[Callable[[AutoMergeStop], Advice | None]]" = Registry()
# Steps of the strip on top of every page, after the review.
progress_steps: "Registry[Callable[[HttpRequest], list[Step]]]" = Registry()
