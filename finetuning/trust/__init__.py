"""Earned trust: the merges that a version may make without a person, and the evidence."""
