"""Accounts of people and programs: who calls, tokens, people, webhooks."""
