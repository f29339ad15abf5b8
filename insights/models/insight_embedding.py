"""Vectors of embedding models that do not serve: the next one's, and the last one's."""

from django.db import models
from pgvector.django import HalfVectorField

from insights.models.insight import EMBEDDING_DIMENSIONS, Insight


class InsightEmbedding(models.Model):
    insight = models.ForeignKey(Insight, models.CASCADE, related_name="+")
    embedding_model = models.CharField(max_length=64)
    embedding = HalfVectorField(dimensions=EMBEDDING_DIMENSIONS)

    class Meta:
        db_table = "insight_embeddings"
        constraints = [
            models.UniqueConstraint(
                fields=["insight", "embedding_model"], name="insight_embedding_once"
            ),
        ]

    def __str__(self) -> str:
        return self.embedding_model
