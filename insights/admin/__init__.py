"""The admin: thin views over the pipeline, the clustering run and the reviewers' actions."""

from insights.admin import audit, clusters, decisions, insights, records, runs, sources
from insights.admin.settings import api_token, calls, provider, webhooks

__all__ = [
    "api_token",
    "audit",
    "calls",
    "clusters",
    "decisions",
    "insights",
    "provider",
    "records",
    "runs",
    "sources",
    "webhooks",
]
