"""Move the thresholds or choose another version: first what would change, then apply, then undo."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from finetuning.errors import FineTuningError, StaleThresholds
from finetuning.models import DeduplicationModel, ModelStatus, ThresholdChange
from finetuning.thresholds.changes import (
    Proposal,
    as_it_is,
    change_thresholds,
    undo_change,
    why_not_undo,
)
from finetuning.thresholds.held_out import HeldOut, Measured, StoredCurve
from finetuning.thresholds.merges import Flip
from finetuning.thresholds.preview import Preview, preview
from insights.admin.base import PageAdmin, posting
from insights.admin.dashboard.charts import Lines, Panel
from insights.admin.review.marks import Mark, against
from insights.audit.stop import stop_in_force

CHANGE = "finetuning.change_deduplicationmodel"
PAGE = "admin:finetuning_deduplicationmodel_thresholds"
VERSIONS = 50
LISTED = 50  # of each list; the sentence above it has the whole number
HISTORY = 10


class ThresholdForm(forms.Form):
    """Values that cannot be are refused by the proposal itself, as in the API."""

    auto_merge_confidence = forms.FloatField(
        label="Merge without a person from this confidence on",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    cluster_out_confidence = forms.FloatField(
        label="In clustering, keep pairs under this probability apart",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cluster_out_confidence"].widget.attrs["data-most"] = (
            settings.CLUSTER_IN_CONFIDENCE
        )


@dataclass(frozen=True)
class FlipRow:
    flip: Flip
    marks: list[Mark]


@dataclass(frozen=True)
class ClusterRow:
    """`clusters`: those open ones of which the pieces come; none for a new one."""

    fate: str
    clusters: list[UUID]
    pieces: list[list[tuple[UUID, str]]]


class ThresholdPages(PageAdmin):
    def threshold_views(self) -> dict[str, Any]:
        return {
            "thresholds/": self.thresholds,
            "thresholds/apply/": self.apply_thresholds,
            "thresholds/<uuid:pk>/undo/": self.undo_thresholds,
        }

    def thresholds(self, request: HttpRequest) -> HttpResponse:
        """A plain GET form; nothing is changed here."""
        if not self.has_view_permission(request):
            raise PermissionDenied("You may not look at deduplication models.")
        return self._show(request, request.GET)

    @posting(CHANGE, "move the thresholds")
    def apply_thresholds(self, request: HttpRequest) -> HttpResponse:
        """Twice: the first time asks, with everything that would be changed."""
        *_, found, _ = self._looked_at(request.POST)
        if found is None or not found.is_change:
            return self._show(request, request.POST)
        proposed = found.proposed
        if request.POST.get("confirmed") != "yes":
            return self.render(
                request,
                "admin/finetuning/thresholds_apply.html",
                title="Apply this?",
                preview=found,
                seen=request.POST.get("seen", ""),
                floor=settings.AUTO_MERGE_CONFIDENCE,
                back=_url(proposed),
            )
        try:
            change = change_thresholds(
                proposed,
                actor=request.user,
                seen=request.POST.get("seen", ""),
                activate=True,
                may_go_below_floor=request.POST.get("below_floor") == "yes",
                comment=request.POST.get("comment", "").strip(),
            )
        except FineTuningError as error:
            messages.error(request, str(error))
            stale = isinstance(error, StaleThresholds)
            return self._show(request, request.POST, status=409 if stale else 400)
        if change is not None:
            messages.success(request, f"Applied: {change}. Undo it below.")
        return redirect(PAGE)

    @posting(CHANGE, "undo a change of the thresholds")
    def undo_thresholds(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        try:
            change = undo_change(pk, actor=request.user)
        except FineTuningError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"Undone; now {change}.")
        return redirect(PAGE)

    def _looked_at(
        self, fields: Any
    ) -> tuple[DeduplicationModel | None, ThresholdForm | None, Preview | None, str]:
        """The version that is asked for, the form, and the preview or why there is none."""
        succeeded = DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED)
        asked = fields.get("model", "")
        if asked:
            model = succeeded.filter(pk=asked).first() if _is_uuid(asked) else None
        else:
            model = succeeded.order_by("-is_active", "-version").first()
        if model is None:
            return None, None, None, "There is no such version that has succeeded." if asked else ""
        held = as_it_is(model)
        initial = {name: getattr(held, name) for name in ThresholdForm.base_fields}
        form = ThresholdForm({name: fields.get(name, value) for name, value in initial.items()})
        if not form.is_valid():
            return model, form, None, ""
        try:
            return model, form, preview(Proposal(model, **form.cleaned_data)), ""
        except FineTuningError as error:
            return model, form, None, str(error)

    def _show(self, request: HttpRequest, fields: Any, *, status: int = 200) -> HttpResponse:
        model, form, found, refused = self._looked_at(fields)
        if refused or (form is not None and not form.is_valid()):
            status = 400
        changes = _history()
        return self.render(
            request,
            "admin/finetuning/thresholds.html",
            title="Thresholds",
            status=status,
            model=model,
            form=form,
            preview=found,
            refused=refused,
            versions=DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED)
            .only("version", "backend", "is_active")
            .order_by("-version")[:VERSIONS],
            floor=settings.AUTO_MERGE_CONFIDENCE,
            panels=_panels(found) if found else [],
            gained=_rows(found.merges.gained) if found else [],
            lost=_rows(found.merges.lost) if found else [],
            listed=LISTED,
            same_version=bool(found and found.today and found.today.model == model),
            cluster_changes=_cluster_rows(found) if found else [],
            may_see_pairs=request.user.has_perms(
                ["insights.view_insight", "finetuning.view_modelprediction"]
            ),
            may_see_clusters=request.user.has_perms(
                ["insights.view_insight", "insights.view_cluster"]
            ),
            can_change=request.user.has_perm(CHANGE),
            changes=changes,
            stop=stop_in_force(),
        )


def _url(proposed: Proposal) -> str:
    query = {
        "model": str(proposed.model.pk),
        "auto_merge_confidence": str(proposed.auto_merge_confidence),
        "cluster_out_confidence": str(proposed.cluster_out_confidence),
    }
    return f"{reverse(PAGE)}?{urlencode(query)}"


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _history() -> list[tuple[ThresholdChange, str]]:
    """The last changes, each with why it cannot be undone, empty when it can."""
    rows = list(
        ThresholdChange.objects.select_related(
            "model", "actor", "active_before", "active_after", "undone_by"
        ).defer(
            *(
                f"{model}__{column}"
                for model in ("model", "active_before", "active_after")
                for column in ("parameters", "metrics", "training_stats")
            )
        )[:HISTORY]
    )
    named = {one.model_id for one in rows}
    versions = {
        one.pk: one
        for one in DeduplicationModel.objects.filter(Q(pk__in=named) | Q(is_active=True)).defer(
            "parameters", "metrics", "training_stats"
        )
    }
    return [(one, why_not_undo(one, versions)) for one in rows]


def _rows(flips: Sequence[Flip]) -> list[FlipRow]:
    return [
        FlipRow(one, against(one.older_statement, one.newer_statement, []))
        for one in flips[:LISTED]
    ]


def _cluster_rows(found: Preview) -> list[ClusterRow]:
    """Clusters that become one are one row."""
    text = found.clusters.statement
    rows: dict[Any, list[UUID]] = {}
    for change in found.clusters.changes:
        linked = rows.setdefault((change.fate, change.pieces), [])
        linked += [change.cluster] if change.cluster else []
    return [
        ClusterRow(fate, linked, [[(pk, text[pk]) for pk in piece] for piece in pieces])
        for (fate, pieces), linked in list(rows.items())[:LISTED]
    ]


def _panels(found: Preview) -> list[Panel]:
    """The measures side by side, then a curve for each version with the thresholds on it."""
    compared = [("proposed", found.proposed, found.measured)]
    if found.today is not None and found.is_change:
        compared.insert(0, ("today", found.today, found.measured_today))
    figures = [_figures(held, measured) for _, held, measured in compared]
    table = Panel(
        title="On the held-out decisions",
        columns=[f"{held.model.version}, {when}" for when, held, _ in compared],
        table=[
            (name, [one[row] for one in figures])
            for row, name in enumerate(
                ["merges from", "clusters from", "precision", "coverage", "recall"]
            )
        ],
        sentences=_basis(found.measured),
    )
    own = [("proposed", found.proposed.auto_merge_confidence)]
    if found.today is None or not found.is_change:
        return [table, *_curve(found.proposed.model, found.held_out, own)]
    now = [("today", found.today.auto_merge_confidence)]
    if found.today.model == found.proposed.model:
        return [table, *_curve(found.proposed.model, found.held_out, now + own)]
    assert found.held_out_today is not None  # noqa: S101 - a version decides today
    return [
        table,
        *_curve(found.today.model, found.held_out_today, now),
        *_curve(found.proposed.model, found.held_out, own),
    ]


def _figures(held: Proposal, measured: Measured | None) -> list[str]:
    shares = (
        [measured.precision, measured.coverage, measured.recall] if measured else ["–", "–", "–"]
    )
    return [
        f"{held.auto_merge_confidence:g}",
        f"{held.cluster_out_confidence:g}",
        *map(str, shares),
    ]


def _basis(measured: Measured | None) -> list[str]:
    if measured is None:
        return ["Nothing was measured: no decision is held out, or the version cannot answer."]
    guard = (
        "Pairs that differ in a number, date, unit, version, name or negation count as not merged."
        if measured.is_guarded
        else f"As it was evaluated, at {measured.threshold:g}; without the near-miss guard."
    )
    return [
        f"{measured.coverage.of:,} pairs that no version was trained on.",
        "Precision: how many of the pairs merged without a person people call the same.",
        "Coverage: how many of all pairs are merged so.",
        guard,
    ]


def _curve(
    model: DeduplicationModel,
    held_out: HeldOut | StoredCurve,
    marked: Sequence[tuple[str, float]],
) -> list[Panel]:
    curve = held_out.curve()
    if not curve:
        return []
    series = [
        (
            name,
            [
                (one.threshold, share.value)
                for one in curve
                if (share := getattr(one, name)).value is not None
            ],
        )
        for name in ("precision", "coverage")
    ]
    return [
        Panel(
            title=f"Precision and coverage of {model}",
            chart=Lines(
                f"{model} on held-out decisions, by auto-merge threshold",
                "threshold",
                "share",
                series,
                marked=marked,
                x_from=0.5,
            ),
        )
    ]
