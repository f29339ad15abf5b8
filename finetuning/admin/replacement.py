"""A replacement of a version: another backend, trained on the same decisions."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from finetuning.errors import FineTuningError
from finetuning.lifecycle.start import train_replacement
from finetuning.models import Backend, DeduplicationModel
from finetuning.permissions import ADD_MODEL
from insights.admin.kit import display
from insights.admin.kit.base import PageAdmin, posting


class ReplacementPage(PageAdmin[DeduplicationModel]):
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
