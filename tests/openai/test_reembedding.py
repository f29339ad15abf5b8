"""Changing the embedding model: the old vectors serve until the switch, and there is a way back."""

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from insights.embedding import switch
from insights.embedding.openai import OpenAIEmbedder
from insights.embedding.service import load_vectors
from insights.models import Insight, InsightEmbedding
from insights.openai import Unavailable
from tests.openai.standin import faults

pytestmark = pytest.mark.django_db
EMBED = "POST /embeddings"
OPENAI = "insights.embedding.openai.OpenAIEmbedder"
MINILM = "insights.embedding.minilm.embedder.OnnxMiniLM"


def vectors():
    ids, found = load_vectors(Insight.objects.order_by("pk"))
    return dict(zip(ids, found, strict=True))


@pytest.fixture
def insights(make_insight):
    return [make_insight(f"Statement number {n} about shifts") for n in range(12)]


@pytest.fixture
def fresh(standin, monkeypatch):
    """Without the day's cache, so that calls can be counted."""
    monkeypatch.setattr(OpenAIEmbedder, "_cached", lambda self, keys: {})
    monkeypatch.setattr(OpenAIEmbedder, "_store", lambda self, vectors: None)
    return OpenAIEmbedder()


def test_preparing_leaves_what_serves_alone(insights, fresh):
    before = vectors()
    assert switch.prepare(fresh) == 12

    after = vectors()
    assert all(np.array_equal(before[pk], after[pk]) for pk in before)
    assert InsightEmbedding.objects.count() == 12


def test_the_switch_moves_all_and_the_way_back_costs_nothing(insights, fresh, standin):
    before = vectors()
    switch.prepare(fresh)
    assert switch.switch(fresh.name) == switch.Switched(moved=12, put_aside=12)

    assert set(Insight.objects.values_list("embedding_model", flat=True)) == {fresh.name}
    expected = fresh.embed([one.statement for one in insights])
    found = vectors()
    for one, vector in zip(insights, expected, strict=True):
        np.testing.assert_allclose(found[one.pk], vector, atol=2e-3)

    asked = standin.count(EMBED)
    assert switch.switch("all-MiniLM-L6-v2").moved == 12
    after = vectors()
    assert all(np.array_equal(before[pk], after[pk]) for pk in before)
    assert switch.switch(fresh.name).moved == 12
    assert standin.count(EMBED) == asked


def test_a_switch_with_insights_that_came_in_since_changes_nothing(insights, fresh, make_insight):
    switch.prepare(fresh)
    make_insight("One more")

    with pytest.raises(switch.NotPrepared, match="1 insights"):
        switch.switch(fresh.name)

    assert set(Insight.objects.values_list("embedding_model", flat=True)) == {"all-MiniLM-L6-v2"}
    assert switch.prepare(fresh) == 1
    switch.switch(fresh.name)


def test_preparing_goes_on_where_it_broke_off(insights, fresh, standin, monkeypatch):
    monkeypatch.setattr(switch, "BATCH", 5)
    standin.script(EMBED, faults.changed(lambda body: body), *[faults.error(500)] * 5)
    with pytest.raises(Unavailable):
        switch.prepare(fresh)
    assert InsightEmbedding.objects.count() == 5

    assert switch.prepare(fresh) == 7
    good = [call for call in standin.calls if call.status == 200]
    assert sum(len(call.body["input"]) for call in good) == 12


def test_the_command(insights, fresh, settings, capsys):
    call_command("reembed", "openai")
    assert "12 insights embedded now" in capsys.readouterr().out
    with pytest.raises(CommandError, match="Stop the workers"):
        call_command("reembed", "openai", "--switch")

    settings.EMBEDDER = OPENAI
    call_command("reembed", "openai", "--switch")
    said = capsys.readouterr().out
    assert "in use  text-embedding-3-small/384: 12" in said
    assert "prepared all-MiniLM-L6-v2: 12" in said

    settings.EMBEDDER = MINILM
    call_command("reembed", "minilm", "--switch")
    assert "in use  all-MiniLM-L6-v2: 12" in capsys.readouterr().out
    call_command("reembed", "--forget", "text-embedding-3-small/384")
    assert not InsightEmbedding.objects.exists()


def test_an_embedder_that_is_none(settings):
    with pytest.raises(CommandError, match="no embedder"):
        call_command("reembed", "some.where.Else")
