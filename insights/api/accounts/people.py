"""People: list, add by an invitation, set the role, switch off and on."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from insights import people
from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListView
from insights.api.http.fields import Choice
from insights.api.http.idempotency import idempotent
from insights.api.http.problems import Unprocessable
from insights.models import Scope


class PersonSerializer(serializers.ModelSerializer[User]):
    role = serializers.SerializerMethodField(help_text="Empty without one.")
    invited = serializers.SerializerMethodField(help_text="Has not chosen a password yet.")

    class Meta:
        model = User
        fields: tuple[str, ...] = (
            "id", "username", "email", "role", "is_active", "is_staff", "invited", "date_joined",
            "last_login",
        )  # fmt: skip

    def get_role(self, user: User) -> str:
        return people.role_of(user)

    def get_invited(self, user: User) -> bool:
        return not user.has_usable_password()


class InvitedSerializer(PersonSerializer):
    invitation = serializers.URLField(help_text="Sets the password, once. In this answer only.")

    class Meta(PersonSerializer.Meta):
        fields = (*PersonSerializer.Meta.fields, "invitation")


class PersonChangeSerializer(serializers.Serializer[Any]):
    role = Choice(choices=people.ROLE_NAMES, required=False)
    is_active = serializers.BooleanField(required=False)


class PersonAddSerializer(serializers.Serializer[Any]):
    username = serializers.RegexField(
        r"^[A-Za-z0-9_.@+-]+$",
        max_length=150,
        error_messages={"invalid": "Use letters without accents, digits and _ . @ + - only."},
    )
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    role = Choice(choices=people.ROLE_NAMES, default="Reviewer")


class People(ListView):
    """List the accounts, the newest first."""

    access = {
        "GET": Access(Scope.ADMIN, "auth.view_user"),
        "POST": Access(Scope.ADMIN, "auth.add_user"),
    }
    serializer_class = PersonSerializer
    page_ordering = ("-date_joined", "id")

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.prefetch_related("groups")

    @extend_schema(
        operation_id="add_person",
        request=PersonAddSerializer,
        responses={201: InvitedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Add a person with a role; the answer has the link that sets the password."""
        sent = self.body(PersonAddSerializer)
        _require_group(sent["role"])
        try:
            user = people.add_person(sent["username"], sent.get("email", ""), sent["role"])
        except people.NameTaken as error:
            raise Unprocessable(str(error), field="username") from None
        link = people.invitation_link(request, user)
        people.mail_invitation(user, link)
        data = {**PersonSerializer(user).data, "invitation": link}
        return Response(data, status=status.HTTP_201_CREATED)


class PersonDetail(ApiView):
    access = {"PATCH": Access(Scope.ADMIN, "auth.change_user")}

    @extend_schema(
        operation_id="change_person", request=PersonChangeSerializer, responses=PersonSerializer
    )
    @idempotent
    def patch(self, request: Request, id: int) -> Response:
        """Set the role, or switch the account off and on."""
        user = User.objects.filter(pk=id).first()
        if user is None:
            raise NotFound(f"There is no account {id}. GET /api/v1/people lists what there is.")
        people.require_changeable(user, self.account)
        sent = self.body(PersonChangeSerializer)
        if "role" in sent:
            _require_group(sent["role"])
            people.set_role(user, sent["role"])
        if "is_active" in sent:
            user.is_active = sent["is_active"]
            user.save(update_fields=["is_active"])
        return Response(PersonSerializer(user).data)


def _require_group(role: str) -> None:
    if not Group.objects.filter(name=role).exists():
        raise Unprocessable(people.NO_GROUP.format(role), field="role")
