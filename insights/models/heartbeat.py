"""When each queue last had a task completed: a worker that lives but no longer works shows here."""

from django.db import models


class Heartbeat(models.Model):
    queue = models.CharField(primary_key=True, max_length=64)
    completed_at = models.DateTimeField()
    task = models.CharField(max_length=128, help_text="The task that was completed last.")
    completed = models.PositiveBigIntegerField(default=0, help_text="Tasks so far.")

    class Meta:
        db_table = "heartbeats"
        ordering = ["queue"]

    def __str__(self) -> str:
        return f"{self.queue} {self.completed_at:%Y-%m-%d %H:%M:%S}"
