"""Webhooks: written with what they tell, signed, tried again with growing waits, logged."""

import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import transaction
from django.utils import timezone

from insights.models import Notice, Webhook, WebhookDelivery
from insights.webhooks.notify import WAITS, deliver_due, notify

pytestmark = pytest.mark.django_db


class Receiver:
    def __init__(self):
        self.answers, self.got = [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body))
                self.send_response(outer.answers.pop(0) if outer.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver():
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def webhook(receiver, settings):
    settings.WEBHOOK_PRIVATE_HOSTS = ["127.0.0.1"]
    return Webhook.objects.create(url=receiver.url, notices=[Notice.JOB_FINISHED])


def due_now():
    WebhookDelivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_a_delivery_is_signed_and_says_what_happened(receiver, webhook):
    notify(Notice.JOB_FINISHED, {"run": "r1"})
    assert deliver_due() == {"delivered": 1, "failed": 0}

    ((headers, body),) = receiver.got
    said = json.loads(body)
    delivery = WebhookDelivery.objects.get()
    assert (said["type"], said["data"], said["id"]) == (
        "job.finished",
        {"run": "r1"},
        str(delivery.pk),
    )
    at, given = (part.split("=")[1] for part in headers["X-Insight-Dedup-Signature"].split(","))
    wanted = hmac.new(webhook.secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    assert given == wanted.hexdigest()
    assert (delivery.status, delivery.response_status, delivery.attempts) == ("delivered", 200, 1)
    assert deliver_due() == {"delivered": 0, "failed": 0}


def test_a_refusal_is_tried_again_with_growing_waits_and_given_up(receiver, webhook):
    receiver.answers = [500] * 9
    notify(Notice.JOB_FINISHED, {})
    waits = []
    for _ in range(len(WAITS) + 1):
        deliver_due()
        delivery = WebhookDelivery.objects.get()
        waits.append(round((delivery.next_attempt_at - timezone.now()).total_seconds() / 60))
        assert delivery.error == "HTTP 500"
        due_now()

    assert waits[:5] == [1, 5, 30, 120, 720]
    assert delivery.status == "failed"
    assert deliver_due() == {"delivered": 0, "failed": 0}
    assert len(receiver.got) == 6


def test_a_receiver_that_is_away_costs_nothing_but_time(webhook, receiver):
    receiver.server.shutdown()
    receiver.server.server_close()
    notify(Notice.JOB_FINISHED, {})
    assert deliver_due() == {"delivered": 0, "failed": 1}
    assert "refused" in WebhookDelivery.objects.get().error


def test_a_redirect_is_not_followed(receiver, webhook):
    receiver.answers = [302]
    notify(Notice.JOB_FINISHED, {})
    deliver_due()
    assert WebhookDelivery.objects.get().error == "HTTP 302"
    assert len(receiver.got) == 1


def test_only_whom_it_concerns_is_told(webhook):
    Webhook.objects.create(url="https://example.org/off", is_active=False)
    notify(Notice.CLUSTER_DECIDED, {})
    assert not WebhookDelivery.objects.exists()


def test_what_is_rolled_back_is_not_told(webhook):
    with transaction.atomic():
        notify(Notice.JOB_FINISHED, {})
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_a_process_that_dies_while_it_sends_has_used_an_attempt_up(webhook, monkeypatch):
    class Died(BaseException):
        pass

    def dies(delivery):
        raise Died

    monkeypatch.setattr("insights.webhooks.notify._post", dies)
    notify(Notice.JOB_FINISHED, {})
    with pytest.raises(Died):
        deliver_due()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("pending", 1)
    assert delivery.next_attempt_at > timezone.now()


def test_decisions_runs_versions_are_told(make_cluster, reviewer, receiver):
    from finetuning.lifecycle import activation
    from finetuning.models import DeduplicationModel
    from insights.models import ClusteringRun
    from insights.review.actions import ApproveCluster

    Webhook.objects.create(url=receiver.url)
    cluster = make_cluster(["alpha", "beta"])
    decision = ApproveCluster(cluster_id=cluster.pk, actor=reviewer).execute()
    ClusteringRun.objects.create().finish("succeeded")
    model = DeduplicationModel.objects.create(
        version=1, backend="local", base_model="x", status="succeeded"
    )
    activation.activate(model)

    told = dict(WebhookDelivery.objects.values_list("notice", "data"))

    assert set(told) == {"cluster.decided", "job.finished", "version.activated"}
    assert told["cluster.decided"]["decision"] == str(decision.pk)
    assert told["cluster.decided"]["kind"] == "approved"
    assert told["job.finished"]["status"] == "succeeded"
    assert told["version.activated"]["version"] == 1
    assert "alpha" not in json.dumps(told), "no statement leaves the house"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/hook", "http://localhost:{port}/", "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/", "http://0.0.0.0:{port}/", "http://2130706433:{port}/",
        "http://169.254.169.254/latest/meta-data", "http://10.0.0.8/", "http://192.168.1.1/",
        "http://[64:ff9b::7f00:1]:{port}/", "http://[fd00::1]/", "http://100.64.0.1/",
    ],
)  # fmt: skip
def test_a_private_address_is_not_reached_however_it_is_written(receiver, webhook, settings, url):
    settings.WEBHOOK_PRIVATE_HOSTS = []
    Webhook.objects.update(url=url.format(port=receiver.server.server_port))
    notify(Notice.JOB_FINISHED, {})
    assert deliver_due() == {"delivered": 0, "failed": 1}
    assert "not a public address" in WebhookDelivery.objects.get().error
    assert receiver.got == []


def test_the_address_that_was_checked_is_the_one_that_is_reached(receiver, webhook, monkeypatch):
    """A name server that answers differently the second time leads nowhere else."""
    answers = [[(2, 1, 6, "", ("93.184.216.34", 80))], [(2, 1, 6, "", ("127.0.0.1", 80))]]
    monkeypatch.setattr(
        "insights.webhooks.outbound.socket.getaddrinfo", lambda *a, **k: answers.pop(0)
    )
    reached = []

    def connect(address, timeout):
        reached.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("insights.webhooks.outbound.socket.create_connection", connect)
    Webhook.objects.update(url="http://rebound.example/hook")
    notify(Notice.JOB_FINISHED, {})
    assert deliver_due()["failed"] == 1
    assert reached == ["93.184.216.34"]
    assert len(answers) == 1


def test_a_receiver_that_trickles_holds_no_worker(webhook, monkeypatch):
    monkeypatch.setattr("insights.webhooks.outbound.TOTAL_TIMEOUT", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def trickle():
            peer, _ = server.accept()
            with contextlib.suppress(OSError):
                for byte in b"HTTP/1.1 200 OK" * 20:
                    peer.sendall(bytes([byte]))
                    if ended.wait(0.2):
                        break
            peer.close()

        threading.Thread(target=trickle, daemon=True).start()
        Webhook.objects.update(url=f"http://127.0.0.1:{server.getsockname()[1]}/")
        notify(Notice.JOB_FINISHED, {})
        began = time.monotonic()
        deliver_due()
        ended.set()
    assert time.monotonic() - began < 3
    assert "no complete answer within 1 s" in WebhookDelivery.objects.get().error
