"""Labelled pairs as training takes them: checked, ordered and split into folds."""
