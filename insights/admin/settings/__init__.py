"""Pages of administrators: providers and their calls, API tokens, webhooks."""
