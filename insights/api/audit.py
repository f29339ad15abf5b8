"""The audit over HTTP: ask for the next question, blind, and answer it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListView, NoBody
from insights.api.http.fields import Choice, Comment
from insights.api.http.idempotency import idempotent
from insights.api.http.links import FIRST_ID, Link
from insights.api.http.problems import Unprocessable
from insights.audit import answers
from insights.audit.opinions import Opinion
from insights.audit.stop import refuted
from insights.models import AuditItem, DecisionKind, Scope
from insights.permissions import DECIDE_CLUSTER, RESUME_AUTO_MERGE
from insights.types import JSONObject

DECIDE = Access(Scope.REVIEW, DECIDE_CLUSTER)
MAX_STATEMENTS = 1000
ANSWERS = ("same", "not_same")


class AuditQuestionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField(
        help_text="merge: two statements that a model merged. second_opinion: a cluster that "
        "somebody has decided, which changes nothing on its own."
    )
    statements = serializers.ListField(
        child=serializers.CharField(), help_text="In a neutral order."
    )
    held_until = serializers.DateTimeField(help_text="Until then nobody else is asked.")


class ClaimedSerializer(serializers.Serializer[Any]):
    item = AuditQuestionSerializer(allow_null=True, help_text="null when nothing is left for you.")


class WithdrawnSerializer(serializers.Serializer[Any]):
    item = AuditQuestionSerializer(help_text="Leased to you again.")
    refuted_stop = serializers.UUIDField(
        allow_null=True,
        help_text="The stop of automatic merging in force, if the audit no longer supports it and "
        "you may resume.",
    )


class AuditAnswerSerializer(serializers.Serializer[Any]):
    verdict = Choice(choices=ANSWERS, required=False, help_text="Of all statements.")
    groups = serializers.ListField(
        child=serializers.ListField(
            child=serializers.IntegerField(min_value=0, max_value=MAX_STATEMENTS),
            min_length=1,
            max_length=MAX_STATEMENTS,
        ),
        required=False,
        min_length=1,
        max_length=MAX_STATEMENTS,
        help_text="For a second opinion, instead of a verdict: groups of statements that say the "
        "same, by position from 0. One group leaves the others open; several must name each "
        "statement.",
    )
    comment = Comment()


class AnsweredSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    verdict = serializers.CharField(help_text="same, not_same, agrees or differs.")
    decision = serializers.UUIDField(source="decision_id", help_text="What was asked about.")
    model_version = serializers.CharField(source="decision.model_version", allow_blank=True)
    answered_at = serializers.DateTimeField()


class AuditClaim(ApiView):
    access = {"POST": DECIDE}
    links = [Link("POST", "answer_audit", "$response.body#/item/id")]

    @extend_schema(operation_id="claim_audit", request=None, responses={200: ClaimedSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Get the next question, leased to you for ten minutes.

        It does not say what was merged or decided, by whom or how surely. Asking again returns the
        same question until it is answered.
        """
        self.body(NoBody)
        item = answers.claim(self.account)
        return Response(ClaimedSerializer({"item": item and _question(item)}).data)


class AuditAnswer(ApiView):
    access = {"POST": DECIDE}
    links = [Link("POST", "withdraw_audit_answer")]

    @extend_schema(
        operation_id="answer_audit",
        request=AuditAnswerSerializer,
        responses={200: AnsweredSerializer},
    )
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Say whether the statements are duplicates.

        A merge found wrong is undone, and too many of them stop automatic merging. 409 if somebody
        else has answered or leased it.
        """
        item = _found(id)
        sent = self.body(AuditAnswerSerializer)
        if ("verdict" in sent) == ("groups" in sent):
            raise Unprocessable("Send either verdict or groups.", code="required", field="verdict")
        said = {"reviewer": self.account, "comment": sent["comment"]}
        if _kind(item) == "merge":
            if "verdict" not in sent:
                raise Unprocessable(
                    "The audit of a merge takes a verdict: same or not_same.", field="groups"
                )
            answered = answers.answer(id, same=sent["verdict"] == "same", **said)
        else:
            answered = answers.second_opinion(id, _opinion(item, sent), **said)
        return Response(AnsweredSerializer(answered).data)


class AuditWithdraw(ApiView):
    access = {"POST": DECIDE}
    links = [Link("POST", "answer_audit", "$response.body#/item/id")]

    @extend_schema(
        operation_id="withdraw_audit_answer", request=None, responses=WithdrawnSerializer
    )
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Withdraw your own answer with all its effects.

        The question waits for you again, and a merge that it had undone is in force again. 422 says
        what must be undone first. Automatic merging stays stopped until somebody resumes it.
        """
        self.body(NoBody)
        _found(id)
        item = answers.withdraw(id, reviewer=self.account)
        stop = (
            refuted(item.decision.model_version)
            if request.user.has_perm(RESUME_AUTO_MERGE)
            else None
        )
        body = {"item": _question(item), "refuted_stop": stop and stop.pk}
        return Response(WithdrawnSerializer(body).data)


class AuditAnswers(ListView):
    """List your own answers that you may still withdraw, the latest first."""

    access = {"GET": Access(Scope.READ, DECIDE_CLUSTER)}
    links = [Link("GET", "withdraw_audit_answer", FIRST_ID)]
    serializer_class = AnsweredSerializer
    page_ordering = ("-answered_at", "id")

    def get_queryset(self) -> QuerySet[AuditItem]:
        return answers.answered_by(self.account).select_related("decision")


def _found(id: UUID) -> AuditItem:
    item = AuditItem.objects.select_related("decision").filter(pk=id).first()
    if item is None:
        raise NotFound(
            f"There is no audit item {id}. POST /api/v1/audit/claim gives the next one; GET "
            "/api/v1/audit/answers lists what you have answered."
        )
    return item


def _question(item: AuditItem) -> JSONObject:
    return {
        "id": item.pk,
        "kind": _kind(item),
        "statements": [one.statement for one in answers.blind_members(item)],
        "held_until": item.held_until,
    }


def _kind(item: AuditItem) -> str:
    return "merge" if item.decision.kind == DecisionKind.AUTOMATIC else "second_opinion"


def _opinion(item: AuditItem, sent: JSONObject) -> Opinion:
    """Build the opinion. Raises ReviewError or Unprocessable."""
    members = [one.pk for one in answers.blind_members(item)]
    if sent.get("verdict") == "not_same":
        return Opinion.reject(members)
    groups = sent.get("groups", [list(range(len(members)))])
    places = [place for group in groups for place in group]
    if len(set(places)) != len(places) or max(places) >= len(members):
        raise Unprocessable(
            f"Name each position once, from 0 to {len(members) - 1}.", field="groups"
        )
    if len(groups) == 1:
        return Opinion.approve(members, frozenset(members[place] for place in groups[0]))
    return Opinion.split(
        {members[place]: number for number, group in enumerate(groups) for place in group}
    )
