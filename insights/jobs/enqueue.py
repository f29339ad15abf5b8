"""Hand long work to a worker, or say that there is none to hand it to."""

import logging
from typing import Any

from celery import Task

logger = logging.getLogger(__name__)


def enqueue(task: Task, *args: Any) -> bool:
    """False when the broker cannot be reached, whatever its trouble is."""
    try:
        task.apply_async(args, retry=False)
    except Exception:  # kombu's, Redis's, the embedded server's
        logger.exception("%s could not be handed to a worker.", task.name)
        return False
    return True
