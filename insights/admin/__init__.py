"""The admin: thin views over the pipeline, the clustering run and the reviewers' actions."""

from insights.admin import audit, clusters, decisions, recall, records, runs, sources
from insights.admin.repository import listing
from insights.admin.settings import api_token, provider
