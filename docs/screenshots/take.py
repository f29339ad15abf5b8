"""Take a picture of each page: light and dark, desktop and phone. Run it as `make screenshots`.

It looks at the database of the demo, to which it adds a week's work once (week.py); what it leases,
it gives back.
"""

import os
import shutil
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db.models import QuerySet  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.testcases import LiveServerThread  # noqa: E402
from django.urls import reverse  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402

from docs.screenshots import week  # noqa: E402
from finetuning.models import DeduplicationModel, RetrainingRun  # noqa: E402
from insights.admin.kit.display import url_of  # noqa: E402
from insights.embedding.map import draw_map  # noqa: E402
from insights.models import (  # noqa: E402
    AuditItem,
    Cluster,
    ClusteringRun,
    DecisionKind,
    Insight,
    MergeDecision,
    Source,
)

SIZES = {"desktop": {"width": 1280, "height": 860}, "phone": {"width": 360, "height": 740}}
COLOURS = 128


def pages() -> dict[str, str]:
    open_ones = Cluster.objects.filter(status="open")
    item = open_ones.filter(has_near_miss=True, size__gt=2).order_by("-priority").first()
    item = item or open_ones.order_by("-priority").first()
    merge = (
        MergeDecision.objects.filter(kind=DecisionKind.APPROVED, undone_at=None)
        .order_by("decided_at")
        .first()
    )
    found: dict[str, str] = {
        "dashboard": reverse("admin:index"),
        "review": reverse("admin:review"),
        "contradictions": reverse("admin:review_contradictions"),
        "batch": reverse("admin:review_batch") + "?probability=0.9",
        "keys": reverse("admin:review_keys"),
        "clusters": reverse("admin:insights_cluster_changelist"),
        "thresholds": reverse("admin:finetuning_deduplicationmodel_thresholds")
        + "?auto_merge_confidence=0.93&cluster_out_confidence=0.8",
        "upload": reverse("admin:insights_source_add"),
        "audit-list": reverse("admin:insights_audititem_changelist"),
        "insights": reverse("admin:insights_insight_changelist"),
        "map": reverse("admin:insights_insight_map"),
        "source": _page(Source.objects.order_by("name")),
        "models": reverse("admin:finetuning_deduplicationmodel_changelist"),
        "model": _page(DeduplicationModel.objects.filter(is_active=True)),
        "retraining": _page(RetrainingRun.objects.order_by("-started_at")),
        "runs": reverse("admin:insights_processingrun_changelist"),
        "merged": reverse("admin:review_merged"),
        "settings": reverse("admin:settings"),
        "people": reverse("admin:people"),
        "webhooks": reverse("admin:webhooks"),
        "schedules": reverse("admin:schedules"),
        "health": reverse("admin:health"),
        "notices": reverse("admin:notices"),
        "clustering": _page(ClusteringRun.objects.order_by("-started_at")),
    }
    if item:
        found["decision"] = reverse("admin:review_item", args=[item.pk])
    if audit := AuditItem.objects.filter(verdict="").order_by("drawn_at", "pk").first():
        found["audit"] = reverse("admin:review_audit_item", args=[audit.pk])
    if merge:
        found["unmerge"] = reverse("admin:review_unmerge", args=[merge.pk])
        found["receipt"] = reverse("admin:insights_mergedecision_change", args=[merge.pk])
        found["insight"] = reverse("admin:insights_insight_change", args=[merge.canonical_id])
    return {name: path for name, path in found.items() if path}


def _page(rows: QuerySet[Any]) -> str:
    first = rows.first()
    return url_of(first) if first else ""


def take(page: Page, address: str, name: str) -> None:
    page.goto(address, wait_until="networkidle")
    taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
    # A page has few colours: with a palette it takes a third of the room, and looks the same.
    palette = taken.quantize(COLOURS, dither=Image.Dither.NONE)
    palette.save(HERE / f"{name}.png", optimize=True)


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    user = get_user_model().objects.filter(username="demo").first()
    if chromium is None or user is None or not Insight.objects.exists():
        sys.exit("This needs chromium (apt-get install chromium) and the data of `make demo`.")
    call_command("seed_schedules", verbosity=0)
    week.work(user)
    draw_map()
    client = Client()
    client.force_login(user)
    middleware = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    with override_settings(MIDDLEWARE=middleware, ALLOWED_HOSTS=["localhost"]):
        server = LiveServerThread("localhost", StaticFilesHandler)
        server.daemon = True
        server.start()
        server.is_ready.wait()
    address = f"http://localhost:{server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            for size, viewport in SIZES.items():
                context = browser.new_context(viewport=viewport, color_scheme=scheme)
                context.add_cookies(
                    [
                        {
                            "name": settings.SESSION_COOKIE_NAME,
                            "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                            "url": address,
                        }
                    ]
                )
                page = context.new_page()
                with week.stopped() as path:
                    take(page, address + path, f"stop-{size}-{scheme}")
                for name, path in pages().items():
                    take(page, address + path, f"{name}-{size}-{scheme}")
                context.close()
        browser.close()
    Cluster.objects.filter(held_by=user).update(held_by=None, held_until=None)
    server.terminate()


if __name__ == "__main__":
    main()
