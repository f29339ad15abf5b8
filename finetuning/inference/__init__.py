"""A model version's answers about pairs: predicted, recorded, and used at ingestion."""
