"""Learning from labelled pairs: features, local model, training and evaluation. No Django."""
