"""Learners: each fits features to labels, scores in log-odds, and is stored as plain JSON."""
