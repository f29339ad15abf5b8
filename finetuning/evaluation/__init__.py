"""Measured quality of model versions: on held-out decisions, over time, side by side."""
