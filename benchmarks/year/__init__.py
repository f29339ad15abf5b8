"""A year of use in minutes: the real code, a fake clock, people who decide by gold labels."""
