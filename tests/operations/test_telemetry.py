"""OpenTelemetry: a request and a provider call leave spans; tokens and cost are counted."""

import gzip
import os
import subprocess
import sys
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.instrumentation.django")

import requests
from django.test import Client
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from insights.models import ApiCall
from insights.signals import provider_called
from tests.tasks.conftest import wait_for

ROOT = Path(__file__).parents[2]
PORT = 24_000 + os.getpid() % 6_000
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


class Collector(BaseHTTPRequestHandler):
    """Takes what an OpenTelemetry collector takes: protobuf over HTTP."""

    spans, figures, resources = [], [], []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path == "/v1/traces":
            for one in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resources.append(
                    {a.key: a.value.string_value for a in one.resource.attributes}
                )
                self.spans.extend(span.name for scope in one.scope_spans for span in scope.spans)
        else:
            assert self.path == "/v1/metrics"
            for one in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                self.figures.extend(m.name for scope in one.scope_metrics for m in scope.metrics)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


def test_a_served_request_reaches_a_collector():
    """The web processes are forked from one that has set all up, so their exporters are new."""
    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    listening = threading.Thread(target=collector.serve_forever)
    listening.start()
    environment = {
        **os.environ,
        "TELEMETRY": "1",
        "LOG_LEVEL": "CRITICAL",
        "OTEL_SERVICE_NAME": "dedup-under-test",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "OTEL_METRIC_EXPORT_INTERVAL": "200",
    }
    command = ["gunicorn", "dedup_project.wsgi", "--config=python:dedup_project.web.gunicorn"]
    web = subprocess.Popen(
        [sys.executable, "-m", *command, f"--bind=127.0.0.1:{PORT}", "--log-level=error"],
        cwd=ROOT, env=environment,
    )  # fmt: skip

    def answers():
        try:
            return requests.get(f"http://127.0.0.1:{PORT}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    try:
        wait_for(answers, "it serves")
        wait_for(lambda: any("healthz" in name for name in Collector.spans), "a span arrives")
        wait_for(lambda: any("duration" in name for name in Collector.figures), "figures arrive")
        assert Collector.resources[0]["service.name"] == "dedup-under-test"
    finally:
        web.terminate()
        web.wait()
        collector.shutdown()
        collector.server_close()
        listening.join()
