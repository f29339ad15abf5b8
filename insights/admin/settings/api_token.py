"""Tokens for scripts: made here and shown once, looked at, revoked."""

from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from insights.admin.kit import display
from insights.admin.kit.base import PageAdmin, View, posting
from insights.models import ApiToken, Scope
from insights.permissions import StaffRequest

LIFETIMES = {30: "30 days", 90: "90 days", 365: "a year", 0: "never"}


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="Purpose, such as “nightly import”")
    scopes = forms.MultipleChoiceField(
        choices=[(value, f"{value}: {label}") for value, label in Scope.choices],
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
        help_text="Limited by the user’s role.",
    )
    lifetime = forms.TypedChoiceField(
        choices=list(LIFETIMES.items()), coerce=int, initial=90, label="Expires after"
    )

    def __init__(self, data: QueryDict | None, *, maker: User) -> None:
        super().__init__(data)
        self.maker = maker
        if maker.is_superuser:
            # Anybody else would lend themselves what another user may do.
            self.fields["user"] = forms.ModelChoiceField(
                get_user_model()._default_manager.filter(is_active=True), initial=maker.pk
            )

    def make(self) -> tuple[ApiToken, str]:
        """Return the token and its key. The form must be valid."""
        given = self.cleaned_data
        days = given["lifetime"]
        return ApiToken.make(
            user=given.get("user") or self.maker,
            name=given["name"],
            scopes=given["scopes"],
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )


@admin.register(ApiToken)
class ApiTokenAdmin(PageAdmin[ApiToken]):
    index_order = 200
    nothing_yet = "No token yet. A script needs one to use the API."
    page_template = "admin/insights/api_token.html"
    related = ("user",)
    deferred = ("digest",)
    list_display = ("__str__", "name", "user", "scopes_cell", "last_used_at", "expires_at", "state")
    list_filter = ("created_at", "expires_at")
    search_fields = ("name", "prefix")

    def views(self) -> dict[str, View]:
        return {"<uuid:pk>/revoke/": self.revoke}

    @admin.display(description="Scopes")
    def scopes_cell(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="State")
    def state(self, token: ApiToken) -> str:
        if token.revoked_at:
            return "revoked"
        return "expired" if token.is_expired else "valid"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def add_view(  # type: ignore[override]
        self,
        request: StaffRequest,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show the key in the answer to the POST, the only page that has it; never cache it."""
        if not self.has_add_permission(request):
            raise PermissionDenied("You may not make API tokens. Ask an administrator.")
        form = TokenForm(request.POST if request.method == "POST" else None, maker=request.user)
        token, key = None, ""
        if request.method == "POST" and form.is_valid():
            token, key = form.make()
        return self.render(
            request,
            "admin/insights/api_token_add.html",
            title="Create an API token" if token is None else "Copy the token now",
            form=form,
            token=token,
            key=key,
        )

    def page(self, request: HttpRequest, record: ApiToken) -> dict[str, object]:
        return {
            "token": record,
            "state": self.state(record),
            "can_revoke": record.revoked_at is None
            and (record.user == request.user or request.user.has_perm("insights.change_apitoken")),
        }

    @posting("insights.view_apitoken", "look at API tokens")
    def revoke(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        token = self.find(request, pk)
        if not self.page(request, token)["can_revoke"]:
            raise PermissionDenied("You may only revoke your own tokens.")
        token.revoke()
        messages.success(request, f"{token} is revoked: scripts that use it are refused from now.")
        return redirect(display.url_of(token))
