"""Run a year week by week: retrain, ingest, cluster, review, audit, stop, resume.

time-machine fakes the clock for the whole process, so the application knows nothing of it. There is
no worker: scheduled tasks are called here, at the hour at which they would start.
"""

import csv
import io
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test.utils import override_settings
from django.utils import timezone

from benchmarks.year import oracle
from benchmarks.year.batches import Batches
from benchmarks.year.lead import safer_threshold
from benchmarks.year.people import Auditor, Notebook, SlippingReviewer
from finetuning import tasks as learning
from finetuning.models import DeduplicationModel, RetrainingOutcome, RetrainingRun
from finetuning.thresholds.changes import as_it_is, change_thresholds
from insights import tasks
from insights.audit.precision import measured_precision, merging_version
from insights.audit.sampling import model_merges
from insights.audit.stop import resume, stop_in_force, undo_doubtful
from insights.ingest.readers import read_source
from insights.ingest.sources import queue_processing, register
from insights.models import (
    Insight,
    InsightOrigin,
    MemberRole,
    Notice,
    Webhook,
    WebhookDelivery,
)
from insights.review.bulk import work

START = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday
ROUNDS = 3  # clustering runs in a week, as long as people's decisions bring new proposals
SECOND_THOUGHTS_EVERY = 10  # weeks


@dataclass
class Week:
    """One week's events; `precision` is the audit's, `truly_right` uses the gold labels."""

    number: int
    monday: date
    active: str = ""
    gate: str = ""
    reason: str = ""
    statements: int = 0
    duplicates: int = 0
    merged: int = 0
    truly_right: int = 0
    near_misses: int = 0
    coverage: float | None = None
    decisions: int = 0
    found_wrong: int = 0
    audited: int = 0
    precision: float | None = None
    low: float = 0.0
    high: float = 1.0
    stopped: str = ""
    undone: int = 0
    resumed: bool = False
    raised_to: float | None = None
    is_stopped: bool = False


@dataclass
class Year:
    """The simulation; `error_rate` is the share of clusters that the reviewer decides wrongly."""

    weeks: int = 52
    seed: int = 1
    per_week: int = 30
    drift_week: int = 27
    error_rate: float = 0.02
    say: Callable[[str], None] = field(default=lambda line: None)

    def __post_init__(self) -> None:
        self.batches = Batches(seed=self.seed, size=self.per_week, drift_week=self.drift_week)
        self.notebook = Notebook()
        self.report: list[Week] = []

    def run(self) -> dict[str, Any]:
        """Return the report as plain JSON. Raises InvariantBroken."""
        with ExitStack() as stack:
            stack.enter_context(
                override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend")
            )
            self.clock = stack.enter_context(time_machine.travel(START))
            self._people()
            for number in range(1, self.weeks + 1):
                self._week(number)
        return {
            "seed": self.seed,
            "drift_week": self.drift_week,
            "weeks": [asdict(week) | {"monday": str(week.monday)} for week in self.report],
            "lost": oracle.nothing_was_lost(self.notebook),
            "held_out": oracle.held_out_stayed_out(),
            "stops_told": WebhookDelivery.objects.filter(notice=Notice.AUTO_MERGE_STOPPED).count(),
        }

    def _people(self) -> None:
        reviewer, auditor, self.lead = (
            self._person(name, role)
            for name, role in (("reviewer", "Reviewer"), ("auditor", "Reviewer"), ("lead", "Lead"))
        )
        self.reviewer = SlippingReviewer(
            self.batches,
            reviewer,
            notebook=self.notebook,
            error_rate=self.error_rate,
            random=Random(self.seed),  # noqa: S311 - a simulation, not a secret
        )
        self.auditor = Auditor(self.batches, auditor, notebook=self.notebook)
        Webhook.objects.create(
            url="https://example.org/simulated", notices=[Notice.AUTO_MERGE_STOPPED]
        )

    def _person(self, name: str, role: str) -> Any:
        user = get_user_model().objects.create(
            username=f"simulated-{name}", email=f"{name}@example.org", is_staff=True
        )
        user.groups.add(Group.objects.get(name=role))
        return user

    def _week(self, number: int) -> None:
        week = Week(number, (START + timedelta(weeks=number - 1)).date())
        self.report.append(week)
        self._at(week, hour=3)
        self._retrain(week)
        self._at(week, hour=10)
        since = timezone.now()
        self._ingest(week)
        self._at(week, day=1, hour=10)
        self._review(week)
        self._at(week, day=3, hour=10)
        self._measure(week, since)
        self._audit(week)
        self.say(_line(week))

    def _at(self, week: Week, *, day: int = 0, hour: int) -> None:
        self.clock.move_to(START + timedelta(weeks=week.number - 1, days=day, hours=hour))

    def _retrain(self, week: Week) -> None:
        learning.retrain()
        run = RetrainingRun.objects.latest("started_at")
        week.gate, week.reason = run.outcome or run.status, run.reason or run.error
        active = DeduplicationModel.objects.active()
        week.active = str(active) if active else ""
        if run.outcome == RetrainingOutcome.ACTIVATED and stop_in_force():
            resume(actor=self.lead, comment=f"{active} has learned from what was found wrong.")
            week.resumed = True
        elif run.outcome == RetrainingOutcome.KEPT:
            self._raise_threshold(week)
        week.is_stopped = stop_in_force() is not None

    def _raise_threshold(self, week: Week) -> None:
        """Raise the threshold to a safer one, if no newer version has passed."""
        stop = stop_in_force()
        if stop is None or (safer := safer_threshold(stop)) is None:
            return
        model, threshold = safer
        proposal = replace(as_it_is(model), auto_merge_confidence=threshold)
        change_thresholds(proposal, actor=self.lead, comment="Safer by what people judged.")
        resume(actor=self.lead, comment=f"Merges from {threshold:g} on.")
        week.resumed, week.raised_to = True, threshold

    def _ingest(self, week: Week) -> None:
        statements = self.batches.draw(week.number)
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(["insight"])
        rows.writerows([statement] for statement in statements)
        data = text.getvalue().encode()
        name = f"week-{week.number:02}.csv"
        source, _ = register(name, data, read_source(name, data))
        tasks.process_source(str(queue_processing(source).pk))
        week.statements = len(statements)

    def _review(self, week: Week) -> None:
        before = len(self.notebook.said)
        for _ in range(ROUNDS):
            tasks.cluster_new()
            if not self.reviewer.review():
                break
        if week.number % SECOND_THOUGHTS_EVERY == 0:
            self.reviewer.take_back_the_last()
        week.decisions = len(self.notebook.said) - before

    def _measure(self, week: Week, since: datetime) -> None:
        """Compare this week's merges that nobody has undone with the gold labels."""
        cluster_of, family_of = self.batches.cluster_of, self.batches.family_of
        merged: dict[str, bool] = {}
        merges = model_merges().filter(decided_at__gte=since).prefetch_related("members__insight")
        for merge in merges:
            digests = {member.role: member.insight.content_hash for member in merge.members.all()}
            one, other = (cluster_of[digest] for digest in digests.values())
            merged[digests[MemberRole.MERGED]] = one == other
            near = family_of.get(one, one) == family_of.get(other, other)
            week.near_misses += one != other and near
        week.merged, week.truly_right = len(merged), sum(merged.values())
        known: set[str] = set()
        due: set[str] = set()
        rows = Insight.objects.filter(origin=InsightOrigin.EXTRACTED).order_by("created_at", "pk")
        for digest, created_at in rows.values_list("content_hash", "created_at"):
            if created_at >= since and cluster_of[digest] in known:
                due.add(digest)
            known.add(cluster_of[digest])
        week.duplicates = len(due)
        if due:
            week.coverage = sum(merged.get(digest, False) for digest in due) / len(due)

    def _audit(self, week: Week) -> None:
        was_stopped = week.is_stopped
        tasks.draw_audit()
        week.found_wrong = self.auditor.answer_all()
        measured = measured_precision(merging_version())
        week.audited, week.precision = measured.audited, measured.precision
        week.low, week.high = measured.low, measured.high
        stop = stop_in_force()
        if stop is not None and not was_stopped:
            week.stopped, week.is_stopped = stop.reason, True
            week.undone = work(undo_doubtful(stop, actor=self.lead)).counts.get("decided", 0)


def _line(week: Week) -> str:
    precision = "–" if week.precision is None else f"{week.precision:.3f} of {week.audited}"
    coverage = "–" if week.coverage is None else f"{week.coverage:.0%}"
    return (
        f"{week.number:3} {week.monday}  {week.gate:11} {week.active or 'no model':20} "
        f"merged {week.merged:3} ({week.merged - week.truly_right} wrong)  coverage {coverage:4}  "
        f"decided {week.decisions:3}  audit {precision}"
        + (f"  STOPPED, {week.undone} undone" if week.stopped else "")
        + ("  resumed" if week.resumed else "")
        + (f" from {week.raised_to:g} on" if week.raised_to else "")
    )
