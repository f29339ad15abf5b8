"""Training data, model versions, predictions and evaluation: everything that is learnt."""
