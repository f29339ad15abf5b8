"""Each person's choice of e-mail notices."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from insights.admin.review.base import allowed
from insights.admin.settings.page import render
from insights.models import ReviewerSettings
from insights.permissions import VIEW_INSIGHT, StaffRequest
from insights.webhooks.messages import ABOUT


class NoticeForm(forms.Form):
    email = forms.EmailField(required=False, label="Your e-mail address")
    notices = forms.MultipleChoiceField(
        choices=list(ABOUT.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Send me",
    )


@allowed(VIEW_INSIGHT, "GET", "POST")
def notices(request: StaffRequest) -> HttpResponse:
    """Show and store this person's choice; webhooks have their own."""
    chosen, _ = ReviewerSettings.objects.get_or_create(user=request.user)
    initial = {"email": request.user.email, "notices": chosen.notices}
    form = NoticeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        request.user.email = form.cleaned_data["email"]
        request.user.save(update_fields=["email"])
        chosen.notices = form.cleaned_data["notices"]
        chosen.save(update_fields=["notices"])
        messages.success(request, "Saved.")
        return redirect("admin:notices")
    can_mail = bool(settings.EMAIL_HOST)
    return render(request, "notices.html", title="Notices", form=form, can_mail=can_mail)
