"""OpenTelemetry: a request and a provider call leave spans; tokens and cost are counted."""

from decimal import Decimal

import pytest

pytest.importorskip("opentelemetry.instrumentation.django")

from django.test import Client
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from insights.models import ApiCall
from insights.signals import provider_called

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(settings):
    from dedup_project.web.telemetry import set_up

    middleware = list(settings.MIDDLEWARE)
    spans, figures = InMemorySpanExporter(), InMemoryMetricReader()
    calls = set_up(SimpleSpanProcessor(spans), figures)
    yield spans, figures
    provider_called.disconnect(calls.note)
    DjangoInstrumentor().uninstrument()
    CeleryInstrumentor().uninstrument()
    settings.MIDDLEWARE = middleware


def test_a_request_is_a_span(seen):
    assert Client().get("/healthz").status_code == 200
    (span,) = seen[0].get_finished_spans()
    assert "healthz" in span.name


def test_a_provider_call_is_a_span_with_latency_tokens_and_cost(seen):
    call = ApiCall(
        purpose="prediction", model="m", attempts=2, prompt_tokens=30, completion_tokens=5,
        cost_usd=Decimal("0.25"), latency_ms=1500, error="",
    )  # fmt: skip
    provider_called.send(sender=None, call=call)
    (span,) = seen[0].get_finished_spans()
    assert span.name == "prediction m"
    assert span.attributes["gen_ai.usage.input_tokens"] == 30
    assert (span.end_time - span.start_time) / 1e9 == pytest.approx(1.5, abs=0.01)
    found = {}
    for metric in seen[1].get_metrics_data().resource_metrics[0].scope_metrics[0].metrics:
        found[metric.name] = sum(
            getattr(point, "value", getattr(point, "sum", 0)) for point in metric.data.data_points
        )
    assert found["gen_ai.client.token.usage"] == 35
    assert found["insight_dedup.provider.cost"] == 0.25
    assert found["gen_ai.client.operation.duration"] == 1.5
