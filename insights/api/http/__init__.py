"""What every endpoint of the API shares. Nothing here knows a single resource."""
