"""The permissions that services check, and the type of the acting user."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

# What `request.user` may be, or None where a schedule or a command acts.
Actor = User | AnonymousUser | None

VIEW_INSIGHT = "insights.view_insight"
VIEW_SOURCE = "insights.view_source"
ADD_SOURCE = "insights.add_source"
VIEW_PROCESSING = "insights.view_processingrun"
CHANGE_PROCESSING = "insights.change_processingrun"
VIEW_CLUSTERING = "insights.view_clusteringrun"
ADD_CLUSTERING = "insights.add_clusteringrun"
CHANGE_CLUSTERING = "insights.change_clusteringrun"
VIEW_CLUSTER = "insights.view_cluster"
DECIDE_CLUSTER = "insights.decide_cluster"
VIEW_DECISION = "insights.view_mergedecision"
UNDO_DECISION = "insights.undo_mergedecision"
ERASE_PERSON = "insights.delete_source"
RESUME_AUTO_MERGE = "insights.resume_automerge"


class StaffRequest(HttpRequest):
    """A request behind the login of the admin site: it has an account."""

    user: User


def account(actor: Actor) -> User | None:
    """Return the account to store as the one who acted."""
    return actor if isinstance(actor, User) else None
