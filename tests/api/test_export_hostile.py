"""T13: what leaves is JSON and unaltered, whatever it holds; no page offers a spreadsheet."""

import json

import pytest
from django.contrib import admin

from tests.finetuning.conftest import decide  # noqa: F401

HOSTILE = [
    "=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3", "\u2028line\u2029break", "\u202eright left",
    '"quoted", and\nbroken', "<script>alert(1)</script>", "a\ttab and \x7f", "emoji \U0001f642",
]  # fmt: skip


@pytest.fixture
def decided(make_insight, decide, settings):  # noqa: F811
    settings.HELD_OUT_SHARE = 0.0
    decide([make_insight(text) for text in HOSTILE[:5]], False)
    decide([make_insight(text) for text in HOSTILE[5:]], False)


def test_statements_leave_as_they_are(api, decided):
    path = "/api/admin/insights/export-training-data"
    response = api.get(path, {"format": "json"})
    rows = json.loads(b"".join(response))["examples"]
    assert {row[name] for row in rows for name in ("statement1", "statement2")} == set(HOSTILE)
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    lines = b"".join(api.get(path, {"format": "openai_jsonl"})).decode()
    said = set()
    for line in lines.split("\n")[:-1]:
        _, one, other = json.loads(line)["messages"][0]["content"].splitlines()
        said |= {json.loads(text.partition(": ")[2]) for text in (one, other)}
    assert said == set(HOSTILE)


@pytest.mark.parametrize("held", ["nul \\u0000", "half a pair \\ud800"])
def test_what_no_export_could_hold_is_refused_on_its_way_in(held, api):
    body = f'{{"name": "a.txt", "text": "{held}"}}'
    response = api.post("/api/v1/sources/text", body, content_type="application/json")
    assert response.status_code == 400, response.content
    assert response.json()["field"] == "text"


def test_no_page_exports_a_spreadsheet(rf, superuser):
    request = rf.get("/")
    request.user = superuser
    for model, page in admin.site._registry.items():
        offered = [str(action) for action in page.get_actions(request)]
        assert not any("csv" in name.lower() or "export" in name.lower() for name in offered), model
