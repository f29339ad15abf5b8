"""People: who works here and in which role; invitation by a link that sets the password.

Administrators manage everybody but superusers, whom only superusers change. Nobody can lock
themselves out.
"""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from insights.admin.review.base import allowed
from insights.admin.settings.page import render
from insights.types import JSONObject

# What each role adds to the one before it.
ROLES = {
    "Viewer": "sees insights, decisions and models",
    "Reviewer": "also decides clusters",
    "Lead": "also adds sources, trains versions and sets thresholds",
    "Administrator": "also manages people, webhooks and schedules",
}
CHOICES = [(name, f"{name} – {text}") for name, text in ROLES.items()]

NO_GROUP = (
    "The role “{0}” cannot be given: its group was deleted. Ask a superuser to add a group named "
    "“{0}” with its permissions under Settings, System tables, Groups."
)


class PersonForm(forms.Form):
    username = forms.CharField(
        max_length=150, label="Name", validators=[User.username_validator], strip=True
    )
    email = forms.EmailField(required=False, label="E-mail (optional)")
    role = forms.ChoiceField(choices=CHOICES, initial="Reviewer")

    def clean_username(self) -> str:
        name = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(f"There is already an account named “{name}”.")
        return name

    def clean_role(self) -> str:
        role = str(self.cleaned_data["role"])
        if not Group.objects.filter(name=role).exists():
            raise forms.ValidationError(NO_GROUP.format(role))
        return role


@allowed("auth.view_user", "GET", "POST")
def people(request: HttpRequest) -> HttpResponse:
    """List everybody; a POST adds a person and shows the invitation link."""
    can_add = request.user.has_perm("auth.add_user")
    form = PersonForm(request.POST if request.method == "POST" else None)
    invited, link, was_mailed = None, "", False
    if request.method == "POST":
        if not can_add:
            raise PermissionDenied("You may not add people. Ask an administrator for it.")
        if form.is_valid():
            invited = _add(form.cleaned_data)
            link = invitation_link(request, invited)
            was_mailed = _mail(invited, link)
            form = PersonForm()
    return _list(request, form=form, invited=invited, link=link, was_mailed=was_mailed)


@allowed("auth.change_user", "POST")
def change_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the role, or switch the account off and on."""
    user = _changeable(request, pk)
    role = request.POST.get("role", "")
    if role in ROLES and not Group.objects.filter(name=role).exists():
        messages.error(request, NO_GROUP.format(role))
    elif role in ROLES:
        _set_role(user, role)
        messages.success(request, f"{user} is now {_article(role)} {role}.")
    elif "active" in request.POST:
        user.is_active = request.POST["active"] == "on"
        user.save(update_fields=["is_active"])
        said = "can log in again" if user.is_active else "can no longer log in"
        messages.success(request, f"{user} {said}.")
    return redirect("admin:people")


@allowed("auth.change_user", "POST")
def invite_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a new link that sets the password; it works once."""
    user = _changeable(request, pk)
    link = invitation_link(request, user)
    return _list(request, invited=user, link=link, was_mailed=_mail(user, link))


def invitation_link(request: HttpRequest, user: User) -> str:
    """Return a link that sets the user's password once, within PASSWORD_RESET_TIMEOUT."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return request.build_absolute_uri(reverse("admin:invitation", args=[uid, token]))


@transaction.atomic
def _add(given: JSONObject) -> User:
    user = User(username=given["username"], email=given["email"], is_staff=True)
    user.set_unusable_password()
    user.save()
    _set_role(user, given["role"])
    return user


def _set_role(user: User, role: str) -> None:
    user.groups.remove(*user.groups.filter(name__in=ROLES))
    user.groups.add(Group.objects.get(name=role))


def _article(role: str) -> str:
    return "an" if role == "Administrator" else "a"


def _mail(user: User, link: str) -> bool:
    if not (settings.EMAIL_HOST and user.email):
        return False
    text = f"You have been invited to Insight Dedup as “{user}”.\n\nChoose your password:\n{link}\n"
    return bool(send_mail("Your invitation to Insight Dedup", text, None, [user.email]))


def _changeable(request: HttpRequest, pk: int) -> User:
    user = get_object_or_404(User, pk=pk)
    if user.is_superuser and not request.user.is_superuser:
        raise PermissionDenied("Only superusers may change a superuser.")
    if user == request.user:
        raise PermissionDenied(
            "You cannot change your own role or access. Ask another administrator."
        )
    return user


def _list(request: HttpRequest, **context: object) -> HttpResponse:
    can_change = request.user.has_perm("auth.change_user")
    rows = []
    for user in User.objects.prefetch_related("groups").order_by("-is_active", "username"):
        roles = [group.name for group in user.groups.all() if group.name in ROLES]
        may_touch = can_change and user != request.user
        rows.append(
            {
                "user": user,
                "role": max(roles, key=list(ROLES).index, default=""),
                "is_invited": not user.has_usable_password(),
                "can_change": may_touch and (request.user.is_superuser or not user.is_superuser),
            }
        )
    shown: JSONObject = {
        "rows": rows,
        "roles": ROLES,
        "form": PersonForm(),
        "can_add": request.user.has_perm("auth.add_user"),
        "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
        **context,
    }
    return render(request, "people.html", title="People", **shown)
