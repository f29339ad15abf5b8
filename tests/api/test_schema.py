"""The schema: no warning, the same as the snapshot, and its pages from local files."""

from pathlib import Path

import pytest
from django.core.management import call_command

from tests.api.access_table import TABLE

VERBS = """add answer approve cancel change check claim cluster decide download export fine get
    list make paste predict preview revoke rotate test
    process push reject remove restore resume search set split switch undo upload
    whoami withdraw""".split()
SNAPSHOT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def test_the_schema_is_the_snapshot_and_gives_no_warning(tmp_path):
    """After a change that is meant: manage.py spectacular --file docs/openapi.yaml"""
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(made))
    assert made.read_text() == SNAPSHOT.read_text()


def test_the_schema_has_every_address(api):
    paths = api.get("/api/schema").json()["paths"]
    described = {
        (method.upper(), path.replace("{id}", "<id>"))
        for path, methods in paths.items()
        for method in methods
    }
    assert described == {row for row in TABLE if row[1].count("/") > 2}


def test_whatever_takes_an_id_follows_from_what_gives_one(api):
    paths = api.get("/api/schema").json()["paths"]
    operations = [(path, one) for path, methods in paths.items() for one in methods.values()]
    followed = {
        link["operationId"]
        for _, operation in operations
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    }
    takes_one = {one["operationId"] for path, one in operations if "{id}" in path}
    assert followed == takes_one | {"get_fine_tune_job"}


def test_every_operation_says_what_it_needs_and_how_it_fails(api):
    for path, methods in api.get("/api/schema").json()["paths"].items():
        for method, operation in methods.items():
            if "/tasks/" in path:
                continue  # what they need depends on the task
            scope, permission = TABLE[method.upper(), path.replace("{id}", "<id>")]
            assert f"scope `{scope}`" in operation["description"]
            assert permission in operation["description"]
            assert {"400", "401", "403", "429"} <= set(operation["responses"])
            assert operation["summary"], f"{method} {path} says nothing"


def test_an_operation_takes_one_type_of_body_and_is_named_by_a_verb(api):
    for methods in api.get("/api/schema").json()["paths"].values():
        for operation in methods.values():
            bodies = operation.get("requestBody", {}).get("content", {})
            assert len(bodies) <= 1, operation["operationId"]
            assert operation["operationId"].split("_")[0] in VERBS
            assert not operation["summary"].startswith("`")


@pytest.mark.parametrize("page", ["/api/docs", "/api/redoc"])
def test_the_pages_load_nothing_from_elsewhere(page, api):
    html = api.get(page).content.decode()
    assert "drf_spectacular_sidecar" in html
    assert "https://" not in html


@pytest.mark.parametrize(
    ("page", "icons", "styles"),
    [("docs", True, False), ("redoc", True, True), ("schema", False, False)],
)
def test_only_the_librarys_own_pages_may_have_more_than_our_own_files(page, icons, styles, api):
    policy = api.get(f"/api/{page}")["Content-Security-Policy"]
    directives = dict(one.split(" ", 1) for one in policy.split("; "))
    assert ("data:" in directives["img-src"]) == icons
    assert ("sha256" in directives["style-src"]) == styles
    assert policy.count("data:") == icons
    assert "unsafe" not in policy
