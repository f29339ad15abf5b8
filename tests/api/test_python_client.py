"""The client in clients/python: generated from the schema, and the loop and an agent by it."""

import asyncio
import importlib.util
import sys
from itertools import islice
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from insights.models import ApiToken, Cluster, InsightSource, MergeDecision
from tests.finetuning.conftest import decisions  # noqa: F401

CLIENTS = Path(__file__).resolve().parents[2] / "clients"
PERMISSIONS = ("view_insight", "view_insightsource", "add_source", "view_source")


@pytest.fixture
def client_library(monkeypatch):
    monkeypatch.syspath_prepend(str(CLIENTS / "python"))
    import insight_dedup_client

    made = []

    class Client(insight_dedup_client.Client):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(insight_dedup_client, "Client", Client)
    yield insight_dedup_client
    for client in made:
        client.session.close()
    for name in [name for name in sys.modules if name.startswith("insight_dedup_client")]:
        del sys.modules[name]


def test_the_client_is_what_the_schema_generates():
    """After a change of the schema: make client"""
    spec = importlib.util.spec_from_file_location("generate", CLIENTS / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    stored = {path.name: path.read_text() for path in generate.TARGET.glob("*.py")}
    assert generate.generated() == stored
    assert max(len(text.splitlines()) for text in stored.values()) <= 400


@pytest.mark.django_db(transaction=True)
def test_the_guides_loop(server, superuser, decisions, client_library):  # noqa: F811
    client = client_library.Client(server, ApiToken.make(user=superuser, scopes=["admin"])[1])
    table = b"insight\nThe lift is always broken.\nThe lift is broken all the time.\n"
    added = client.upload_source({"file": ("lift.csv", table)})
    assert client.wait(added["task"])["status"] == "succeeded"
    assert client.wait(client.cluster_all()["runId"])["status"] == "succeeded"
    for cluster in islice(client.rows(client.list_clusters_queue(page_size=1)), 3):
        client.approve_cluster(cluster["id"], {"expected_version": cluster["version"]})
    started = client.fine_tune_model({})
    job = client.get_fine_tune_job(jobId=started["fineTuneJobId"])
    assert job["status"] == "succeeded"
    client.switch_model({"modelId": job["modelId"], "action": "activate", "force": True})
    pair = {"statement1": "The lift is broken.", "statement2": "The lift is always broken."}
    (answer,) = client.predict({"pairs": [pair]})["results"]
    assert answer["model_id"] == job["modelId"]


@pytest.mark.django_db(transaction=True)
def test_files_arrive_as_bytes_and_an_empty_answer_as_none(server, superuser, client_library):
    client = client_library.Client(server, ApiToken.make(user=superuser, scopes=["admin"])[1])
    assert client.download_insights().startswith(b"id,statement")
    webhook = client.add_webhook({"url": "https://hook.example.org/"})
    assert client.remove_webhook(webhook["id"]) is None


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_an_exception_with_its_code(server, superuser, client_library):
    client = client_library.Client(server, ApiToken.make(user=superuser, scopes=["read"])[1])
    with pytest.raises(client_library.Problem, match="scope") as refused:
        client.cluster_all()
    assert (refused.value.status, refused.value.code) == (403, "scope_missing")


@pytest.mark.django_db(transaction=True)
def test_an_agent_proposes_and_people_decide(server, make_insight, client_library):
    pytest.importorskip("mcp")
    from django.contrib.auth.models import Permission
    from insight_dedup_client.mcp import server as mcp_server

    agent = User.objects.create_user("agent")
    agent.user_permissions.set(Permission.objects.filter(codename__in=PERMISSIONS))
    _, key = ApiToken.make(user=agent, scopes=["read", "ingest"])
    client = client_library.Client(server, key)
    tools = mcp_server(client, "Scout")

    def call(tool, **arguments):
        return asyncio.run(tools.call_tool(tool, arguments)).structured_content

    known = make_insight("The rota is published far too late every month.")
    assert call("search", text="The rota comes late.")["result"][0]["insight"]["id"] == str(
        known.pk
    )
    assert call("cite", insight_id=str(known.pk))["occurrences"][0]["locator"] == "¶ 1"
    assert call("check", statement="The rota is late.")["should_merge"] is False
    proposed = call("propose", statement="The ward phone is broken.", reason="three calls")
    assert proposed["result"] == "created"
    occurrence = InsightSource.objects.get(insight=proposed["insight"])
    assert occurrence.source.title == "Proposed by the agent Scout"
    assert occurrence.locator == "three calls"
    assert not Cluster.objects.exists()
    assert not MergeDecision.objects.exists()
    assert {tool.name for tool in asyncio.run(tools.list_tools())} == {
        "search", "check", "cite", "propose",
    }  # fmt: skip
