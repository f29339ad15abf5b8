"""Choose the version that decides: activate, deactivate, roll back."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from finetuning.errors import NotFit, NotPossible
from finetuning.models import DeduplicationModel, ModelStatus
from finetuning.transitions import outcome, record
from insights.models import Notice
from insights.permissions import Actor
from insights.webhooks.notify import notify

LEAST_PRECISION = 0.5


@transaction.atomic
def activate(model: DeduplicationModel, actor: Actor = None) -> DeduplicationModel:
    """Let a version decide instead of the one before. Raises NotPossible."""
    versions = lock_all()
    model = versions.get(model.pk, model)
    if model.status != ModelStatus.SUCCEEDED:
        raise NotPossible(
            f"{model} cannot be activated: its training has {outcome(model)}. "
            "Only a model whose training succeeded can decide."
        )
    if model.is_active:
        return model
    for other in versions.values():
        if other.is_active:
            _set_active(other, False, f"Deactivated: {model} takes over.", actor)
    _set_active(model, True, "Activated.", actor)
    return model


def activate_checked(
    model: DeduplicationModel, actor: Actor = None, *, force: bool = False
) -> DeduplicationModel:
    """Activate for a person: a version that measures badly only with `force`.

    Raises NotFit with what is wrong, and NotPossible.
    """
    found = doubts(model)
    if found and not force:
        raise NotFit(
            f"{model} is not fit to decide: {'; '.join(found)}. It was not activated. Decide more "
            "clusters and train again, or confirm to activate it anyway."
        )
    return activate(model, actor)


def doubts(model: DeduplicationModel) -> list[str]:
    """Return what the held-out decisions say against letting a version decide; empty if nothing."""
    held_out: dict[str, Any] = model.metrics.get("held_out") or {}
    baseline: dict[str, Any] = model.metrics.get("baseline") or {}
    found = []
    measures = ("average_precision", "brier")
    ours: list[Any] = [held_out.get(name) for name in measures]
    plain: list[Any] = [baseline.get(name) for name in measures]
    if None not in (*ours, *plain) and ours[0] < plain[0] and ours[1] > plain[1]:
        found.append(
            f"it is worse than plain similarity (average precision {ours[0]:.2f} against "
            f"{plain[0]:.2f}, Brier score {ours[1]:.2f} against {plain[1]:.2f})"
        )
    precision = held_out.get("precision")
    if precision is not None and precision < LEAST_PRECISION:
        found.append(f"of the pairs that it calls the same, only {precision:.0%} are")
    return found


@transaction.atomic
def deactivate(
    actor: Actor = None, *, only: DeduplicationModel | None = None
) -> DeduplicationModel | None:
    """Deactivate the active version, or `only` this one. Returns it, or None."""
    for model in lock_all().values():
        if model.is_active and only in (None, model):
            _set_active(model, False, "Deactivated.", actor)
            return model
    return None


@transaction.atomic
def roll_back(*, actor: Actor = None) -> DeduplicationModel:
    """Activate the version that decided before the active one. Raises NotPossible."""
    active = DeduplicationModel.objects.select_for_update().filter(is_active=True).first()
    if active is None:
        raise NotPossible("No version is active, so there is nothing to roll back.")
    before = (
        DeduplicationModel.objects.filter(
            status=ModelStatus.SUCCEEDED, activated_at__isnull=False, version__lt=active.version
        )
        .order_by("-version")
        .first()
    )
    if before is None:
        raise NotPossible(
            f"No version before {active} ever decided. Deactivate it to continue with similarity "
            "only."
        )
    record(active, f"Rolled back to {before}.", level="warning", actor=actor)
    return activate(before, actor=actor)


def lock_all() -> dict[UUID, DeduplicationModel]:
    """Lock all versions, in one order: changes of the active version or a threshold wait here."""
    return {
        model.pk: model
        for model in DeduplicationModel.objects.select_for_update(of=("self",)).order_by("version")
    }


def _set_active(model: DeduplicationModel, active: bool, message: str, actor: Actor) -> None:
    model.is_active = active
    model.activated_at = timezone.now() if active else model.activated_at
    model.save(update_fields=["is_active", "activated_at"])
    record(model, message, actor=actor)
    if active:
        notify(Notice.VERSION_ACTIVATED, {"model": str(model.pk), "version": model.version})
