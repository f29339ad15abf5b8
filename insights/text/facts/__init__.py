"""Readers of the facts in a statement: numbers, dates, units, names, negation."""
