"""What a statement says: its normal form, tokens, facts and differences. Stdlib only."""
