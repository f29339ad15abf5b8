"""The frame of every page: menu, progress strip, palette, settings and the bar of a stop."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from insights.models import AutoMergeStop, ProcessingRun, RunStatus, Source

pytestmark = pytest.mark.django_db


def page(client, name="admin:review"):
    return " ".join(client.get(reverse(name)).content.decode().split())


def test_the_menu_has_six_words_and_knows_where_it_is(as_reviewer):
    shown = page(as_reviewer, "admin:insights_insight_changelist")
    menu = shown.partition('class="menu"')[2].partition("</nav>")[0]
    assert menu.count("<a ") == 6
    assert 'aria-current="page">Insights</a>' in menu
    runs = page(as_reviewer, "admin:insights_processingrun_changelist")
    assert 'aria-current="page">Sources</a>' in runs


def test_the_strip_says_the_next_step_with_its_button(as_reviewer, three):
    strip = page(as_reviewer).partition('class="strip"')[2].partition("</nav>")[0]
    assert "1 left" in strip
    assert reverse("admin:review_next") in strip
    assert "0 of 100 and 0 of 100" in strip
    source = Source.objects.first()
    ProcessingRun.objects.create(
        source=source, status=RunStatus.RUNNING, progress_done=3210, progress_total=5033
    )
    assert "3,210 of 5,033" in page(as_reviewer)


def test_an_empty_repository_asks_for_sources_first(as_reviewer):
    shown = page(as_reviewer)
    assert "Add sources first" in shown
    assert "All done" not in shown


def test_the_stop_is_told_on_every_page_to_whoever_may_see_clusters(as_viewer):
    assert "Automatic merging is stopped" not in page(as_viewer)
    stop = AutoMergeStop.objects.create(reason="Too low.", model_version="version 1 (local)")
    for name in ("admin:review", "admin:index", "admin:insights_source_changelist"):
        shown = page(as_viewer, name)
        assert "Automatic merging is stopped" in shown
        assert reverse("admin:insights_automergestop_change", args=[stop.pk]) in shown
    nobody = Client()
    nobody.force_login(User.objects.create_user("nils", is_staff=True))
    assert "Automatic merging is stopped" not in page(nobody, "admin:index")


def test_system_tables_are_folded_away_for_administrators(as_reviewer):
    assert "System tables" not in page(as_reviewer, "admin:settings")
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    shown = page(root, "admin:settings")
    assert "<summary>System tables</summary>" in shown
    assert reverse("admin:insights_clusterpair_changelist") in shown
    assert reverse("admin:insights_clusterpair_changelist") not in page(as_reviewer, "admin:index")
