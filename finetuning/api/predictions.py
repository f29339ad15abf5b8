"""Predictions: past answers, answers about new pairs, and the duplicate check."""

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finetuning.api.serializers import PredictionSerializer
from finetuning.inference.duplicates import check_for_semantic_duplicate_with_model
from finetuning.inference.prediction import predict_merge_decisions
from finetuning.models import ModelPrediction, PredictionOrigin
from finetuning.permissions import VIEW_PREDICTION
from insights.api.http.access import Access, charge
from insights.api.http.base import ApiView, ListView, TimedListQuery, missing
from insights.api.http.fields import Choice, Words, require_json_types
from insights.api.http.idempotency import idempotent
from insights.api.http.problems import Unprocessable
from insights.api.insights import MAX_STATEMENT
from insights.decider import DuplicateCheck
from insights.jobs.slots import heavy_work
from insights.models import Insight, Scope
from insights.permissions import VIEW_INSIGHT
from insights.types import JSONObject

MAX_BATCH = 100
MAX_PAIRS = 500
BY_ID = ("insight1", "insight2")
BY_TEXT = ("statement1", "statement2")


class PredictionQuery(TimedListQuery):
    model = serializers.UUIDField(required=False)
    insight = serializers.UUIDField(required=False, help_text="One of the two.")
    origin = Choice(choices=PredictionOrigin.choices, required=False)
    is_correct = serializers.BooleanField(
        required=False,
        help_text="Only those that a person decided on since.",
    )


class PairOfInsightsSerializer(serializers.Serializer[Any]):
    insight1 = serializers.UUIDField()
    insight2 = serializers.UUIDField()


class PairOfStatementsSerializer(serializers.Serializer[Any]):
    statement1 = Words(max_length=MAX_STATEMENT)
    statement2 = Words(max_length=MAX_STATEMENT)


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="Pair",
        serializers=[PairOfInsightsSerializer, PairOfStatementsSerializer],
        resource_type_field_name=None,
    )
)
class PairField(serializers.Field[Any, Any, Any, Any]):
    """Either two stored insights or two texts."""

    def to_internal_value(self, data: object) -> JSONObject:
        for kind in (PairOfInsightsSerializer(), PairOfStatementsSerializer()):
            if isinstance(data, dict) and set(data) & {*BY_ID, *BY_TEXT} == set(kind.fields):
                require_json_types(kind, data)
                return dict(kind.run_validation(data))
        raise serializers.ValidationError(
            "Give insight1 and insight2, or statement1 and statement2."
        )


class PairsSerializer(serializers.Serializer[Any]):
    pairs = serializers.ListField(child=PairField(), min_length=1, max_length=MAX_PAIRS)


class MergePredictionSerializer(serializers.Serializer[Any]):
    should_merge = serializers.BooleanField(help_text="Sure enough to merge without a person.")
    prediction = serializers.BooleanField()
    probability = serializers.FloatField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    similarity = serializers.FloatField()
    model_id = serializers.UUIDField(allow_null=True)
    model_version = serializers.CharField(allow_blank=True)
    method = serializers.CharField(help_text="model or similarity.")
    differences = serializers.ListField(
        child=serializers.CharField(), help_text="In a number, date, unit, version, name, negation."
    )
    explanation = serializers.ListField(
        child=serializers.CharField(), help_text="Reasons, the strongest first."
    )


class MergePredictionsSerializer(serializers.Serializer[Any]):
    results = MergePredictionSerializer(many=True, help_text="In the order of the pairs.")


class Predictions(ListView):
    """List the predictions, the newest first."""

    access = {
        "GET": Access(Scope.READ, VIEW_PREDICTION),
        "POST": Access(Scope.TRAIN, "finetuning.add_modelprediction"),
    }
    serializer_class = PredictionSerializer
    query_serializer = PredictionQuery
    filters = {"model": "model", "origin": "origin", "is_correct": "is_correct"}

    def get_queryset(self) -> QuerySet[ModelPrediction]:
        found = ModelPrediction.objects.select_related("insight1", "insight2")
        if insight := self.params.get("insight"):
            found = found.filter(insight1=insight) | found.filter(insight2=insight)
        return found

    @extend_schema(
        operation_id="predict", request=PairsSerializer, responses={200: MergePredictionsSerializer}
    )
    @idempotent(atomic=False)
    @heavy_work()
    def post(self, request: Request) -> Response:
        """Ask the active model about up to 500 pairs of insights or of texts, with its reasons.

        Answers about insights are recorded, and a pair is judged once. Without a model, similarity
        answers.
        """
        pairs = self.body(PairsSerializer)["pairs"]
        charge(request, len(pairs))
        ids = {pair[name] for pair in pairs for name in BY_ID if name in pair}
        insights = Insight.objects.in_bulk(ids)
        for number, pair in enumerate(pairs):
            if pair.get("insight1") and pair["insight1"] == pair["insight2"]:
                raise Unprocessable(
                    "Name two different insights.",
                    code="compared_with_itself",
                    field=f"pairs.{number}.insight2",
                )
        if unknown := ids - insights.keys():
            raise missing("insight", min(unknown))
        found = predict_merge_decisions(
            [
                (insights[pair["insight1"]], insights[pair["insight2"]])
                if "insight1" in pair
                else (pair["statement1"], pair["statement2"])
                for pair in pairs
            ]
        )
        results = [asdict(one) for one in found]
        return Response(MergePredictionsSerializer({"results": results}).data)


# --- Is it a duplicate? ---------------------------------------------------------------------------


class StatementSerializer(serializers.Serializer[Any]):
    statement = Words(max_length=MAX_STATEMENT)


class StatementsSerializer(serializers.Serializer[Any]):
    statements = serializers.ListField(
        child=Words(max_length=MAX_STATEMENT), min_length=1, max_length=MAX_BATCH
    )


class DuplicateCheckSerializer(serializers.Serializer[Any]):
    should_merge = serializers.BooleanField(help_text="Sure enough to merge without a person.")
    existing_insight_id = serializers.UUIDField(
        allow_null=True, help_text="The best one, even if it should not be merged."
    )
    existing_statement = serializers.CharField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    similarity = serializers.FloatField(allow_null=True)
    model_id = serializers.UUIDField(allow_null=True)
    model_version = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(help_text="One sentence.")
    evidence = serializers.DictField(help_text="Probability, threshold, differences and reasons.")


class DuplicateChecksSerializer(serializers.Serializer[Any]):
    results = DuplicateCheckSerializer(many=True, help_text="In the order of the statements.")


class DuplicateCheckView(ApiView):
    """Compare two statements. Nothing is stored, so the scope `read` is enough."""

    access = {"POST": Access(Scope.READ, VIEW_INSIGHT)}

    def check(self, statement: str, field: str) -> DuplicateCheck:
        try:
            return check_for_semantic_duplicate_with_model(statement)
        except ValueError as error:
            raise Unprocessable(str(error), code="blank", field=field) from error

    def shown(self, checks: list[DuplicateCheck]) -> list[JSONObject]:
        unread = {
            check.existing_insight_id
            for check in checks
            if check.existing_insight_id and check.existing_statement is None
        }
        read = Insight.objects.filter(pk__in=unread).values_list("pk", "statement")
        statements: dict[Any, str] = dict(read) if unread else {}
        return [
            {
                **asdict(check),
                "existing_statement": check.existing_statement
                or statements.get(check.existing_insight_id),
            }
            for check in checks
        ]


class DuplicateCheckOne(DuplicateCheckView):
    in_turn = ("POST",)

    @extend_schema(
        operation_id="check_duplicate",
        request=StatementSerializer,
        responses={200: DuplicateCheckSerializer},
    )
    def post(self, request: Request) -> Response:
        """Check whether a statement would be merged into a stored insight now, and why."""
        statement = self.body(StatementSerializer)["statement"]
        charge(request, 1)
        check = self.check(statement, "statement")
        return Response(DuplicateCheckSerializer(self.shown([check])[0]).data)


class DuplicateCheckBatch(DuplicateCheckView):
    @extend_schema(
        operation_id="check_duplicates",
        request=StatementsSerializer,
        responses={200: DuplicateChecksSerializer},
    )
    @heavy_work()
    def post(self, request: Request) -> Response:
        """Check up to 100 statements, each on its own; they are not compared with one another."""
        statements = self.body(StatementsSerializer)["statements"]
        charge(request, len(statements))
        checks = [self.check(one, f"statements.{n}") for n, one in enumerate(statements)]
        return Response(DuplicateChecksSerializer({"results": self.shown(checks)}).data)
