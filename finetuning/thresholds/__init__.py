"""Thresholds of merging and clustering: changed by people, previewed first."""
