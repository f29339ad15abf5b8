"""Fine-tuning jobs at a provider."""

from django.db import models

from finetuning.models.deduplication_model import DeduplicationModel
from insights.models.light import LightManager


class HostedJob(models.Model):
    """The provider's side of a hosted model: uploads, job, costs, shutdown date.

    It is written before and after each request to the provider, so a lost answer or a killed
    process can be told from a step that was never taken.
    """

    model = models.OneToOneField(
        DeduplicationModel, models.CASCADE, primary_key=True, related_name="hosted"
    )
    training_upload = models.CharField(max_length=128, blank=True)
    validation_upload = models.CharField(max_length=128, blank=True)
    create_asked_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="The job may exist since then; it is looked up before another is requested.",
    )
    looked_at = models.DateTimeField(null=True, blank=True)
    upstream_status = models.CharField(
        max_length=64, blank=True, help_text="The provider's own word, even an unknown one."
    )
    trouble = models.TextField(blank=True, help_text="The provider's current error, if any.")
    unusable = models.PositiveSmallIntegerField(
        default=0, help_text="Looks in a row whose answer could not be used."
    )
    last_event_id = models.CharField(max_length=128, blank=True)
    hyperparameters = models.JSONField(default=dict, blank=True)
    trained_tokens = models.PositiveBigIntegerField(null=True, blank=True)
    estimated_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    training_call = models.UUIDField(
        null=True, blank=True, help_text="The ledger's row for the training (api_calls)."
    )
    shutdown_date = models.DateField(
        null=True, blank=True, help_text="The day on which the provider shuts it down."
    )

    objects = LightManager()

    class Meta:
        db_table = "hosted_jobs"

    def __str__(self) -> str:
        return self.upstream_status or "hosted job"
