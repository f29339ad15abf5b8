"""What a provider answered, kept so that the same question is paid for once."""

from django.db import models
from django.utils import timezone


class ApiAnswer(models.Model):
    """The key is a hash of all that shapes the answer: model, prompt, format."""

    key = models.CharField(primary_key=True, max_length=64, editable=False)
    purpose = models.CharField(max_length=32)
    model = models.CharField(max_length=255)
    answer = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "api_answers"
        verbose_name = "answer of a hosted model"
        verbose_name_plural = "answers of hosted models"
        ordering = ["-created_at", "key"]
        indexes = [models.Index(fields=["-created_at", "key"], name="api_answer_newest")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.model} {self.key[:8]}"
