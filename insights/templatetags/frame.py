"""Parts of every admin page: the bar shown while automatic merging is stopped."""

from django import template

from insights.audit.stop import stop_in_force
from insights.models import AutoMergeStop

register = template.Library()


@register.simple_tag(takes_context=True)
def automatic_merging_stop(context: template.Context) -> AutoMergeStop | None:
    """Return the stop in force, for users who may see clusters; None on pages without a user."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.has_perm("insights.view_cluster"):
        return None
    return stop_in_force()
