"""Hand long work to a worker, or report that no broker can be reached."""

import logging

from django.utils.module_loading import import_string

from insights.models.run import Run

logger = logging.getLogger(__name__)


def enqueue(task: str, *args: object) -> bool:
    """Send a task by its dotted name ("insights.tasks.prune"), so that callers need not import it.

    False when the broker cannot be reached, whatever the reason.
    """
    send = import_string(task).apply_async
    try:
        send(args, retry=False)
    except Exception:  # kombu's, Redis's, the embedded server's
        logger.exception("%s could not be handed to a worker.", task)
        return False
    return True


def enqueue_run(run: Run) -> bool:
    """Hand a queued run to a worker; see `enqueue`."""
    return enqueue(run.task, str(run.pk))
