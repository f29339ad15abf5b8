"""Webhooks: add one, send it a test, see the outcome of the last deliveries."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from insights.admin.review.base import allowed
from insights.admin.settings.page import render
from insights.models import BodyFormat, Webhook, WebhookDelivery
from insights.webhooks.messages import ABOUT
from insights.webhooks.notify import send_test

LISTED = 10


class WebhookForm(forms.Form):
    url = forms.URLField(max_length=500, label="Address", assume_scheme="https")
    body_format = forms.ChoiceField(
        choices=BodyFormat.choices, initial=BodyFormat.JSON, label="What is sent"
    )
    notices = forms.MultipleChoiceField(
        choices=list(ABOUT.items()),
        initial=list(ABOUT),
        widget=forms.CheckboxSelectMultiple,
        label="Events",
    )

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if not url.startswith(("https://", "http://")):
            raise forms.ValidationError("The address starts with https:// or http://.")
        return url


@allowed("insights.view_webhook", "GET", "POST")
def webhooks(request: HttpRequest) -> HttpResponse:
    """List the webhooks with their last deliveries; a POST adds one and shows its secret once."""
    can_add = request.user.has_perm("insights.add_webhook")
    form = WebhookForm(request.POST if request.method == "POST" else None)
    added = None
    if request.method == "POST":
        if not can_add:
            raise PermissionDenied("You may not add webhooks. Ask an administrator.")
        if form.is_valid():
            url = form.cleaned_data.pop("url")
            added, is_new = Webhook.objects.get_or_create(url=url, defaults=form.cleaned_data)
            if is_new:
                form = WebhookForm()
            else:
                form.add_error("url", "There is already a webhook with this address.")
                added = None
    newest = WebhookDelivery.objects.order_by("webhook_id", "-created_at").distinct("webhook_id")
    rows = Webhook.objects.prefetch_related(Prefetch("deliveries", newest, to_attr="last"))
    return render(
        request,
        "webhooks.html",
        title="Webhooks",
        rows=[(one, one.last[0] if one.last else None) for one in rows.order_by("url")],
        deliveries=WebhookDelivery.objects.select_related("webhook").defer("webhook__secret")[
            :LISTED
        ],
        about=dict(ABOUT),
        form=form,
        added=added,
        can_add=can_add,
        can_change=request.user.has_perm("insights.change_webhook"),
        can_delete=request.user.has_perm("insights.delete_webhook"),
    )


@allowed("insights.change_webhook", "POST")
def change_webhook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Switch it on or off, or delete it together with the log of its deliveries."""
    webhook = get_object_or_404(Webhook, pk=pk)
    if "delete" in request.POST:
        if not request.user.has_perm("insights.delete_webhook"):
            raise PermissionDenied("You may not delete webhooks. Ask an administrator.")
        webhook.delete()
        messages.success(request, f"{webhook} is deleted.")
    else:
        webhook.is_active = request.POST.get("active") == "on"
        webhook.save(update_fields=["is_active"])
        messages.success(request, f"{webhook} is {'on' if webhook.is_active else 'off'}.")
    return redirect("admin:webhooks")


@allowed("insights.change_webhook", "POST")
def test_webhook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send a test now and say what the receiver answered."""
    webhook = get_object_or_404(Webhook, pk=pk)
    delivery = send_test(webhook)
    if delivery.error:
        messages.error(request, f"The test did not arrive at {webhook}: {delivery.error}")
    else:
        messages.success(
            request, f"The test arrived: {webhook} answered {delivery.response_status}."
        )
    return redirect("admin:webhooks")
