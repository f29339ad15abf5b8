"""Every page in four looks and full of hostile text: quiet, harmless, accessible."""

import json

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import IntegrityError, models, transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.test.signals import template_rendered
from django.urls import reverse
from django_celery_beat.models import ClockedSchedule, SolarSchedule

from insights.models import (
    AuditItem,
    BulkRun,
    Cluster,
    ClusterPair,
    Insight,
    MergeDecision,
    Webhook,
)
from insights.review.actions import ApproveCluster
from insights.review.bulk import queue_approval
from tests.admin.world import top_up
from tests.browser.conftest import AXE
from tests.browser.discover import addresses
from tests.browser.hostile import HOSTILE, LONG

pytestmark = pytest.mark.django_db(transaction=True)

SERIOUS = {"serious", "critical"}
LOOKS = [(360, "light"), (360, "dark"), (1280, "dark"), (1280, "light")]  # ends as it began
# Not ours to mend: parts of the templates of Django, django-celery-beat, Swagger and ReDoc.
UPSTREAM = {
    "/admin/auth/": {"aria-prohibited-attr", "label"},
    "/admin/django_celery_beat/": {"label"},
    "/api/": {"color-contrast", "html-has-lang", "nested-interactive", "select-name"},
}
RUN_AXE = """only => axe.run(document, {
  runOnly: only ? {type: 'rule', values: [only]}
    : {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']},
  resultTypes: ['violations']
}).then(found => found.violations.map(one => ({
  id: one.id, impact: one.impact,
  where: one.nodes.map(node => node.target.join(' ') + ': ' + node.failureSummary).slice(0, 3)
})))"""
WIDEST = """[...document.querySelectorAll('body *')]
  .filter(one => one.getBoundingClientRect().right > 361).slice(0, 4)
  .map(one => one.tagName + '.' + one.className + '#' + one.id).join(' ')"""
# Keys, hashes and states: no person and no source writes them.
OURS = ("hash", "fingerprint", "digest", "sha256", "password", "embedding_model", "prefix", "key")


def fill_with_hostile_text():
    """Into each text field of each row that takes it, 5,000 characters in the first one."""
    for model in admin.site._registry:
        if model._meta.app_label not in ("insights", "finetuning"):
            continue
        for field in model._meta.local_fields:
            text = isinstance(field, models.CharField | models.TextField)
            if not text or field.choices or field.unique or field.primary_key or field.generated:
                continue
            if any(word in field.name for word in OURS) or isinstance(field, models.URLField):
                continue
            first = model._default_manager.order_by("pk").values("pk")[:1]
            short = HOSTILE[: field.max_length]
            try:
                with transaction.atomic():
                    model._default_manager.update(**{field.name: short})
                    if field.max_length is None:
                        model._default_manager.filter(pk__in=first).update(**{field.name: LONG})
            except IntegrityError:
                continue  # PostgreSQL itself refuses it there
    User.objects.update(username=Concat("username", Value(HOSTILE[:100])), last_name=HOSTILE[:150])
    Group.objects.update(name=Concat(Value(HOSTILE[:100]), "name"))
    Webhook.objects.update(url=Concat("url", Value(f"?{HOSTILE[:100]}")))
    ClusterPair.objects.update(differences=[HOSTILE])
    MergeDecision.objects.update(evidence={"said": HOSTILE})


@pytest.fixture
def arguments(reviewer, second_reviewer, make_cluster):
    """A row of every model, and what the review's own addresses take."""
    top_up(3, reviewer)
    item = make_cluster(["Churn is 12 %", "Churn is 21 %", "Churn is not"])
    probable = make_cluster(["Sure one", "Sure two"])
    Cluster.objects.filter(pk=probable.pk).update(probability=0.99, has_near_miss=False)
    merge = ApproveCluster(
        cluster_id=make_cluster(["alpha", "beta", "gamma"]).pk, actor=second_reviewer
    ).execute()
    audit = AuditItem.objects.create(decision=merge, week="2026-01-05")
    bulk = queue_approval(reviewer, 0.999)  # ended: one at work reloads its page
    BulkRun.objects.filter(pk=bulk.pk).update(status="succeeded")
    call_command("seed_schedules", verbosity=0)
    ClockedSchedule.objects.create(clocked_time="2026-01-05T00:00Z")
    SolarSchedule.objects.create(event="sunset", latitude=52, longitude=4)
    Group.objects.get_or_create(name="A group")
    # The world writes its rows in bulk: a cluster without members is never on the screen.
    Cluster.objects.filter(members__isnull=True, status="open").update(status="superseded")
    fill_with_hostile_text()
    return {
        "review_item": item.pk,
        "review_audit_item": audit.pk,
        "review_passage": Insight.objects.filter(own_sources__isnull=False).first()
        .own_sources.first().pk,
        "review_unmerge": merge.pk,
        "review_bulk": bulk.pk,
    }  # fmt: skip


@pytest.fixture
def made_of():
    """The templates of the latest page, as the server in this process rendered them."""
    names = set()

    def heard(template, **kwargs):
        names.add(template.name)

    template_rendered.connect(heard)
    yield names
    template_rendered.disconnect(heard)


def test_every_page_is_quiet_harmless_and_accessible_in_all_four_looks(window, arguments, made_of):
    """For pages made of the same templates, axe checks the first."""
    seat = window(User.objects.create_superuser("adam", password="adam's own"))
    shown, refused, looks, problems = set(), set(), set(), {}

    def look(name, status):
        if seat.page.evaluate("document.contentType") == "application/json":
            return  # what a page's script fetches
        kind = (status, frozenset(made_of))
        if found := problems_of(seat, status, with_axe=kind not in looks):
            problems[name] = found
        looks.add(kind)

    preview = reverse("admin:finetuning_deduplicationmodel_thresholds")
    preview += "?auto_merge_confidence=0.8&cluster_out_confidence=0.9"
    for address in [*addresses(arguments), preview, "/admin/nowhere/"]:
        seat.complaints.clear()
        made_of.clear()
        status = seat.page.goto(seat.address + address, wait_until="load").status
        assert status in (200, 403, 404, 405), f"{address} answers {status}"
        if seat.page.url == seat.address + address and status not in refused:
            shown.add(address) if status == 200 else refused.add(status)
            look(address, status)
    for name in ("review_item", "review_audit_item"):
        seat.open(reverse(f"admin:{name}", args=[arguments[name]]))
        seat.page.fill("#comment", HOSTILE)
        seat.complaints.clear()
        made_of.clear()
        with seat.page.expect_navigation(wait_until="load") as gone:  # a form without its button
            seat.page.evaluate("document.querySelector('.decide').submit()")
        assert gone.value.status == 409
        look(f"{name} refused", 409)
    seat.context.clear_cookies()
    seat.complaints.clear()
    seat.open(reverse("admin:login"))
    look("login", 200)
    assert problems == {}, json.dumps(problems, indent=1)
    assert refused == {403, 404, 405}
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages = {
            reverse(f"{name}_changelist"),
            reverse(f"{name}_change", args=[model._default_manager.first().pk]),
        }
        assert pages <= shown
    assert {reverse("api:docs"), reverse("api:redoc"), reverse("admin:index")} <= shown


def problems_of(seat, status, *, with_axe):
    """List the browser's complaints, text taken for markup, overflow, serious axe findings."""
    page = seat.page
    page.wait_for_load_state("networkidle" if "/api/" in page.url else "load")
    problems = [one for one in seat.complaints if status == 200 or f"{status}" not in one]
    if page.locator("img[src=x]").count():
        problems.append("markup of a source was taken for the page's own")
    found, has_axe = [], with_axe and AXE.exists()
    if has_axe:
        page.evaluate(AXE.read_text())
    for width, scheme in LOOKS:  # the loaded page, without a request
        page.set_viewport_size({"width": width, "height": 800})
        if width == 360 and (wide := page.evaluate("document.documentElement.scrollWidth")) > 360:
            problems.append(f"at 360 px it is {wide} px wide: {page.evaluate(WIDEST)}")
        if has_axe:
            page.emulate_media(color_scheme=scheme)
            page.evaluate("document.getAnimations().forEach(one => one.finish())")  # of colours
            only = "color-contrast" if scheme == "dark" else None  # nothing else is different
            found += [{**one, "look": [width, scheme]} for one in page.evaluate(RUN_AXE, only)]
    known = next((ids for start, ids in UPSTREAM.items() if start in page.url), set())
    problems += [one for one in found if one["impact"] in SERIOUS and one["id"] not in known]
    return problems
