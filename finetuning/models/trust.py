"""The decisions that a version's trust starts from."""

from django.db import models

from finetuning.models.deduplication_model import DeduplicationModel


class TrustBasis(models.Model):
    """A version's own decisions as it judges them unseen, and what it was trained on.

    Written once, when the version is evaluated. `decisions`: a row for each pair that is the same
    or predicted so, out of fold or held out, with probability, similarity, label, class of
    left-over words, decision and these words. `statements`: ids of training insights, at most
    1,000, drawn evenly.
    """

    model = models.OneToOneField(
        DeduplicationModel, models.CASCADE, primary_key=True, related_name="trust_basis"
    )
    decisions = models.JSONField(default=list)
    statements = models.JSONField(default=list)

    class Meta:
        db_table = "trust_bases"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{len(self.decisions)} pairs"
