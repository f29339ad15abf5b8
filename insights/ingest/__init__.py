"""Ingestion, from a file to stored insights: read, chunk, extract, store."""
