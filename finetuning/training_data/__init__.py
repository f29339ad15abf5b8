"""Decisions become labelled pairs, split by statement and exported."""
