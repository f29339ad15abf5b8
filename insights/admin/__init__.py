"""The admin: thin views over the pipeline, the clustering run and the reviewers' actions."""

from insights.admin import (
    api,
    api_token,
    audit,
    clusters,
    decisions,
    insights,
    notices,
    records,
    runs,
    sources,
)

__all__ = [
    "api",
    "api_token",
    "audit",
    "clusters",
    "decisions",
    "insights",
    "notices",
    "records",
    "runs",
    "sources",
]
