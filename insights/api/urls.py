"""The addresses of this app's part of the API. None ends in a slash."""

from django.urls import path

from insights.api import (
    clusters,
    decisions,
    downloads,
    guide,
    insights,
    sources,
    tasks,
)
from insights.api.accounts import people, tokens, webhooks, whoami
from insights.api.http import docs

ROUTES = [
    ("schema", docs.SchemaView, "schema"),
    ("admin/insights/cluster-all", guide.ClusterAll, "cluster-all"),
    ("v1/whoami", whoami.WhoAmI, "whoami"),
    ("v1/tasks/<uuid:id>", tasks.TaskDetail, "task"),
    ("v1/tasks/<uuid:id>/cancel", tasks.TaskCancel, "task-cancel"),
    ("v1/sources", sources.Sources, "sources"),
    ("v1/sources/text", sources.SourceText, "source-text"),
    ("v1/sources/<uuid:id>", sources.SourceDetail, "source"),
    ("v1/sources/<uuid:id>/process", sources.SourceProcess, "source-process"),
    ("v1/sources/<uuid:id>/remove", sources.SourceRemove, "source-remove"),
    ("v1/sources/<uuid:id>/restore", sources.SourceRestore, "source-restore"),
    ("v1/processing-runs", sources.ProcessingRuns, "processing-runs"),
    ("v1/processing-runs/<uuid:id>", sources.ProcessingRunDetail, "processing-run"),
    ("v1/insights", insights.Insights, "insights"),
    ("v1/insights/download", downloads.InsightsDownload, "insights-download"),
    ("v1/insights/search", insights.InsightSearch, "insight-search"),
    ("v1/insights/<uuid:id>", insights.InsightDetail, "insight"),
    ("v1/insights/<uuid:id>/sources", insights.InsightOccurrences, "insight-sources"),
    ("v1/insights/<uuid:id>/history", insights.InsightHistory, "insight-history"),
    ("v1/clustering-runs", clusters.ClusteringRuns, "clustering-runs"),
    ("v1/clustering-runs/<uuid:id>", clusters.ClusteringRunDetail, "clustering-run"),
    ("v1/clusters", clusters.Clusters, "clusters"),
    ("v1/clusters/queue", clusters.ClusterQueue, "cluster-queue"),
    ("v1/clusters/decide", clusters.ClustersDecide, "clusters-decide"),
    ("v1/clusters/<uuid:id>", clusters.ClusterDetail, "cluster"),
    ("v1/clusters/<uuid:id>/approve", clusters.ClusterApprove, "cluster-approve"),
    ("v1/clusters/<uuid:id>/reject", clusters.ClusterReject, "cluster-reject"),
    ("v1/clusters/<uuid:id>/split", clusters.ClusterSplit, "cluster-split"),
    ("v1/decisions", decisions.Decisions, "decisions"),
    ("v1/decisions/download", downloads.DecisionsDownload, "decisions-download"),
    ("v1/decisions/<uuid:id>", decisions.DecisionDetail, "decision"),
    ("v1/decisions/<uuid:id>/undo", decisions.DecisionUndo, "decision-undo"),
    ("v1/people", people.People, "people"),
    ("v1/people/<int:id>", people.PersonDetail, "person"),
    ("v1/tokens", tokens.Tokens, "tokens"),
    ("v1/tokens/<uuid:id>/revoke", tokens.TokenRevoke, "token-revoke"),
    ("v1/webhooks", webhooks.Webhooks, "webhooks"),
    ("v1/webhooks/<uuid:id>", webhooks.WebhookDetail, "webhook"),
    ("v1/webhooks/<uuid:id>/test", webhooks.WebhookTest, "webhook-test"),
    ("v1/webhooks/<uuid:id>/remove", webhooks.WebhookRemove, "webhook-remove"),
    ("v1/webhooks/<uuid:id>/rotate-secret", webhooks.WebhookRotate, "webhook-rotate"),
]

urlpatterns = [
    path("docs", docs.SwaggerView.as_view(url_name="api:schema"), name="docs"),
    path("redoc", docs.RedocView.as_view(url_name="api:schema"), name="redoc"),
    *(path(address, view.as_view(), name=name) for address, view, name in ROUTES),
]
