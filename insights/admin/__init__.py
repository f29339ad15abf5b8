"""The admin: thin views over the pipeline, the clustering run and the reviewers' actions."""

from insights.admin import clusters, decisions, insights, records, runs, sources

__all__ = ["clusters", "decisions", "insights", "records", "runs", "sources"]
