"""Analysis of statements: normal form, tokens, facts and differences. No Django."""
