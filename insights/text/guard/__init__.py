"""Compares two statements and names what keeps them from being merged automatically."""
