"""Insights as a repository: the list with search, filters and downloads, and each one's page."""
