"""OpenTelemetry, an option: spans of requests, tasks and provider calls; counts of tokens and cost.

On with TELEMETRY=1, after `pip install insight-dedup[telemetry]`. OpenTelemetry's own variables say
where it goes and under which name: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME.
"""

from datetime import timedelta

from django.utils import timezone
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode

from insights.models import ApiCall
from insights.signals import provider_called

NANO = 1_000_000_000


class ProviderCalls:
    """Spans and figures of calls to model providers, by the semantic conventions for them."""

    def __init__(self, tracer: trace.Tracer, meter: metrics.Meter) -> None:
        self._tracer = tracer
        self._seconds = meter.create_histogram("gen_ai.client.operation.duration", "s")
        self._tokens = meter.create_counter("gen_ai.client.token.usage", "{token}")
        self._cost = meter.create_counter("insight_dedup.provider.cost", "{USD}")

    def note(self, call: ApiCall, **kwargs: object) -> None:
        about: dict[str, str | int | float] = {
            "gen_ai.request.model": call.model,
            "gen_ai.operation.name": call.purpose,
        }
        ended = timezone.now()
        began = ended - timedelta(milliseconds=call.latency_ms or 0)
        span = self._tracer.start_span(
            f"{call.purpose} {call.model}".strip(),
            kind=trace.SpanKind.CLIENT,
            start_time=int(began.timestamp() * NANO),
            attributes={
                **about,
                "gen_ai.usage.input_tokens": call.prompt_tokens,
                "gen_ai.usage.output_tokens": call.completion_tokens,
                "insight_dedup.attempts": call.attempts,
                "insight_dedup.cost_usd": float(call.cost_usd or 0),
            },
        )
        if call.error:
            span.set_status(Status(StatusCode.ERROR))  # the message may quote a statement
        span.end(int(ended.timestamp() * NANO))
        self._seconds.record((call.latency_ms or 0) / 1000, about)
        self._tokens.add(call.prompt_tokens, {**about, "gen_ai.token.type": "input"})
        self._tokens.add(call.completion_tokens, {**about, "gen_ai.token.type": "output"})
        self._cost.add(float(call.cost_usd or 0), about)


def set_up(
    processor: SpanProcessor | None = None, reader: MetricReader | None = None
) -> ProviderCalls:
    """Instrument Django and Celery, and listen to provider calls; by default export by OTLP."""
    spans = TracerProvider()
    spans.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
    figures = MeterProvider([reader or PeriodicExportingMetricReader(OTLPMetricExporter())])
    DjangoInstrumentor().instrument(tracer_provider=spans, meter_provider=figures)
    CeleryInstrumentor().instrument(tracer_provider=spans, meter_provider=figures)
    calls = ProviderCalls(spans.get_tracer("insight_dedup"), figures.get_meter("insight_dedup"))
    provider_called.connect(calls.note, weak=False)
    return calls
