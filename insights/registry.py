"""Extension points: what other apps add to this one, which does not import them.

Apps add to them when they start (`AppConfig.ready`, or the import of their admin).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest

    from insights.admin.kit.charts import Panel
    from insights.admin.kit.strip import Step
    from insights.api.tasks import TaskKind
    from insights.models import Insight

# Kinds of long work that /api/v1/tasks shows and cancels.
task_kinds: "list[TaskKind]" = []
# Panels of the admin's front page that the person of this request may see.
dashboard_panels: "list[Callable[[HttpRequest], list[Panel]]]" = []
# Panels of an insight's page: template and context.
insight_panels: "list[Callable[[HttpRequest, Insight], tuple[str, dict[str, object]]]]" = []
# Steps of the strip on top of every page, after the review.
progress_steps: "list[Callable[[HttpRequest], list[Step]]]" = []
