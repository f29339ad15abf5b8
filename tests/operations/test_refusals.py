"""What is refused outside of the API's views: wrong names, long addresses, broken requests."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from insights.models import ApiToken
from tests.tasks.conftest import wait_for

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", ["/api/v1/whoami", "/healthz", "/api/admin/insights/model-status"])
def test_a_wrong_host_is_a_problem_that_names_the_setting(path):
    response = Client().get(path, headers={"Host": "evil.example"})
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    body = response.json()
    assert body["code"] == "wrong_host"
    assert "evil.example" in body["detail"]
    assert "ALLOWED_HOSTS" in body["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    ['{"na\\ud800me": "x"}', '{"name": "x", "text": "half \\uDC00 a pair"}',
     '{"name": "x", "text": "a. b.", "columns": {"a\\udfff": "insight"}}', '["\\ud800"]'],
)  # fmt: skip
def test_half_a_surrogate_pair_anywhere_in_json_is_malformed(body, admin_user):
    _, key = ApiToken.make(user=admin_user, scopes=["admin"])
    client = Client(headers={"Authorization": f"Token {key}"})
    response = client.post("/api/v1/sources/text", body, "application/json")
    assert response.status_code == 400, response.content
    assert response.json()["code"] == "malformed"
    assert "surrogate" in response.json()["detail"]


@pytest.fixture(scope="module")
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "dedup_project.wsgi", f"--bind=127.0.0.1:{number}",
         "--config=python:dedup_project.web.gunicorn", "--workers=1", "--log-level=error"],
        cwd=ROOT, env={**os.environ, "DJANGO_SETTINGS_MODULE": "dedup_project.settings"},
    )  # fmt: skip
    wait_for(
        lambda: b" 200 OK" in raw(number, "GET /healthz HTTP/1.1\r\nHost: localhost"), "it is up"
    )
    yield number
    web.terminate()
    web.wait()


def raw(port, head):
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b""))
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("head", "status", "way_out"),
    [(f"GET /api/v1/insights?q={'a' * 9000} HTTP/1.1\r\nHost: localhost", 414, "body of a POST"),
     (f"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: {'a' * 9000}", 431, "shorter headers"),
     ("GET /healthz HTTP/9.9\r\nHost: localhost", 400, "HTTP Version")],
)  # fmt: skip
def test_the_web_servers_own_refusals_are_problems(port, head, status, way_out):
    answer, _, body = raw(port, head).partition(b"\r\n\r\n")
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"application/problem+json" in answer
    problem = json.loads(body)
    assert problem["status"] == status
    assert way_out in problem["detail"]
