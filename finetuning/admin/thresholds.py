"""Move the thresholds or choose another version: first what would change, then apply, then undo."""

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

from finetuning.admin.threshold_rows import LISTED, cluster_rows, drawn, flip_rows, panels
from finetuning.errors import FineTuningError, StaleThresholds
from finetuning.models import AutoMergeProof, DeduplicationModel, ModelStatus, ThresholdChange
from finetuning.permissions import CHANGE_MODEL, VIEW_PREDICTION
from finetuning.thresholds.changes import (
    Proposal,
    as_it_is,
    change_thresholds,
    undo_change,
    why_not_undo,
)
from finetuning.thresholds.histogram import histogram_of
from finetuning.thresholds.preview import Preview, preview
from finetuning.trust.quality import quality
from finetuning.trust.rules import Trust
from insights.admin.kit.base import PageAdmin, View, posting
from insights.admin.review.base import is_fragment
from insights.audit.stop import stop_in_force
from insights.ids import as_uuid
from insights.jobs.slots import heavy_work
from insights.permissions import VIEW_CLUSTER, VIEW_INSIGHT

PAGE = "admin:finetuning_deduplicationmodel_thresholds"
VERSIONS = 50
HISTORY = 10


class ThresholdForm(forms.Form):
    """The proposed settings. Impossible values are refused by the proposal, as in the API."""

    auto_merge_confidence = forms.FloatField(
        label="Auto-merge above",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    cluster_out_confidence = forms.FloatField(
        label="Never group pairs below",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )

    auto_merge_proof = forms.ChoiceField(
        label="Evidence an automatic merge needs", choices=AutoMergeProof.choices
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cluster_out_confidence"].widget.attrs["data-most"] = (
            settings.CLUSTER_IN_CONFIDENCE
        )


class ThresholdPages(PageAdmin[DeduplicationModel]):
    def threshold_views(self) -> dict[str, View]:
        return {
            "thresholds/": self.thresholds,
            "thresholds/apply/": self.apply_thresholds,
            "thresholds/<uuid:pk>/undo/": self.undo_thresholds,
        }

    def thresholds(self, request: HttpRequest) -> HttpResponse:
        """Show the preview for a plain GET form; change nothing."""
        if not self.has_view_permission(request):
            raise PermissionDenied("You may not view deduplication models.")
        return self._show(request, request.GET)

    @posting(CHANGE_MODEL, "change the thresholds")
    def apply_thresholds(self, request: HttpRequest) -> HttpResponse:
        """Ask first, showing everything that would be changed; apply on the second POST."""
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

    @posting(CHANGE_MODEL, "undo a change of the thresholds")
    def undo_thresholds(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        try:
            change = undo_change(pk, actor=request.user)
        except FineTuningError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"Undone: {'; '.join(change.sentences())}.")
        return redirect(PAGE)

    def _looked_at(
        self, fields: Any
    ) -> tuple[DeduplicationModel | None, ThresholdForm | None, Preview | None, str]:
        """Return the requested version, the form, and the preview or the reason for none."""
        succeeded = DeduplicationModel.objects.filter(status=ModelStatus.SUCCEEDED)
        asked = fields.get("model", "")
        if asked:
            pk = as_uuid(asked)
            model = succeeded.filter(pk=pk).first() if pk else None
        else:
            model = succeeded.order_by("-is_active", "-version").first()
        if model is None:
            return None, None, None, "There is no such version, or it failed." if asked else ""
        held = as_it_is(model)
        initial = {name: getattr(held, name) for name in ThresholdForm.base_fields}
        form = ThresholdForm({name: fields.get(name, value) for name, value in initial.items()})
        if not form.is_valid():
            return model, form, None, ""
        try:
            with heavy_work():
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
            panels=panels(found) if found else [],
            quality=quality(model).sentences() if model else [],
            histogram=drawn(histogram_of(model)) if model and not is_fragment(request) else None,
            most=settings.CLUSTER_IN_CONFIDENCE,
            bars=list(Trust(model).bars.items()) if model and found else [],
            gained=flip_rows(found.merges.gained) if found else [],
            lost=flip_rows(found.merges.lost) if found else [],
            listed=LISTED,
            same_version=bool(found and found.today and found.today.model == model),
            cluster_changes=cluster_rows(found) if found else [],
            may_see_pairs=request.user.has_perms([VIEW_INSIGHT, VIEW_PREDICTION]),
            may_see_clusters=request.user.has_perms([VIEW_INSIGHT, VIEW_CLUSTER]),
            can_change=request.user.has_perm(CHANGE_MODEL),
            changes=changes,
            stop=stop_in_force(),
        )


def _url(proposed: Proposal) -> str:
    query = {
        "model": str(proposed.model.pk),
        "auto_merge_confidence": str(proposed.auto_merge_confidence),
        "cluster_out_confidence": str(proposed.cluster_out_confidence),
        "auto_merge_proof": proposed.auto_merge_proof,
    }
    return f"{reverse(PAGE)}?{urlencode(query)}"


def _history() -> list[tuple[ThresholdChange, str]]:
    """Return the last changes, each with why it cannot be undone; empty if it can."""
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
