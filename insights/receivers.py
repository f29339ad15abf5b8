"""What webhooks are told of, beside what services tell them themselves."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from insights.models import EventKind, Notice, ReviewEvent
from insights.models.run import Run
from insights.signals import run_finished
from insights.webhooks import notify


@receiver(run_finished)
def tell_of_a_run(*, run: Run, **kwargs: Any) -> None:
    kind = run._meta.model_name
    notify(Notice.JOB_FINISHED, {"kind": kind, "run": str(run.pk), "status": run.status})


@receiver(post_save, sender=ReviewEvent)
def tell_of_a_decision(*, instance: ReviewEvent, created: bool, **kwargs: Any) -> None:
    decision = instance.decision
    if not created or instance.kind != EventKind.DECIDED or decision is None:
        return
    notify(
        Notice.CLUSTER_DECIDED,
        {
            "decision": str(decision.pk),
            "cluster": str(instance.cluster_id) if instance.cluster_id else None,
            "kind": decision.kind,
        },
    )
