"""Wiring: settings, URLs, Celery, system checks, embedded services, the demo."""

from dedup_project.celery import app as celery_app

__all__ = ["celery_app"]
