"""Shared by all endpoints of the API, and independent of any resource."""
