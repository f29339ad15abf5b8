"""A simulated year: the real code, a fake clock, and people who decide by the gold labels."""
