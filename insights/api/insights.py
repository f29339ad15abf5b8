"""Insights: list, search by words and by meaning, where they come from, what became of them."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from insights.api.http.access import Access
from insights.api.http.base import ApiView, ListQuery, ListView, Query, etag_of
from insights.api.http.fields import Choice, Words
from insights.api.http.problems import Conflict, Unprocessable
from insights.api.serializers import (
    DecisionSerializer,
    FoundInsightSerializer,
    InsightSerializer,
    OccurrenceSerializer,
)
from insights.embedding.service import VectorsOfAnotherModel, embed_one
from insights.models import (
    DecisionMember,
    Insight,
    InsightSource,
    InsightStatus,
    MergeDecision,
    Scope,
)
from insights.models.insight import InsightOrigin
from insights.selectors import nearest_to_vector
from insights.text.normalise import clean

VIEW = Access(Scope.READ, "insights.view_insight")
MAX_FOUND = 100
MAX_STATEMENT = 2000


class InsightQuery(ListQuery):
    q = Words(
        required=False, max_length=200, help_text="Words of the statement; all must be in it."
    )
    status = Choice(choices=InsightStatus.choices, required=False)
    origin = Choice(choices=InsightOrigin.choices, required=False)
    merged_into = serializers.UUIDField(required=False)
    source = serializers.UUIDField(required=False)  # type: ignore[assignment]


class Insights(ListView):
    access = {"GET": VIEW}
    serializer_class = InsightSerializer
    query_serializer = InsightQuery

    def get_queryset(self) -> Any:
        insights = Insight.objects.filter(
            **{n: self.params[n] for n in ("status", "origin", "merged_into") if n in self.params}
        )
        for word in self.params.get("q", "").split():
            insights = insights.filter(statement__icontains=word)
        if source := self.params.get("source"):
            insights = insights.filter(
                pk__in=InsightSource.objects.filter(source=source).values("insight")
            )
        return insights


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

    @extend_schema(operation_id="insight_search", responses=FoundSerializer)
    def get(self, request: Request) -> Response:
        """Find the active insights nearest in meaning to a text, best first."""
        text = clean(self.params["text"])
        if not text:
            raise Unprocessable("It has no words in it.", code="blank", field="text")
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

    @extend_schema(operation_id="insight", responses=InsightSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """One insight: active, or merged into `merged_into`, which is always active."""
        insight = self.find(Insight.objects.all(), id, "insight")
        tag = etag_of(insight.pk, insight.updated_at, insight.merged_into_id)
        return self.conditional(tag, lambda: InsightSerializer(insight).data)


class InsightOccurrences(ListView):
    """Occurrences of an insight and of the insights merged into it."""

    access = {"GET": VIEW}
    serializer_class = OccurrenceSerializer

    def get_queryset(self) -> Any:
        insight = self.find(Insight.objects.only("pk"), self.kwargs["id"], "insight")
        return (
            InsightSource.objects.filter(insight=insight)
            .select_related("source")
            .defer("source__content")
        )


class InsightHistory(ListView):
    """The decisions that it took part in, undone ones too."""

    access = {"GET": VIEW}
    serializer_class = DecisionSerializer
    page_ordering = ("-decided_at", "id")

    def get_queryset(self) -> Any:
        insight = self.find(Insight.objects.only("pk"), self.kwargs["id"], "insight")
        return decisions().filter(members__insight=insight)


def decisions() -> Any:
    members = with_statements(DecisionMember.objects.all())
    return MergeDecision.objects.select_related("actor", "undone_by").prefetch_related(
        Prefetch("members", members)
    )


def with_statements(members: QuerySet[Any]) -> QuerySet[Any]:
    """Join decisions or clusters with their insights, but without the vectors.

    A join does not use the insights' own manager, which would leave them out.
    """
    return members.select_related("insight").defer("insight__embedding")
