"""The admin: thin views over the pipeline, the clustering run and the reviewers' actions."""

from insights.admin import api, clusters, decisions, insights, records, runs, sources

__all__ = ["api", "clusters", "decisions", "insights", "records", "runs", "sources"]
