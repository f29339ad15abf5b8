"""Decisions: the receipts, and their undo."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListView, TimedListQuery, etag_of, missing
from insights.api.http.fields import Choice, Comment, Words
from insights.api.http.idempotency import idempotent
from insights.api.insights import decisions
from insights.api.serializers import DecisionSerializer
from insights.models import DecisionKind, MergeDecision, Scope
from insights.permissions import UNDO_DECISION, VIEW_DECISION
from insights.review.actions import UndoDecision

VIEW = Access(Scope.READ, VIEW_DECISION)


class DecisionQuery(TimedListQuery):
    kind = Choice(choices=DecisionKind.choices, required=False)
    undone = serializers.BooleanField(required=False)
    actor = Words(required=False, max_length=150, help_text="A username.")
    cluster = serializers.UUIDField(required=False)


class Decisions(ListView):
    """List the decisions, the newest first."""

    access = {"GET": VIEW}
    serializer_class = DecisionSerializer
    query_serializer = DecisionQuery
    page_ordering = ("-decided_at", "id")
    filters = {"kind": "kind", "cluster": "cluster", "actor": "actor__username"}

    def get_queryset(self) -> QuerySet[MergeDecision]:
        if (undone := self.params.get("undone")) is None:
            return decisions()
        return decisions().filter(undone_at__isnull=not undone)


class DecisionDetail(ApiView):
    access = {"GET": VIEW}

    @extend_schema(operation_id="get_decision", responses=DecisionSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get one receipt: who, when, on what evidence, and every member's part in it."""
        decision = self.find(decisions(), id, "decision")
        return self.conditional(
            etag_of(decision.pk, decision.undone_at), lambda: DecisionSerializer(decision).data
        )


class UndoSerializer(serializers.Serializer[Any]):
    comment = Comment()
    not_same = serializers.BooleanField(
        default=False,
        help_text="For an automatic merge: also say that the two are not the same.",
    )


class DecisionUndo(ApiView):
    access = {"POST": Access(Scope.REVIEW, UNDO_DECISION)}

    @extend_schema(
        operation_id="undo_decision",
        request=UndoSerializer,
        responses={200: DecisionSerializer},
    )
    @idempotent
    def post(self, request: Request, id: UUID) -> Response:
        """Undo a decision, even after later ones; its cluster is open again.

        422 says what to undo first, 409 that somebody was faster.
        """
        if not MergeDecision.objects.filter(pk=id).exists():
            raise missing("decision", id)
        sent = self.body(UndoSerializer)
        decision = UndoDecision(decision_id=id, actor=self.account, **sent).execute()
        return decision_response(decision, status.HTTP_200_OK)


def decision_response(decision: MergeDecision, code: int) -> Response:
    whole = decisions().get(pk=decision.pk)
    return Response(
        DecisionSerializer(whole).data,
        status=code,
        headers={"Location": f"/api/v1/decisions/{decision.pk}"},
    )
