"""docs/pipeline.md as it stands: each block runs, and the endpoints do what it says."""

import re
from pathlib import Path

import pytest

from insights.models import ApiToken, Insight, InsightSource

TEXT = (Path(__file__).parents[2] / "docs" / "pipeline.md").read_text()
INSIDE, OUTSIDE = (
    re.findall(rf"```python {kind}\n(.*?)```", TEXT, re.DOTALL) for kind in ("inside", "outside")
)


def run(block, capsys):
    exec(compile(block, "docs/pipeline.md", "exec"), {"__name__": "pipeline"})  # noqa: S102
    return capsys.readouterr().out


def test_each_block_is_at_most_twenty_lines():
    assert len(INSIDE) == len(OUTSIDE) == 2
    assert max(len(block.splitlines()) for block in (*INSIDE, *OUTSIDE)) <= 20


def test_inside_django(db, capsys):
    said = run(INSIDE[0], capsys)
    assert said.count("created") == 2
    assert "page 3" in said
    again = run(INSIDE[0], capsys)
    assert again == said
    assert Insight.objects.count() == InsightSource.objects.count() == 2
    assert run(INSIDE[1], capsys).startswith("for a person")


@pytest.mark.django_db(transaction=True)
def test_from_outside(live_server, superuser, capsys, monkeypatch):
    monkeypatch.setenv("BASE", live_server.url)
    monkeypatch.setenv("TOKEN", ApiToken.make(user=superuser, scopes=["ingest", "train"])[1])
    assert "page 3 created" in run(OUTSIDE[0], capsys)
    assert "False None" in run(OUTSIDE[1], capsys)


def test_the_same_text_in_another_source_is_linked(api):
    def push(source, *statements):
        rows = [{"statement": one} for one in statements]
        return api.send("/api/v1/insights", {"source": source, "statements": rows}).json()[
            "results"
        ]

    (first,) = push("A", "The rota is late.")
    linked, new = push("B", "The rota is late.", "Parking is free.")
    assert (first["result"], linked["result"], new["result"]) == ("created", "linked", "created")
    assert linked["insight"] == first["insight"]
    assert [one["result"] for one in push("B", "The rota is late.", "Parking is free.")] == [
        "linked", "created",
    ]  # fmt: skip
    assert InsightSource.objects.count() == 3


def test_a_statement_or_pair_that_cannot_be_is_named(api, make_insight):
    too_many = [{"statement": f"Statement {n}."} for n in range(501)]
    refused = api.send("/api/v1/insights", {"source": "A", "statements": too_many})
    assert (refused.status_code, refused.json()["field"]) == (400, "statements")
    one = str(make_insight("The rota is late.").pk)
    itself, mixed = {"insight1": one, "insight2": one}, {"insight1": one, "statement2": "x"}
    for pair, status in ((itself, 422), (mixed, 400), ({}, 400)):
        refused = api.send("/api/v1/predictions", {"pairs": [pair]})
        assert refused.status_code == status
        assert refused.json()["field"].startswith("pairs.0")


def test_a_number_is_no_statement_of_a_pair(api):
    pairs = [{"statement1": "The rota is late.", "statement2": 5}]
    answer = api.send("/api/v1/predictions", {"pairs": pairs})
    assert answer.status_code == 400, answer.content
    assert "pairs.0" in answer.json()["field"]
