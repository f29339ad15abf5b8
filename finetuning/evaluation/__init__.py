"""Measured quality of model versions: on held-out decisions, and over time."""
