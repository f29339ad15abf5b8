"""The similarity join's numerical parts: integer first pass, exact second pass, capped result."""
