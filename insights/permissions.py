"""The permissions that services check, and the type of the acting user."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

# What `request.user` may be, or None where a schedule or a command acts.
Actor = User | AnonymousUser | None

DECIDE_CLUSTER = "insights.decide_cluster"
UNDO_DECISION = "insights.undo_mergedecision"
ERASE_PERSON = "insights.delete_source"
RESUME_AUTO_MERGE = "insights.resume_automerge"


class StaffRequest(HttpRequest):
    """A request behind the login of the admin site: it has an account."""

    user: User


def account(actor: Actor) -> User | None:
    """Return the account to store as the one who acted."""
    return actor if isinstance(actor, User) else None
