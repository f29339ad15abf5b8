"""Servers of OpenAI's protocol: what each one understands, and a test of the connection."""

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from insights.admin.kit.base import PageAdmin, View, posting
from insights.models import ProviderDialect
from insights.openai import ProviderError
from insights.openai.check import check_provider

CHANGE = "insights.change_providerdialect"


@admin.register(ProviderDialect)
class ProviderDialectAdmin(PageAdmin[ProviderDialect]):
    index_order = 225
    nothing_yet = "Every server used so far accepts OpenAI's standard requests."
    change_list_template = "admin/insights/provider_list.html"
    page_template = "admin/insights/provider.html"
    list_display = ("model", "server", "learnt", "updated_at")
    ordering = ("server", "model")

    def views(self) -> dict[str, View]:
        return {"test/": self.test}

    def list_context(self, request: HttpRequest) -> dict[str, object]:
        return {"can_test": bool(settings.OPENAI_API_KEY) and request.user.has_perm(CHANGE)}

    def page(self, request: HttpRequest, record: ProviderDialect) -> dict[str, object]:
        return {"title": str(record), "learnt": record.learnt.items()}

    @posting(CHANGE, "test the connection to the provider")
    def test(self, request: HttpRequest) -> HttpResponse:
        """Ask one small question of each kind, and show the answers."""
        findings, problem = [], ""
        try:
            findings = check_provider()
        except ProviderError as error:
            problem = str(error)
        return self.render(
            request,
            "admin/insights/provider_check.html",
            title="Connection test",
            server=settings.OPENAI_BASE_URL or "OpenAI",
            findings=findings,
            problem=problem,
        )
