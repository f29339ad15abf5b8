"""EMBEDDER is changed and `reembed` is not run: nothing is mixed, and everybody is told the way."""

import pytest

from finetuning.inference.prediction import predict_merge_decision
from finetuning.training_data.dataset import build_dataset
from insights.clustering.run import run_clustering
from insights.embedding.nearest import nearest_older
from insights.embedding.service import VectorsOfAnotherModel, embed_missing, embed_one
from insights.ingest.pipeline import process
from insights.ingest.readers import read_source
from insights.ingest.sources import register
from insights.models import Insight, ProcessingRun
from insights.review.actions import ApproveCluster
from insights.review.errors import ReviewError

pytestmark = pytest.mark.django_db
WAY_OUT = "reembed insights.embedding.openai.OpenAIEmbedder --switch"


@pytest.fixture
def changed(settings, standin, make_insight):
    stored = [make_insight(f"Statement number {n} about shifts") for n in range(6)]
    settings.EMBEDDER = "insights.embedding.openai.OpenAIEmbedder"
    return stored


def stored_models():
    return set(Insight.objects.values_list("embedding_model", flat=True))


def test_an_ingestion_ends_with_the_reason_and_pays_nothing(changed, standin):
    data = b"statement\nNobody knows who is on call tonight.\n"
    source, _ = register("new.csv", data, content := read_source("new.csv", data))
    with pytest.raises(VectorsOfAnotherModel, match=WAY_OUT):
        process(source, content=content)
    assert WAY_OUT in ProcessingRun.objects.get(source=source).error
    assert (stored_models(), standin.calls) == ({"all-MiniLM-L6-v2"}, [])


def test_the_hourly_task_leaves_the_old_vectors_alone(changed, standin):
    assert embed_missing() == 0
    Insight.objects.filter(pk=changed[0].pk).update(embedding=None, embedding_model="")
    with pytest.raises(VectorsOfAnotherModel):
        embed_missing()
    assert standin.calls == []


def test_what_is_stored_goes_on_serving(changed, standin):
    assert run_clustering().status == "succeeded"
    assert nearest_older(changed[3:], limit=2, least_similarity=-1.0)
    assert predict_merge_decision(changed[0], changed[1]).similarity < 1
    assert len(build_dataset()) == 0
    assert (stored_models(), standin.calls) == ({"all-MiniLM-L6-v2"}, [])


def test_a_search_and_a_statement_of_ones_own_say_why_not(changed, make_cluster, reviewer):
    with pytest.raises(VectorsOfAnotherModel):
        embed_one("Who is on call?")
    cluster = make_cluster(changed[:2])
    with pytest.raises(ReviewError, match="reembed"):
        ApproveCluster(
            cluster_id=cluster.pk, actor=reviewer, canonical_text="In other words"
        ).execute()
