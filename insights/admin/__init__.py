"""The admin: thin views over the pipeline, the clustering run and the reviewers' actions."""

from insights.admin import (
    api,
    api_token,
    audit,
    clusters,
    decisions,
    insights,
    provider,
    records,
    runs,
    sources,
    webhooks,
)

__all__ = [
    "api",
    "api_token",
    "audit",
    "clusters",
    "decisions",
    "insights",
    "provider",
    "records",
    "runs",
    "sources",
    "webhooks",
]
