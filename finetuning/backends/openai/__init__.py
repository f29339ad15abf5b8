"""Models at OpenAI, or at a server that speaks its protocol: fine-tuned, or prompted only."""
