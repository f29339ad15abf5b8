"""Stop automatic merging when the audit finds too many errors; notify the leads; resume."""

import logging
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from insights.audit.precision import measured_precision
from insights.jobs.locks import wait_for_turn
from insights.models import AutoMergeStop, Notice
from insights.permissions import RESUME_AUTO_MERGE, Actor
from insights.registry import stop_advisers
from insights.review.actions.base import require
from insights.review.errors import Stale
from insights.webhooks.notify import notify

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Advice:
    """A step to consider before automatic merging is resumed; `url` leads to it in the admin."""

    sentence: str
    url: str = ""


def advice_on(stop: AutoMergeStop) -> list[Advice]:
    found = [adviser(stop) for adviser in stop_advisers]
    return [advice for advice in found if advice is not None]


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
        f"{measured.precision:.1%}, surely (95 %) at most {measured.high:.1%}. "
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


def resume(*, actor: Actor, comment: str = "", stop_id: UUID | None = None) -> AutoMergeStop:
    """Resume automatic merging; the measurement starts afresh.

    `stop_id` is the stop that was displayed, so that nobody ends a later one unseen. Raises
    Forbidden or Stale.
    """
    require(actor, RESUME_AUTO_MERGE, "resume automatic merging")
    stop = stop_in_force()
    if stop is None:
        raise Stale("Automatic merging is not stopped, or somebody has just resumed it.")
    if stop_id not in (None, stop.pk):
        raise Stale(
            f"That stop has ended, and a later one ({stop.pk}) is in force. Look at it first."
        )
    if stop.is_undoing:
        raise Stale("The doubtful merges are still being undone. Resume when that is done.")
    # Only the stop as it was displayed: its merges may have begun to be undone in between.
    unchanged = AutoMergeStop.objects.filter(
        pk=stop.pk,
        resumed_at__isnull=True,
        undo_asked_at=stop.undo_asked_at,
        undo_finished_at=stop.undo_finished_at,
    )
    if not unchanged.update(resumed_at=timezone.now(), resumed_by=actor, comment=comment):
        raise Stale("Somebody has just resumed it, or is undoing its merges. Look at it again.")
    stop.refresh_from_db()
    return stop


def _tell_leads(stop: AutoMergeStop) -> None:
    """Mail everybody who may resume it and has an address. Log a failing mail server."""
    leads = get_user_model()._default_manager.with_perm(
        RESUME_AUTO_MERGE, backend="django.contrib.auth.backends.ModelBackend"
    )
    addresses = sorted({lead.email for lead in leads if lead.email})
    if not addresses:
        logger.warning("Nobody who may resume automatic merging has an e-mail address.")
        return
    paragraphs = [
        stop.reason,
        (
            "In the admin, “Auto-merge pauses” lists what was merged since the last good "
            "audit, with a button that undoes it."
        ),
        *(advice.sentence for advice in advice_on(stop)),
    ]
    try:
        send_mail(
            subject="Automatic merging was stopped",
            message="\n\n".join(paragraphs),
            from_email=None,
            recipient_list=addresses,
        )
    except OSError:
        logger.exception("The leads could not be mailed that automatic merging was stopped.")
