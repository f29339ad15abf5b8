"""Candidate pairs, their graph, and the clustering run that stores clusters."""
