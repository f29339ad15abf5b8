"""The Celery application. The broker's address is looked up when the first task is sent."""

import logging
import os
import ssl

from celery import Celery, Task
from celery.signals import before_task_publish, task_postrun, task_prerun, worker_process_init

from insights.types import JSONObject

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dedup_project.settings")

logger = logging.getLogger(__name__)

app = Celery("dedup_project")
app.config_from_object("django.conf:settings", namespace="CELERY")


def broker() -> JSONObject:
    from dedup_project.cache import redis_url

    url = redis_url()
    if not url.startswith("rediss://"):
        return {"broker_url": url}
    # kombu checks no certificate unless told to; the cache's client always does.
    verified = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    return {"broker_url": url, "broker_use_ssl": verified}


app.add_defaults(broker)  # evaluated on first use of the configuration, not on import


app.autodiscover_tasks()


@worker_process_init.connect
def give_way(**kwargs: object) -> None:
    """Let the web processes on the same cores go first."""
    from django.conf import settings

    os.nice(settings.WORKER_NICENESS)


@before_task_publish.connect
def carry_the_id(headers: JSONObject, **kwargs: object) -> None:
    """Pass the request's id to the tasks that it starts."""
    from insights.request_id import current_request_id

    headers.setdefault("request_id", current_request_id())


@task_prerun.connect
def take_the_id(task_id: str, task: Task, **kwargs: object) -> None:
    from insights.request_id import bind_request_id

    given = getattr(task.request, "request_id", None)
    bind_request_id(given if given and given != "-" else task_id)
    logger.debug("%s has started.", task.name)


@task_postrun.connect
def note_completed(task: Task, state: str, retval: object, **kwargs: object) -> None:
    """Record a heartbeat for completed work only, so that a stuck worker goes silent."""
    logger.info("%s: %s %s", task.name, state, retval if state == "SUCCESS" else "")
    queue = (task.request.delivery_info or {}).get("routing_key")
    if state != "SUCCESS" or task.request.is_eager or not queue:
        return
    from insights.jobs.heartbeats import record_completed

    try:
        record_completed(queue, task.name)
    except Exception:  # the task is done; a lost database is reported elsewhere
        logger.exception("The heartbeat of %s could not be written.", queue)
