"""From which confidence a model merges without a person: changed by a form, kept as an event."""

from typing import Any

from django import forms
from django.db import transaction

from finetuning.models import DeduplicationModel
from finetuning.transitions import record


class ConfidenceForm(forms.Form):
    auto_merge_confidence = forms.FloatField(
        min_value=0.5,
        max_value=1.0,
        label="Merge without a person from this confidence on",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
        error_messages={
            "min_value": "Choose a confidence from 0.50 to 1.00.",
            "max_value": "Choose a confidence from 0.50 to 1.00.",
        },
    )


@transaction.atomic
def set_auto_merge_confidence(
    model: DeduplicationModel, value: float, *, actor: Any
) -> DeduplicationModel:
    model = DeduplicationModel.objects.select_for_update(of=("self",)).get(pk=model.pk)
    before = model.auto_merge_confidence
    if value != before:
        model.auto_merge_confidence = value
        model.save(update_fields=["auto_merge_confidence"])
        record(
            model,
            f"The auto-merge confidence was changed from {before:.2f} to {value:.2f}.",
            data={"before": before, "after": value},
            actor=actor,
        )
    return model
