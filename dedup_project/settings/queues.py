"""Celery: queues and time limits, and recovery when a worker or Redis is lost."""

from dedup_project.env import env

CELERY_TASK_IGNORE_RESULT = True  # a task's result is in its own row, not in a result store
# A killed worker's task is delivered again; Run.attempts ends that for a task that kills workers.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # long tasks: none waits behind another while a worker idles
CELERY_TASK_TIME_LIMIT = 3000
CELERY_TASK_SOFT_TIME_LIMIT = 2900
# Redis delivers a task again after the visibility timeout, so it exceeds the time limit. The other
# options detect a dead connection within seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_keepalive": True,
    "socket_connect_timeout": 5,
    "health_check_interval": 20,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis however long it is away
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # they may finish their work
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # LOGGING applies to workers, too
WORKER_NICENESS = env.int("WORKER_NICENESS", 10)  # lets pages on the same cores go first
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
DJANGO_CELERY_BEAT_TZ_AWARE = True
# By kind of work, so that an hour of training delays no poll. Workers take them by --queues.
QUEUES = ("quick", "ingest", "cluster", "train")
CELERY_TASK_DEFAULT_QUEUE = "quick"
CELERY_TASK_ROUTES = {
    "insights.tasks.process_source": {"queue": "ingest"},
    "insights.tasks.cluster_all": {"queue": "cluster"},
    "insights.tasks.cluster_new": {"queue": "cluster"},
    "insights.tasks.compare_shards": {"queue": "cluster"},
    "insights.tasks.embed_missing_vectors": {"queue": "ingest"},
    "insights.tasks.draw_map": {"queue": "cluster"},
    "insights.tasks.decide_in_bulk": {"queue": "ingest"},
    "finetuning.tasks.advance_model": {"queue": "train"},
    "finetuning.tasks.draw_learning_curve": {"queue": "train"},
    "finetuning.tasks.retrain": {"queue": "train"},
    "finetuning.tasks.continue_retraining": {"queue": "train"},
}

# OpenTelemetry (dedup_project.web.telemetry). It needs `pip install insight-dedup[telemetry]`.
TELEMETRY = env.bool("TELEMETRY", False)
