"""How good a model version is: on held-out decisions, over time, beside other versions."""
