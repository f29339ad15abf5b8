"""Stop automatic merging when the audit finds too many errors; notify the leads; resume."""

import logging
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from insights.audit.precision import measured_precision, merges_since_last_good_audit
from insights.jobs.locks import wait_for_turn
from insights.models import AutoMergeStop, BulkRun, Notice
from insights.permissions import RESUME_AUTO_MERGE, UNDO_DECISION, Actor, account
from insights.review.actions.base import require
from insights.review.bulk import queue_undo
from insights.review.errors import Stale
from insights.webhooks.notify import notify

logger = logging.getLogger(__name__)
AFTER_STOP = "After the audit that stopped automatic merging."


def stop_in_force() -> AutoMergeStop | None:
    return AutoMergeStop.objects.filter(resumed_at__isnull=True).first()


def stop_if_too_low(model_version: str) -> AutoMergeStop | None:
    """Stop automatic merging if this version is surely below the target; None if it is not.

    Runs at the end of the answer's transaction: of two answers at once, the second counts both.
    """
    wait_for_turn("stop of auto-merging")
    measured = measured_precision(model_version)
    if not measured.is_too_low or stop_in_force():
        return None
    reason = (
        f"Of {measured.audited} audited merges of {model_version}, {measured.right} were right: "
        f"{measured.precision:.1%}, and with 95% confidence at most {measured.high:.1%}. "
        f"The target is {settings.AUTO_MERGE_PRECISION:.1%}."
    )
    stop = AutoMergeStop.objects.create(
        reason=reason, model_version=model_version, numbers=measured.as_dict()
    )
    logger.warning("Automatic merging was stopped. %s", reason)
    notify(Notice.AUTO_MERGE_STOPPED, {"stop": str(stop.pk), "reason": reason})
    transaction.on_commit(lambda: _tell_leads(stop), robust=True)
    return stop


def refuted(model_version: str) -> AutoMergeStop | None:
    """Return this version's stop in force if the audit no longer finds it too low.

    That happens after an answer was withdrawn. A person decides whether to resume.
    """
    stop = stop_in_force()
    if stop is None or stop.model_version != model_version:
        return None
    return None if measured_precision(model_version).is_too_low else stop


@transaction.atomic
def resume(*, actor: Actor, comment: str = "", stop_id: UUID | None = None) -> AutoMergeStop:
    """Resume automatic merging; the measurement starts afresh.

    `stop_id` is the stop that was displayed, so that nobody ends a later one unseen. Raises
    Forbidden or Stale.
    """
    require(actor, RESUME_AUTO_MERGE, "resume automatic merging")
    in_force = AutoMergeStop.objects.filter(resumed_at__isnull=True)
    stop = in_force.select_for_update(of=("self",)).first()
    if stop is None:
        raise Stale("Automatic merging is not stopped, or somebody has just resumed it.")
    if stop_id not in (None, stop.pk):
        raise Stale(
            f"That stop has ended, and a later one ({stop.pk}) is in force. Look at it first."
        )
    if stop.undoing():
        raise Stale("The doubtful merges are still being undone. Resume when that is done.")
    stop.resumed_at, stop.resumed_by, stop.comment = timezone.now(), account(actor), comment
    stop.save(update_fields=["resumed_at", "resumed_by", "comment"])
    return stop


@transaction.atomic
def undo_doubtful(stop: AutoMergeStop, *, actor: User) -> BulkRun:
    """Return a run that undoes the merges since the last good audit, or the one that is at it.

    A merge that later decisions depend on stays; asking again later also undoes what was left.
    Raises Forbidden, or Stale once automatic merging is resumed.
    """
    require(actor, UNDO_DECISION, "undo decisions")
    stop = AutoMergeStop.objects.select_for_update(of=("self",)).get(pk=stop.pk)
    if stop.resumed_at is not None:
        raise Stale(
            f"{stop.resumed_by} resumed automatic merging at {stop.resumed_at:%Y-%m-%d %H:%M} UTC, "
            "so no merges are doubtful any more. Undo single decisions instead."
        )
    doubtful = merges_since_last_good_audit(stop.model_version)
    return stop.undoing() or queue_undo(actor, doubtful, stop=stop, comment=AFTER_STOP)


def _tell_leads(stop: AutoMergeStop) -> None:
    """Mail everybody who may resume it and has an address. Log a failing mail server."""
    leads = get_user_model()._default_manager.with_perm(
        RESUME_AUTO_MERGE, backend="django.contrib.auth.backends.ModelBackend"
    )
    addresses = sorted({lead.email for lead in leads if lead.email})
    if not addresses:
        logger.warning("Nobody who may resume automatic merging has an e-mail address.")
        return
    try:
        send_mail(
            subject="Automatic merging was stopped",
            message=f"{stop.reason}\n\nIn the admin, “Auto-merge pauses” lists what was merged "
            "since the last good audit, with a button that undoes it.",
            from_email=None,
            recipient_list=addresses,
        )
    except OSError:
        logger.exception("The leads could not be mailed that automatic merging was stopped.")
