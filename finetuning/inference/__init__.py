"""What a model version says of a pair: predicted, recorded, and asked for at ingestion."""
