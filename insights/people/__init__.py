"""People: accounts with a role, and invitations by a link that sets the password.

Administrators manage everybody but superusers, whom only superusers change. Nobody can lock
themselves out.
"""

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from insights.jobs.locks import wait_for_turn

# What each role adds to the one before it.
ROLES = {
    "Viewer": "sees insights, decisions and models",
    "Reviewer": "also decides clusters",
    "Lead": "also adds sources, trains versions and sets thresholds",
    "Administrator": "also manages people, webhooks and schedules",
}

ROLE_NAMES = list(ROLES)

NO_GROUP = (
    "The role “{0}” cannot be given: its group was deleted. Ask a superuser to add a group named "
    "“{0}” with its permissions under Settings, System tables, Groups."
)


def invitation_link(request: HttpRequest, user: User) -> str:
    """Return a link that sets the user's password once, within PASSWORD_RESET_TIMEOUT."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return request.build_absolute_uri(reverse("admin:invitation", args=[uid, token]))


class NameTaken(Exception):
    """There is an account of this name, in capitals or not."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already an account named “{name}”.")


@transaction.atomic
def add_person(username: str, email: str, role: str) -> User:
    """Create an account without a password: an invitation sets it. Raises NameTaken."""
    wait_for_turn("add a person")
    if User.objects.filter(username__iexact=username).exists():
        raise NameTaken(username)
    user = User(username=username, email=email, is_staff=True)
    user.set_unusable_password()
    user.save()
    set_role(user, role)
    return user


def set_role(user: User, role: str) -> None:
    user.groups.remove(*user.groups.filter(name__in=ROLES))
    user.groups.add(Group.objects.get(name=role))


def role_of(user: User) -> str:
    """Return the highest of the user's roles; empty without one."""
    roles = [group.name for group in user.groups.all() if group.name in ROLES]
    return max(roles, key=list(ROLES).index, default="")


def mail_invitation(user: User, link: str) -> bool:
    if not (settings.EMAIL_HOST and user.email):
        return False
    text = f"You have been invited to Insight Dedup as “{user}”.\n\nChoose your password:\n{link}\n"
    return bool(send_mail("Your invitation to Insight Dedup", text, None, [user.email]))


def require_changeable(user: User, by: User) -> None:
    """Raise PermissionDenied if `by` may not change this account."""
    if user.is_superuser and not by.is_superuser:
        raise PermissionDenied("Only superusers may change a superuser.")
    if user == by:
        raise PermissionDenied(
            "You cannot change your own role or access. Ask another administrator."
        )
