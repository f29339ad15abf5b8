"""The addresses of this app's part of the API. None ends in a slash."""

from django.urls import path

from insights.api import (
    audit,
    clusters,
    decisions,
    downloads,
    guide,
    insights,
    sources,
    stops,
    tasks,
)
from insights.api.accounts import people, tokens, webhooks, whoami
from insights.api.http import docs

STOP = "v1/auto-merge-stops/<uuid:id>"

urlpatterns = [
    path("schema", docs.SchemaView.as_view(), name="schema"),
    path("docs", docs.SwaggerView.as_view(url_name="api:schema"), name="docs"),
    path("redoc", docs.RedocView.as_view(url_name="api:schema"), name="redoc"),
    path("admin/insights/cluster-all", guide.ClusterAll.as_view(), name="cluster-all"),
    path("v1/whoami", whoami.WhoAmI.as_view(), name="whoami"),
    path("v1/tasks/<uuid:id>", tasks.TaskDetail.as_view(), name="task"),
    path("v1/tasks/<uuid:id>/cancel", tasks.TaskCancel.as_view(), name="task-cancel"),
    path("v1/sources", sources.Sources.as_view(), name="sources"),
    path("v1/sources/text", sources.SourceText.as_view(), name="source-text"),
    path("v1/sources/<uuid:id>", sources.SourceDetail.as_view(), name="source"),
    path("v1/sources/<uuid:id>/process", sources.SourceProcess.as_view(), name="source-process"),
    path("v1/sources/<uuid:id>/remove", sources.SourceRemove.as_view(), name="source-remove"),
    path("v1/sources/<uuid:id>/restore", sources.SourceRestore.as_view(), name="source-restore"),
    path("v1/processing-runs", sources.ProcessingRuns.as_view(), name="processing-runs"),
    path(
        "v1/processing-runs/<uuid:id>", sources.ProcessingRunDetail.as_view(), name="processing-run"
    ),
    path("v1/insights", insights.Insights.as_view(), name="insights"),
    path("v1/insights/download", downloads.InsightsDownload.as_view(), name="insights-download"),
    path("v1/insights/search", insights.InsightSearch.as_view(), name="insight-search"),
    path("v1/insights/<uuid:id>", insights.InsightDetail.as_view(), name="insight"),
    path(
        "v1/insights/<uuid:id>/sources",
        insights.InsightOccurrences.as_view(),
        name="insight-sources",
    ),
    path(
        "v1/insights/<uuid:id>/history", insights.InsightHistory.as_view(), name="insight-history"
    ),
    path("v1/clustering-runs", clusters.ClusteringRuns.as_view(), name="clustering-runs"),
    path(
        "v1/clustering-runs/<uuid:id>",
        clusters.ClusteringRunDetail.as_view(),
        name="clustering-run",
    ),
    path("v1/clusters", clusters.Clusters.as_view(), name="clusters"),
    path("v1/clusters/queue", clusters.ClusterQueue.as_view(), name="cluster-queue"),
    path("v1/clusters/decide", clusters.ClustersDecide.as_view(), name="clusters-decide"),
    path("v1/clusters/<uuid:id>", clusters.ClusterDetail.as_view(), name="cluster"),
    path(
        "v1/clusters/<uuid:id>/approve", clusters.ClusterApprove.as_view(), name="cluster-approve"
    ),
    path("v1/clusters/<uuid:id>/reject", clusters.ClusterReject.as_view(), name="cluster-reject"),
    path("v1/clusters/<uuid:id>/split", clusters.ClusterSplit.as_view(), name="cluster-split"),
    path("v1/audit/claim", audit.AuditClaim.as_view(), name="audit-claim"),
    path("v1/audit/answers", audit.AuditAnswers.as_view(), name="audit-answers"),
    path("v1/audit/<uuid:id>/answer", audit.AuditAnswer.as_view(), name="audit-answer"),
    path("v1/audit/<uuid:id>/withdraw", audit.AuditWithdraw.as_view(), name="audit-withdraw"),
    path("v1/auto-merge-stops", stops.AutoMergeStops.as_view(), name="auto-merge-stops"),
    path(STOP, stops.AutoMergeStopDetail.as_view(), name="auto-merge-stop"),
    path(f"{STOP}/merges", stops.AutoMergeStopMerges.as_view(), name="auto-merge-stop-merges"),
    path(f"{STOP}/undo-merges", stops.AutoMergeStopUndo.as_view(), name="auto-merge-stop-undo"),
    path(f"{STOP}/resume", stops.AutoMergeStopResume.as_view(), name="auto-merge-stop-resume"),
    path("v1/decisions", decisions.Decisions.as_view(), name="decisions"),
    path("v1/decisions/download", downloads.DecisionsDownload.as_view(), name="decisions-download"),
    path("v1/decisions/<uuid:id>", decisions.DecisionDetail.as_view(), name="decision"),
    path("v1/decisions/<uuid:id>/undo", decisions.DecisionUndo.as_view(), name="decision-undo"),
    path("v1/people", people.People.as_view(), name="people"),
    path("v1/people/<int:id>", people.PersonDetail.as_view(), name="person"),
    path("v1/tokens", tokens.Tokens.as_view(), name="tokens"),
    path("v1/tokens/<uuid:id>/revoke", tokens.TokenRevoke.as_view(), name="token-revoke"),
    path("v1/webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path("v1/webhooks/<uuid:id>", webhooks.WebhookDetail.as_view(), name="webhook"),
    path("v1/webhooks/<uuid:id>/test", webhooks.WebhookTest.as_view(), name="webhook-test"),
    path("v1/webhooks/<uuid:id>/remove", webhooks.WebhookRemove.as_view(), name="webhook-remove"),
    path(
        "v1/webhooks/<uuid:id>/rotate-secret",
        webhooks.WebhookRotate.as_view(),
        name="webhook-rotate",
    ),
]
