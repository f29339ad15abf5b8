"""Accounts of people and programs: the caller, tokens, people, webhooks."""
