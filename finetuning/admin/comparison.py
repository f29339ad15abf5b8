"""Versions of all backends side by side, and a replacement from the same decisions."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from finetuning.errors import FineTuningError
from finetuning.evaluation.side_by_side import Comparison, Row, side_by_side
from finetuning.lifecycle.start import train_replacement
from finetuning.models import Backend, DeduplicationModel, ModelStatus
from finetuning.permissions import ADD_MODEL
from insights.admin.kit import display
from insights.admin.kit.base import PageAdmin, View, posting
from insights.admin.kit.charts import Lines, Panel

OFFERED = 20
MOST = 6  # lines that a chart can tell apart


class ComparisonPages(PageAdmin[DeduplicationModel]):
    def comparison_views(self) -> dict[str, View]:
        return {
            "side-by-side/": self.side_by_side,
            "side-by-side/ask/": self.side_by_side_ask,
            "<uuid:pk>/replace/": self.replace,
        }

    def side_by_side(self, request: HttpRequest) -> HttpResponse:
        """Show what is known already; this asks no provider and costs nothing."""
        if not self.has_view_permission(request):
            raise PermissionDenied("You may not view deduplication models.")
        return self._compare(request, request.GET.getlist("model"), ask=False)

    @posting(ADD_MODEL, "ask a provider about held-out pairs")
    def side_by_side_ask(self, request: HttpRequest) -> HttpResponse:
        return self._compare(request, request.POST.getlist("model"), ask=True)

    def _compare(self, request: HttpRequest, asked: list[str], *, ask: bool) -> HttpResponse:
        versions = list(
            DeduplicationModel.objects.filter(
                status=ModelStatus.SUCCEEDED, training_file__isnull=False
            ).order_by("-version")[:OFFERED]
        )
        chosen = [one for one in versions if str(one.pk) in asked][:MOST] or versions[:MOST]
        found, problem = None, ""
        try:
            found = side_by_side(chosen, ask=ask)
        except FineTuningError as error:
            problem = str(error)
        return self.render(
            request,
            "admin/finetuning/side_by_side.html",
            title="Versions side by side",
            versions=versions,
            chosen=chosen,
            most=MOST,
            found=found,
            problem=problem,
            panel=_calibration(found.rows) if found else None,
            unasked=_unasked(found),
            may_ask=request.user.has_perm(ADD_MODEL),
            here=reverse("admin:finetuning_deduplicationmodel_side_by_side"),
        )

    @posting(ADD_MODEL, "train a replacement")
    def replace(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Ask first, offering the backends that can be used here; replace on the second POST."""
        model = self.find(request, pk)
        backends = [Backend.LOCAL]
        if settings.OPENAI_API_KEY:
            backends += [Backend.OPENAI, Backend.ZERO_SHOT]
        backend = request.POST.get("backend", "")
        if backend not in backends:
            return self.render(
                request,
                "admin/finetuning/replace.html",
                title=f"Replace {model}?",
                model=model,
                backends=backends,
            )
        try:
            new = train_replacement(model, backend=backend, created_by=request.user)
        except FineTuningError as error:
            messages.error(request, str(error))
            return redirect(display.url_of(model))
        messages.success(
            request, f"{new} is trained on the decisions of {model}. Activate it when it is good."
        )
        return redirect(display.url_of(new))


def _unasked(found: Comparison | None) -> int:
    return sum(row.unasked for row in found.rows) if found else 0


def _calibration(rows: list[Row]) -> Panel | None:
    series = [
        (
            str(row.model),
            [
                (one.mean_predicted, one.observed)
                for one in row.evaluation.reliability
                if one.count and one.mean_predicted is not None and one.observed is not None
            ],
        )
        for row in rows
        if row.evaluation is not None
    ]
    if not series:
        return None
    return Panel(
        title="Can you trust the probabilities?",
        chart=Lines(
            "Reliability on the same held-out decisions",
            "predicted",
            "observed",
            series,
            diagonal=True,
        ),
    )
