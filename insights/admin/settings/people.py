"""The page of people: who works here and in which role; add, invite, change."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from insights.admin.review.base import allowed
from insights.admin.settings.page import render
from insights.people import (
    NO_GROUP,
    ROLES,
    NameTaken,
    add_person,
    invitation_link,
    mail_invitation,
    require_changeable,
    role_of,
    set_role,
)
from insights.permissions import StaffRequest
from insights.types import JSONObject

CHOICES = [(name, f"{name} – {text}") for name, text in ROLES.items()]


class PersonForm(forms.Form):
    username = forms.CharField(
        max_length=150, label="Name", validators=[User.username_validator], strip=True
    )
    email = forms.EmailField(required=False, label="E-mail (optional)")
    role = forms.ChoiceField(choices=CHOICES, initial="Reviewer")

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
            raise PermissionDenied("You may not add people. Ask an administrator.")
        if form.is_valid():
            try:
                invited = add_person(**form.cleaned_data)
            except NameTaken as error:
                form.add_error("username", str(error))
            else:
                link = invitation_link(request, invited)
                was_mailed = mail_invitation(invited, link)
                form = PersonForm()
    return _list(request, form=form, invited=invited, link=link, was_mailed=was_mailed)


@allowed("auth.change_user", "POST")
def change_person(request: StaffRequest, pk: int) -> HttpResponse:
    """Set the role, or switch the account off and on."""
    user = _changeable(request, pk)
    role = request.POST.get("role", "")
    if role in ROLES and not Group.objects.filter(name=role).exists():
        messages.error(request, NO_GROUP.format(role))
    elif role in ROLES:
        set_role(user, role)
        messages.success(request, f"{user} is now {_article(role)} {role}.")
    elif "active" in request.POST:
        user.is_active = request.POST["active"] == "on"
        user.save(update_fields=["is_active"])
        said = "can log in again" if user.is_active else "can no longer log in"
        messages.success(request, f"{user} {said}.")
    return redirect("admin:people")


@allowed("auth.change_user", "POST")
def invite_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a new link that sets the password; it works once."""
    user = _changeable(request, pk)
    link = invitation_link(request, user)
    return _list(request, invited=user, link=link, was_mailed=mail_invitation(user, link))


def _article(role: str) -> str:
    return "an" if role == "Administrator" else "a"


def _changeable(request: StaffRequest, pk: int) -> User:
    user = get_object_or_404(User, pk=pk)
    require_changeable(user, request.user)
    return user


def _list(request: HttpRequest, **context: object) -> HttpResponse:
    can_change = request.user.has_perm("auth.change_user")
    rows = []
    for user in User.objects.prefetch_related("groups").order_by("-is_active", "username"):
        may_touch = can_change and user != request.user
        rows.append(
            {
                "user": user,
                "role": role_of(user),
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
