"""How one reviewer likes the review screen: the keys, and whether the model's opinion shows."""

from django.conf import settings
from django.db import models


class ReviewerSettings(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="reviewer_settings",
    )
    keys = models.JSONField(default=dict, blank=True, help_text="Action to key, where changed.")
    is_blind = models.BooleanField(default=False, help_text="Hide what the model thinks.")

    class Meta:
        db_table = "reviewer_settings"
        verbose_name_plural = "reviewer settings"

    def __str__(self) -> str:
        return str(self.user)
