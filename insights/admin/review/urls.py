"""The addresses under /admin/review/, each behind the admin site's own log-in check."""

from django.contrib.admin import AdminSite
from django.urls import path
from django.urls.resolvers import URLPattern

from insights.admin.review.audit import audit_answer, audit_item
from insights.admin.review.base import View
from insights.admin.review.batch import batch, bulk_run, undo_batch
from insights.admin.review.contradictions import contradictions
from insights.admin.review.keys import keys
from insights.admin.review.merged import merged
from insights.admin.review.passage import passage
from insights.admin.review.unmerge import unmerge
from insights.admin.review.views import blind, decide, following, front, item, undo

ROUTES: list[tuple[str, View, str]] = [
    ("", front, "review"),
    ("next/", following, "review_next"),
    ("undo/", undo, "review_undo"),
    ("blind/", blind, "review_blind"),
    ("keys/", keys, "review_keys"),
    ("contradictions/", contradictions, "review_contradictions"),
    ("batch/", batch, "review_batch"),
    ("bulk/<uuid:pk>/", bulk_run, "review_bulk"),
    ("batch/undo/", undo_batch, "review_batch_undo"),
    ("merged/", merged, "review_merged"),
    ("passage/<uuid:pk>/", passage, "review_passage"),
    ("unmerge/<uuid:pk>/", unmerge, "review_unmerge"),
    ("audit/<uuid:pk>/", audit_item, "review_audit_item"),
    ("audit/<uuid:pk>/answer/", audit_answer, "review_audit_answer"),
    ("<uuid:pk>/", item, "review_item"),
    ("<uuid:pk>/decide/", decide, "review_decide"),
]


def review_urls(site: AdminSite) -> list[URLPattern]:
    return [
        path(f"review/{route}", site.admin_view(view), name=name) for route, view, name in ROUTES
    ]
