"""Reactions to signals: notify webhooks, withdraw the audit answer of an undone decision."""

from django.contrib.auth.models import User
from django.db.models.signals import post_save
from django.dispatch import receiver

from insights.audit.withdrawal import withdraw_answer_of
from insights.models import EventKind, MergeDecision, Notice, ReviewEvent
from insights.models.run import Run
from insights.signals import decision_undone, run_finished
from insights.webhooks.notify import notify


@receiver(run_finished)
def tell_of_a_run(*, run: Run, **kwargs: object) -> None:
    kind = run._meta.model_name
    notify(Notice.JOB_FINISHED, {"kind": kind, "run": str(run.pk), "status": run.status})


@receiver(decision_undone)
def withdraw_audit_answer(*, decision: MergeDecision, actor: User, **kwargs: object) -> None:
    withdraw_answer_of(decision, actor)


@receiver(post_save, sender=ReviewEvent)
def tell_of_a_decision(*, instance: ReviewEvent, created: bool, **kwargs: object) -> None:
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
