"""Webhooks: notices, signed deliveries, and the addresses they may go to."""
