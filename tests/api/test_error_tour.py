"""Every failure, tried with curl against a running server: the answer says what to do."""

import json
import subprocess
from datetime import timedelta

import pytest
from django.utils import timezone

from finetuning.errors import FineTuningError
from insights.jobs.locks import advisory_lock
from insights.models import ApiToken, Cluster, ProcessingRun
from tests.finetuning.conftest import decisions  # noqa: F401

GUIDE, V1 = "/api/admin/insights", "/api/v1"
NOBODY = "00000000-0000-0000-0000-000000000007"
JSON = ("--header", "Content-Type: application/json", "--data")
REJECT = f"{V1}/clusters/{{cluster}}/reject"
CHECK = f"{V1}/duplicates/check"


def key(name):
    return ("--header", f"Idempotency-Key: {name}")


# What, curl's arguments with the path last, status, code, words that tell the way out.
TOUR = [
    ("wrong method", ("-X", "DELETE", f"{V1}/sources"), 405, "method_not_allowed",
     "Use GET or POST"),
    ("no address", (f"{V1}/insight/",), 404, "not_found", "/api/docs lists what there is"),
    ("an empty id", (f"{V1}/clusters//approve",), 404, "not_found", "An id is missing"),
    ("no id", (f"{V1}/clusters/7",), 404, "not_found", "Ids are UUIDs"),
    ("wrong type", (*JSON, '{"statement": 5}', CHECK), 400, "invalid", "statement: Send a string"),
    ("missing member", (*JSON, "{}", CHECK), 400, "required", "statement: This field is required"),
    ("unknown member", (*JSON, '{"text": "x"}', CHECK), 400, "unknown_member",
     "Known here: statement"),
    ("broken JSON", (*JSON, '{"statement": ', CHECK), 400, "malformed", "Check quotes, commas"),
    ("a list for an object", (*JSON, "[]", CHECK), 400, "not_an_object", "Send a JSON object"),
    ("a text for an object", (*JSON, '{"source": "A", "statements": ["x"]}', f"{V1}/insights"), 400,
     "invalid", "statements.0: Send an object with statement, locator"),
    ("a name with a space", (*JSON, '{"username": "a b"}', f"{V1}/people"), 400, "invalid",
     "letters without accents"),
    ("an address of another kind", (*JSON, '{"url": "ftp://x"}', f"{V1}/webhooks"), 400, "invalid",
     "starts with https://"),
    ("wrong content type", ("--data", "statement=x", CHECK), 415, "unsupported_media_type",
     "Send JSON as application/json"),
    ("a body without use", (*JSON, '{"threshold": 0.5}', f"{GUIDE}/cluster-all"), 400,
     "unknown_member", "Known here: none"),
    ("a body in chunks", ("--header", "Transfer-Encoding: chunked", *JSON, '{"statement": "x"}',
     CHECK), 411, "length_required", "Content-Length"),
    ("a compressed body", ("--header", "Content-Encoding: gzip", *JSON, "x", CHECK), 415,
     "unsupported_media_type", "without Content-Encoding"),
    ("wrong choice", (f"{GUIDE}/export-training-data?format=xml",), 400, "invalid_choice",
     "not one of: openai_jsonl, json"),
    ("unknown filter", (f"{V1}/insights?colour=red",), 400, "unknown_parameter",
     "Known here: cursor"),
    ("wrong filter", (f"{V1}/clusters?status=red",), 400, "invalid_choice", "not one of: open"),
    ("too large a page", (f"{V1}/insights?page_size=900",), 400, "max_value", "200"),
    ("twice the same filter", (f"{V1}/clusters?status=open&status=split",), 400,
     "repeated_parameter", "Give it once"),
    ("unknown cursor", (f"{V1}/insights?cursor=bm90aGluZw",), 404, "invalid_cursor",
     "leave the cursor out"),
    ("unknown id", (f"{V1}/clusters/{NOBODY}",), 404, "not_found", "GET /api/v1/clusters lists"),
    ("unknown task", (f"{V1}/tasks/{NOBODY}",), 404, "not_found", "a task has its address"),
    ("unknown job", (f"{GUIDE}/fine-tune-model?jobId=ftjob-abc123...",), 404, "not_found",
     "GET model-status lists"),
    ("unknown model", (*JSON, f'{{"modelId": "{NOBODY}", "action": "activate"}}',
     f"{GUIDE}/model-status"), 404, "not_found", "GET model-status lists"),
    ("no data", (f"{GUIDE}/export-training-data",), 409, "no_training_data",
     "approve or reject clusters"),
    ("no data to train on", ("-X", "POST", f"{GUIDE}/fine-tune-model"), 409, "no_training_data",
     "approve or reject clusters"),
    ("two canonicals", (*JSON, f'{{"canonical": "{NOBODY}", "canonical_text": "x"}}',
     f"{V1}/clusters/{{cluster}}/approve"), 422, "unprocessable", "not both"),
    ("a stranger in a group", (*JSON, f'{{"groups": [["{NOBODY}"], ["{NOBODY}"]]}}',
     f"{V1}/clusters/{{cluster}}/split"), 422, "invalid", f"not in this cluster: {NOBODY}"),
    ("stale version", (*JSON, '{"expected_version": 900}', REJECT), 409, "stale",
     "Look at it again"),
    ("key in flight", ("-X", "POST", *key("in-flight"), REJECT), 409, "in_flight",
     "Send it again in a moment"),
    ("wrong key", ("-X", "POST", *key("two words"), REJECT), 400, "invalid", "without a space"),
    ("key reused", (*JSON, '{"comment": "other"}', *key("used"), REJECT), 422,
     "idempotency_key_reused", "Use a new key"),
    ("decided already", ("-X", "POST", REJECT), 409, "stale",
     "undo that decision to decide again"),
    ("cancelled too late", ("-X", "POST", f"{V1}/tasks/{{task}}/cancel"), 409,
     "not_cancellable", "nothing is left to cancel"),
    ("too little data", ("-X", "POST", f"{GUIDE}/fine-tune-model"), 409,
     "insufficient_training_data", "10 positive and 10 negative"),
    ("two files", ("--form", "file=@broken.csv", "--form", "file=@broken.csv", f"{V1}/sources"),
     400, "repeated_member", "Give it once"),
    ("a broken form", ("--header", "Content-Type: multipart/form-data", "--data", "x",
     f"{V1}/sources"), 400, "malformed", "Leave Content-Type to your client"),
    ("a file without a form", ("--header", "Content-Type: text/csv", "--data", "@broken.csv",
     f"{V1}/sources"), 415, "unsupported_media_type", "a file as multipart/form-data"),
    ("no file", ("--form", "encoding=utf-8", f"{V1}/sources"), 400, "required", "No file"),
    ("an unknown format", (*JSON, '{"name": "a.exe", "text": "x"}', f"{V1}/sources/text"), 422,
     "unreadable", "these can be read: .atom, .csv"),
    ("a broken file", ("--form", "file=@broken.csv", f"{V1}/sources"), 422, "unreadable",
     "keep_good_rows"),
    ("too large", (*JSON, json.dumps({"name": "a.txt", "text": "x" * 3000}), f"{V1}/sources/text"),
     413, "too_large", "Send it in parts"),
    ("too large for a check", (*JSON, "@long.json", CHECK), 413, "too_large", "at most 2,097,152"),
]  # fmt: skip
TOKENS = [
    ("no token", None, 401, "not_authenticated", "create_api_token"),
    ("unknown token", "idt_deadbeef_nonsense", 401, "token_unknown", "create_api_token"),
    ("expired token", "expired", 401, "token_expired", "Make a new one"),
    ("revoked token", "revoked", 401, "token_revoked", "Make a new one"),
    ("missing scope", "reader", 403, "scope_missing", "needs a token with the scope “review”"),
    ("missing permission", "nobody's", 403, "not_staff", "dministrator"),
]


@pytest.fixture
def curl(server, tmp_path):
    (tmp_path / "long.json").write_text("x" * 2_100_000)
    (tmp_path / "broken.csv").write_text("insight,page\nThe rota is late.,1\n\u200b,2\n")

    def run(*arguments, token=None):
        """The answer's status, headers and body."""
        *options, path = arguments
        if token:
            options += ["--header", f"Authorization: Token {token}"]
        done = subprocess.run(
            ["curl", "--silent", "--include", "--header", "Expect:", *options, server + path],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        head, _, body = done.stdout.partition("\n\n")
        first, *lines = head.splitlines()
        headers = dict(line.split(": ", 1) for line in lines)
        return int(first.split()[1]), headers, json.loads(body)

    return run


def seen(what, answer, status, code, words):
    got, headers, body = answer
    print(f"| {what} | {got} {body['code']} | {body['detail']} |")
    assert (got, body["status"], body["code"]) == (status, status, code), (what, body)
    assert words in body["detail"], (what, body["detail"])
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["X-Request-ID"] == body["request_id"]
    return headers


def test_each_answer_tells_the_way_out(curl, world, superuser, caller, settings):
    settings.MAX_SOURCE_BYTES = 2000
    _, token = ApiToken.make(user=superuser, scopes=["admin"])
    ProcessingRun.objects.update(finished_at=timezone.now())
    in_flight = f"idempotency:{superuser.pk}:in-flight"
    for what, (*options, path), status, code, words in TOUR:
        path = path.format(cluster=world.cluster.pk, task=world.processing_run.pk)
        if what == "no data":
            world.decision.labels.all().delete()
        if what == "key reused":
            sent = (*JSON, '{"comment": "first"}', *key("used"))
            assert curl(*sent, path, token=token)[0] == 201
        with advisory_lock(in_flight if what == "key in flight" else "elsewhere"):
            answer = curl(*options, path, token=token)
        seen(what, answer, status, code, words)
    assert not Cluster.objects.filter(version=900).exists()


def test_each_token_that_does_not_do_tells_the_way_out(
    curl, world, superuser, django_user_model, settings
):
    now = timezone.now()
    past = {"expires_at": now - timedelta(days=1)}
    nobody = django_user_model.objects.create_user("nobody")
    made = {
        "expired": ApiToken.make(user=superuser, scopes=["admin"], **past),
        "revoked": ApiToken.make(user=superuser, scopes=["admin"]),
        "reader": ApiToken.make(user=superuser, scopes=["read"]),
        "nobody's": ApiToken.make(user=nobody, scopes=["review"]),
    }
    made["revoked"][0].revoke()
    path = REJECT.format(cluster=world.cluster.pk)
    for what, name, status, code, words in TOKENS:
        token = made[name][1] if name in made else name
        headers = seen(what, curl("-X", "POST", path, token=token), status, code, words)
        assert ("WWW-Authenticate" in headers) == (status == 401)

    settings.API_REQUESTS_PER_MINUTE = {**settings.API_REQUESTS_PER_MINUTE, "read": 1}
    answers = [curl(f"{V1}/whoami", token=made["reader"][1]) for _ in range(3)]
    headers = seen("throttled", answers[-1], 429, "throttled", "Retry-After")
    assert 1 <= int(headers["Retry-After"]) <= 60


def test_a_provider_that_is_down_is_named(curl, superuser, decisions, monkeypatch):  # noqa: F811
    def down(self, model, training_file):
        raise FineTuningError("The provider cannot be reached: connection refused.")

    monkeypatch.setattr("finetuning.backends.local.LocalBackend.start", down)
    _, token = ApiToken.make(user=superuser, scopes=["train"])
    answer = curl("-X", "POST", f"{GUIDE}/fine-tune-model", token=token)
    seen("provider down", answer, 502, "backend_refused", "connection refused")
