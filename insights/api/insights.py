"""Insights: list, search by words and by meaning, occurrences, history."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access, charge
from insights.api.http.base import AnyModel, ApiView, ListView, Query, TimedListQuery, etag_of
from insights.api.http.fields import Choice, Words
from insights.api.http.idempotency import idempotent
from insights.api.http.problems import Conflict, Unprocessable
from insights.api.serializers import (
    DecisionSerializer,
    FoundInsightSerializer,
    InsightSerializer,
    OccurrenceSerializer,
)
from insights.embedding.nearest import nearest_to_vector
from insights.embedding.service import VectorsOfAnotherModel, embed_one
from insights.ingest.pipeline import AlreadyProcessing
from insights.ingest.push import push
from insights.jobs.slots import heavy_work
from insights.models import (
    DecisionMember,
    Insight,
    InsightSource,
    InsightStatus,
    MergeDecision,
    Scope,
)
from insights.models.insight import InsightOrigin
from insights.permissions import ADD_SOURCE, VIEW_INSIGHT
from insights.text.normalise import clean

VIEW = Access(Scope.READ, VIEW_INSIGHT)
MAX_FOUND = 100
MAX_PUSHED = 500
MAX_STATEMENT = 2000


class InsightQuery(TimedListQuery):
    q = Words(
        required=False, max_length=200, help_text="Words of the statement; all must be in it."
    )
    status = Choice(choices=InsightStatus.choices, required=False)
    origin = Choice(choices=InsightOrigin.choices, required=False)
    merged_into = serializers.UUIDField(required=False)
    source = serializers.UUIDField(required=False)  # type: ignore[assignment]


class LocatedStatementSerializer(serializers.Serializer[Any]):
    statement = Words(max_length=MAX_STATEMENT)
    locator = Words(required=False, max_length=255, help_text="Where in the source: “page 3”.")


class PushSerializer(serializers.Serializer[Any]):
    source = Words(max_length=200, help_text="Name of the source that the statements come from.")  # type: ignore[assignment]
    statements = serializers.ListField(
        child=LocatedStatementSerializer(), min_length=1, max_length=MAX_PUSHED
    )


class PushedSerializer(serializers.Serializer[Any]):
    statement = serializers.CharField()
    locator = serializers.CharField(allow_blank=True)
    insight = serializers.UUIDField(
        allow_null=True, help_text="The active insight that it belongs to."
    )
    result = serializers.CharField(
        help_text="created, linked (the same text was known), merged (by the active model) or "
        "left_out (it says nothing)."
    )
    decision = serializers.UUIDField(allow_null=True, help_text="Receipt of a merge.")


class PushedListSerializer(serializers.Serializer[Any]):
    results = PushedSerializer(many=True, help_text="In the order of the statements.")


class Insights(ListView):
    """List the insights, the newest first."""

    access = {"GET": VIEW, "POST": Access(Scope.INGEST, ADD_SOURCE)}
    serializer_class = InsightSerializer
    query_serializer = InsightQuery

    filters = {"status": "status", "origin": "origin", "merged_into": "merged_into"}

    def get_queryset(self) -> QuerySet[Insight]:
        insights = Insight.objects.all()
        for word in self.params.get("q", "").split():
            insights = insights.filter(statement__icontains=word)
        if source := self.params.get("source"):
            insights = insights.filter(
                pk__in=InsightSource.objects.filter(source=source).values("insight")
            )
        return insights

    @extend_schema(
        operation_id="push_insights", request=PushSerializer, responses={200: PushedListSerializer}
    )
    @idempotent(atomic=False)
    @heavy_work()
    def post(self, request: Request) -> Response:
        """Store up to 500 statements of a source and merge the sure duplicates.

        The answer has the outcome for each. Sending the same statements of the same source again
        changes nothing.
        """
        sent = self.body(PushSerializer)
        items = [(one["statement"], one.get("locator", "")) for one in sent["statements"]]
        charge(request, len(items))
        try:
            results = push(sent["source"], items, actor=request.user)
        except AlreadyProcessing as error:
            raise Conflict(str(error), code="already_running") from error
        return Response(PushedListSerializer({"results": results}).data)


class SearchQuery(Query):
    text = Words(max_length=MAX_STATEMENT)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_FOUND, default=20)
    least_similarity = serializers.FloatField(min_value=-1, max_value=1, default=0.0)


class FoundSerializer(serializers.Serializer[Any]):
    embedding_model = serializers.CharField()
    results = FoundInsightSerializer(many=True)


class InsightSearch(ApiView):
    access = {"GET": VIEW}
    query_serializer = SearchQuery
    problems = (409, 422)

    @extend_schema(operation_id="search_insights", responses=FoundSerializer)
    def get(self, request: Request) -> Response:
        """Find the active insights nearest in meaning to a text, best first."""
        text = clean(self.params["text"])
        if not text:
            raise Unprocessable("The text has no words.", code="blank", field="text")
        try:
            model, vector = embed_one(text)
        except VectorsOfAnotherModel as error:
            raise Conflict(str(error), code="vectors_of_another_model") from None
        found = nearest_to_vector(
            vector,
            limit=self.params["limit"],
            least_similarity=self.params["least_similarity"],
        )
        return Response(FoundSerializer({"embedding_model": model, "results": found}).data)


class InsightDetail(ApiView):
    access = {"GET": VIEW}

    @extend_schema(operation_id="get_insight", responses=InsightSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """Get one insight: active, or merged into `merged_into`, which is always active."""
        insight = self.find(Insight.objects.all(), id, "insight")
        tag = etag_of(insight.pk, insight.updated_at, insight.merged_into_id)
        return self.conditional(tag, lambda: InsightSerializer(insight).data)


class InsightOccurrences(ListView):
    """List the occurrences of an insight and of the insights merged into it."""

    access = {"GET": VIEW}
    serializer_class = OccurrenceSerializer

    def get_queryset(self) -> QuerySet[InsightSource]:
        insight = self.find(Insight.objects.only("pk"), self.kwargs["id"], "insight")
        return InsightSource.objects.filter(insight=insight).select_related("source")


class InsightHistory(ListView):
    """List the decisions that it took part in, undone ones too."""

    access = {"GET": VIEW}
    serializer_class = DecisionSerializer
    page_ordering = ("-decided_at", "id")

    def get_queryset(self) -> QuerySet[MergeDecision]:
        insight = self.find(Insight.objects.only("pk"), self.kwargs["id"], "insight")
        return decisions().filter(members__insight=insight)


def decisions() -> QuerySet[MergeDecision]:
    members = with_statements(DecisionMember.objects.all())
    return MergeDecision.objects.select_related("actor", "undone_by").prefetch_related(
        Prefetch("members", members)
    )


def with_statements(members: QuerySet[AnyModel]) -> QuerySet[AnyModel]:
    """Join decisions or clusters with their insights, but without the vectors.

    A join does not use the insights' own manager, which would leave them out.
    """
    return members.select_related("insight")
