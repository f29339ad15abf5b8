"""A second factor for staff: a code of an authenticator app (TOTP), asked after the password."""

from base64 import b32encode
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django_otp import login as otp_login
from django_otp.plugins.otp_totp.models import TOTPDevice

OPEN = ("/admin/logout/", "/admin/login/", "/static/", "/healthz", "/readyz", "/metrics", "/oidc/")


def ask_for_code(get_response: Callable[[HttpRequest], HttpResponse]) -> object:
    """Lead staff to the code page first, if they set one up or SECOND_FACTOR requires it.

    A token of the API needs no code: it is shown once and can be revoked.
    """

    def checked(request: HttpRequest) -> HttpResponse:
        page = reverse("second_factor")
        if request.path.startswith((page, *OPEN)) or not _lacks_code(request):
            return get_response(request)
        if request.path.startswith("/api/"):
            said = "Log in with the code of your authenticator app first, or send a token."
            body = {"type": "about:blank", "title": "Forbidden", "status": 403}
            return JsonResponse(
                {**body, "code": "second_factor", "detail": said},
                status=403,
                content_type="application/problem+json",
            )
        return redirect(f"{page}?{urlencode({'next': request.get_full_path()})}")

    return checked


@never_cache
@login_required(login_url="/admin/login/")
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the code; without a device yet, show the secret of a new one first."""
    device = TOTPDevice.objects.filter(user=request.user, confirmed=True).first()
    is_new = device is None
    if device is None:
        device, _ = TOTPDevice.objects.get_or_create(
            user=request.user, confirmed=False, defaults={"name": "Authenticator app"}
        )
    wrong = False
    if request.method == "POST":
        if device.verify_token(request.POST.get("code", "").replace(" ", "")):
            device.confirmed = True
            device.save()
            otp_login(request, device)
            return redirect(_next(request))
        wrong = True
    context = {
        **admin.site.each_context(request),
        "title": "Set up the second factor" if is_new else "Enter the code",
        "secret": b32encode(device.bin_key).decode() if is_new else "",
        "address": device.config_url if is_new else "",
        "wrong": wrong,
        "next": _next(request),
    }
    return TemplateResponse(request, "admin/second_factor.html", context)


def _lacks_code(request: HttpRequest) -> bool:
    user: Any = request.user  # with `is_verified`, from OTPMiddleware
    if not (user.is_authenticated and user.is_staff) or user.is_verified():
        return False
    required = settings.SECOND_FACTOR == "required"
    return required or TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def _next(request: HttpRequest) -> str:
    to = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure())
    return to if is_ours else reverse("admin:index")
