"""Change a version's thresholds and evidence rule, or the version that decides; all undoable."""

import hashlib
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db import transaction

from finetuning.errors import FineTuningError, NotPossible, StaleThresholds
from finetuning.lifecycle import activation
from finetuning.models import AutoMergeProof, DeduplicationModel, ModelStatus, ThresholdChange
from finetuning.transitions import record
from insights.permissions import Actor, account

LEAST_AUTO_MERGE = 0.5  # below it the prediction is "not the same"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version and its thresholds, in force or proposed."""

    model: DeduplicationModel
    auto_merge_confidence: float
    cluster_out_confidence: float
    auto_merge_proof: str = ""  # as the version has it

    def __post_init__(self) -> None:
        proof = self.auto_merge_proof or self.model.auto_merge_proof
        object.__setattr__(self, "auto_merge_proof", proof)

    @property
    def is_below_floor(self) -> bool:
        floor: float = settings.AUTO_MERGE_CONFIDENCE
        return self.auto_merge_confidence < floor

    def check(self) -> None:
        """Raise FineTuningError for a version or a value that can never be valid."""
        if self.model.status != ModelStatus.SUCCEEDED:
            raise NotPossible(
                f"{self.model} has no thresholds to move: its training has not succeeded."
            )
        if not LEAST_AUTO_MERGE <= self.auto_merge_confidence <= 1:  # nan, too
            raise FineTuningError(
                f"{self.auto_merge_confidence:g} is not an auto-merge threshold. Choose one from "
                f"{LEAST_AUTO_MERGE:.2f} to 1.00."
            )
        if self.auto_merge_proof not in AutoMergeProof.values:
            raise FineTuningError(
                f"There is no evidence rule “{self.auto_merge_proof}”. Choose one of "
                f"{', '.join(AutoMergeProof.values)}."
            )
        most = settings.CLUSTER_IN_CONFIDENCE
        if not 0 <= self.cluster_out_confidence <= most:
            raise FineTuningError(
                f"{self.cluster_out_confidence:g} is not a cluster threshold. Choose one from "
                f"0.00 to {most:.2f}, above which a pair is always in (CLUSTER_IN_CONFIDENCE)."
            )


def as_it_is(model: DeduplicationModel) -> Proposal:
    return Proposal(
        model,
        model.auto_merge_confidence,
        model.cluster_out_confidence,
        model.auto_merge_proof,
    )


def fingerprint(model: DeduplicationModel, active: DeduplicationModel | None) -> str:
    """Digest the basis of a change: the version, its thresholds, and the active version."""
    parts = [(one.pk, *_held(one)) if one else None for one in (model, active)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


@transaction.atomic
def change_thresholds(
    proposal: Proposal,
    *,
    actor: Actor,
    seen: str | None = None,
    activate: bool = False,
    may_go_below_floor: bool = False,
    comment: str = "",
) -> ThresholdChange | None:
    """Set a version's thresholds; with `activate`, also make it the active one.

    `seen`: the fingerprint of what was previewed. None, and no row, when nothing would change.
    Raises StaleThresholds when it has changed since, NotPossible, and FineTuningError for a value
    that is impossible, or below AUTO_MERGE_CONFIDENCE without `may_go_below_floor`.
    """
    versions = activation.lock_all()
    model = versions.get(proposal.model.pk, proposal.model)
    active = _active(versions)
    if seen is not None and seen != fingerprint(model, active):
        raise StaleThresholds(
            "Nothing was changed: the thresholds or the active version changed after your "
            f"preview. Now {_in_words(active)}. Preview again."
        )
    replace(proposal, model=model).check()
    moved = proposal.auto_merge_confidence != model.auto_merge_confidence
    switched = activate and active != model
    if proposal.is_below_floor and (moved or switched) and not may_go_below_floor:
        raise FineTuningError(
            f"Nothing was changed: {proposal.auto_merge_confidence:g} is below "
            f"{settings.AUTO_MERGE_CONFIDENCE:.2f}, the minimum for automatic merges unless you "
            "confirm it explicitly."
        )
    return _write(
        model,
        auto_merge=proposal.auto_merge_confidence,
        cluster_out=proposal.cluster_out_confidence,
        proof=proposal.auto_merge_proof,
        active_before=active,
        active_after=model if activate else active,
        actor=actor,
        comment=comment,
    )


@transaction.atomic
def undo_change(change_id: UUID, *, actor: Actor) -> ThresholdChange:
    """Restore what the change had replaced.

    Raises NotPossible, naming it, when something newer depends on the change.
    """
    versions = activation.lock_all()
    change = ThresholdChange.objects.filter(pk=change_id).first()
    if change is None:
        raise NotPossible(f"There is no threshold change {change_id}.")
    if reason := why_not_undo(change, versions):
        raise NotPossible(f"Nothing was undone. {reason}")
    switched = change.active_before_id != change.active_after_id
    active = _active(versions)
    before = versions.get(change.active_before_id) if change.active_before_id else None
    row = _write(
        versions[change.model_id],
        auto_merge=change.auto_merge_before,
        cluster_out=change.cluster_out_before,
        proof=change.proof_before,
        active_before=active,
        active_after=before if switched else active,
        actor=actor,
        undoes=change,
    )
    assert row is not None  # noqa: S101 - a change is one, so undoing it changes something
    return row


def why_not_undo(change: ThresholdChange, versions: dict[UUID, DeduplicationModel]) -> str:
    """Explain why it cannot be undone; empty when it can.

    `versions`: at least those that the change names, and the active one.
    """
    if change.undoes_id:
        return "It undid another change; make that change again."
    if hasattr(change, "undone_by"):
        return "It is already undone."
    model, active = versions[change.model_id], _active(versions)
    if _held(model) != (change.auto_merge_after, change.cluster_out_after, change.proof_after):
        return f"Something newer changed it: {_in_words(model)}."
    switched = change.active_before_id != change.active_after_id
    if switched and (active and active.pk) != change.active_after_id:
        return f"Something newer changed it: now {_in_words(active)}."
    return ""


def _write(
    model: DeduplicationModel,
    *,
    auto_merge: float,
    cluster_out: float,
    proof: str,
    active_before: DeduplicationModel | None,
    active_after: DeduplicationModel | None,
    actor: Actor,
    comment: str = "",
    undoes: ThresholdChange | None = None,
) -> ThresholdChange | None:
    row = ThresholdChange(
        model=model,
        auto_merge_before=model.auto_merge_confidence,
        auto_merge_after=auto_merge,
        cluster_out_before=model.cluster_out_confidence,
        cluster_out_after=cluster_out,
        proof_before=model.auto_merge_proof,
        proof_after=proof,
        active_before=active_before,
        active_after=active_after,
        actor=account(actor),
        comment=comment,
        undoes=undoes,
    )
    if not row.sentences():
        return None
    model.auto_merge_confidence, model.cluster_out_confidence = auto_merge, cluster_out
    model.auto_merge_proof = proof
    model.save(
        update_fields=["auto_merge_confidence", "cluster_out_confidence", "auto_merge_proof"]
    )
    record(model, f"Thresholds: {row}.", data={"change": str(row.pk)}, actor=actor)
    if active_after is None and active_before is not None:
        activation.deactivate(actor)
    elif active_after is not None and active_after != active_before:
        activation.activate(active_after, actor)
    row.save(force_insert=True)
    return row


def _held(model: DeduplicationModel) -> tuple[float, float, str]:
    return model.auto_merge_confidence, model.cluster_out_confidence, model.auto_merge_proof


def _active(versions: dict[UUID, DeduplicationModel]) -> DeduplicationModel | None:
    return next((one for one in versions.values() if one.is_active), None)


def _in_words(model: DeduplicationModel | None) -> str:
    if model is None:
        return "no version decides"
    return (
        f"{model} {'decides, it ' if model.is_active else ''}merges from "
        f"{model.auto_merge_confidence:g} and clusters from {model.cluster_out_confidence:g}"
    )
