"""Shared by all endpoints of the API. Nothing here knows a single resource."""
