"""The Celery application. The broker's address is asked for when the first task is sent."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")

app = Celery("dedup_project")
app.config_from_object("django.conf:settings", namespace="CELERY")


@app.add_defaults  # evaluated on first use of the configuration, not on import
def broker() -> dict[str, str]:
    from dedup_project.cache import redis_url

    return {"broker_url": redis_url()}


app.autodiscover_tasks()
