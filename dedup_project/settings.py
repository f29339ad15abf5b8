"""All settings. Each one that a deployment may change comes from the environment: .env.example."""

import sys
from pathlib import Path

from dedup_project import env

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / ".env")

# Where the embedded services, the ONNX graph and the secret key of a laptop live.
VAR = Path(env.text("INSIGHT_DEDUP_VAR", str(BASE_DIR / "var"))).resolve()

PRODUCTION = env.choice("ENVIRONMENT", "local", ("local", "production")) == "production"
DEBUG = env.flag("DEBUG", False)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")


def _secret_key() -> str:
    """From the environment; on a laptop, one made on first use and kept under var/."""
    if key := env.text("SECRET_KEY"):
        return key
    if PRODUCTION:
        return "unset"  # check dedup.E001 refuses to start with it
    from django.core.management.utils import get_random_secret_key

    path = VAR / "secret_key"
    try:
        return path.read_text()
    except FileNotFoundError:
        VAR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(get_random_secret_key())
        return path.read_text()


SECRET_KEY = _secret_key()

INSTALLED_APPS = [
    "dedup_project.admin_site.InsightDedupAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "dedup_project.apps.DedupProjectConfig",
    "insights.apps.InsightsConfig",
    "finetuning.apps.FinetuningConfig",
]

MIDDLEWARE = [
    "insights.api.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "dedup_project.csp.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "dedup_project.urls"
WSGI_APPLICATION = "dedup_project.wsgi.application"
ASGI_APPLICATION = "dedup_project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database, cache, broker: one's own when the URL is set, else the embedded ones ---------------

DATABASE_URL = env.text("DATABASE_URL")
REDIS_URL = env.text("REDIS_URL")
EMBEDDED_DATABASE = env.text("EMBEDDED_DATABASE", "insight_dedup")


def _database() -> dict[str, object]:
    if not DATABASE_URL:
        return {"ENGINE": "dedup_project.db.embedded_postgresql", "NAME": EMBEDDED_DATABASE}
    # psycopg reads every form that libpq knows: sockets, several hosts, sslmode, ...
    from psycopg.conninfo import conninfo_to_dict

    server = conninfo_to_dict(DATABASE_URL)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": server.pop("dbname", None),
        "USER": server.pop("user", ""),
        "PASSWORD": server.pop("password", ""),
        "HOST": server.pop("host", ""),
        "PORT": server.pop("port", ""),
        "OPTIONS": server,
    }


DATABASES = {
    "default": {
        **_database(),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "dedup_project.cache.OnDemandRedisCache", "LOCATION": ""}}

CELERY_TASK_IGNORE_RESULT = True  # what a task did stands in its own row, not in a result store
# A killed worker's task is delivered again; Run.attempts ends that for a task that kills workers.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # long tasks: none waits behind another while a worker idles
CELERY_TASK_TIME_LIMIT = 3000
CELERY_TASK_SOFT_TIME_LIMIT = 2900
# Redis delivers again what takes longer than the visibility timeout: above the time limit (check
# dedup.E010). The others find out within seconds that the connection is dead.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_keepalive": True,
    "socket_connect_timeout": 5,
    "health_check_interval": 20,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis however long it is away
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # they may finish their work
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # LOGGING below holds for workers, too
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
DJANGO_CELERY_BEAT_TZ_AWARE = True
# By kind of work, so that an hour of training holds up no poll. Workers take them by --queues.
QUEUES = ("quick", "ingest", "cluster", "train")
CELERY_TASK_DEFAULT_QUEUE = "quick"
CELERY_TASK_ROUTES = {
    "insights.tasks.process_source": {"queue": "ingest"},
    "insights.tasks.cluster_all": {"queue": "cluster"},
    "insights.tasks.cluster_new": {"queue": "cluster"},
    "insights.tasks.embed_missing_vectors": {"queue": "ingest"},
    "insights.tasks.take_back_doubtful": {"queue": "ingest"},
    "finetuning.tasks.advance_model": {"queue": "train"},
    "finetuning.tasks.refresh_evaluation": {"queue": "train"},
    "finetuning.tasks.retrain": {"queue": "train"},
    "finetuning.tasks.continue_retraining": {"queue": "train"},
}

# --- The product ----------------------------------------------------------------------------------

# Dotted paths, so that a deployment can put its own in their place (docs/architecture.md, "Ports").
EMBEDDER = env.text("EMBEDDER", "insights.embedding.onnx_minilm.OnnxMiniLM")
EXTRACTOR = env.text("EXTRACTOR", "insights.ingest.extraction.RuleExtractor")
DUPLICATE_DECIDER = env.text("DUPLICATE_DECIDER", "finetuning.decider.ActiveModelDecider")

# A threshold belongs to its embedding model; how this one was found: docs/decisions.md.
CANDIDATE_SIMILARITY = env.share("CANDIDATE_SIMILARITY", 0.64)
CLUSTER_MAX_SIZE = env.whole("CLUSTER_MAX_SIZE", 12, least=2)
# The guide's Option B: in above, out below.
CLUSTER_IN_CONFIDENCE = env.share("CLUSTER_IN_CONFIDENCE", 0.90)
CLUSTER_OUT_CONFIDENCE = env.share("CLUSTER_OUT_CONFIDENCE", 0.70)
# The guide's Option A: merged at ingestion without a person.
AUTO_MERGE_CONFIDENCE = env.share("AUTO_MERGE_CONFIDENCE", 0.90)
# What the merges without a person should be: the threshold of a retrained version is chosen for it,
# and the audit stops them when they surely fall short of it.
AUTO_MERGE_PRECISION = env.share("AUTO_MERGE_PRECISION", 0.99)
# Of each week's merges without a person, reviewers judge this share blind, at least so many.
AUDIT_SHARE = env.share("AUDIT_SHARE", 0.02)
AUDIT_LEAST_A_WEEK = env.whole("AUDIT_LEAST_A_WEEK", 20)
# Of the clusters that people decide, a second reviewer gives a blind opinion on this share, and on
# all that somebody was unsure of. 0 turns both off.
SECOND_OPINION_SHARE = env.share("SECOND_OPINION_SHARE", 0.05)
AUDIT_EVERY_SECONDS = env.whole("AUDIT_EVERY_SECONDS", 600, least=1)  # fill the sample up
# Of the decided clusters: never trained on, so that models can be measured on them.
HELD_OUT_SHARE = env.share("HELD_OUT_SHARE", 0.2)

# Retraining on a schedule (docs/operations.md).
RETRAIN_BACKEND = env.text("RETRAIN_BACKEND", "local")
RETRAIN_MIN_NEW_DECISIONS = env.whole("RETRAIN_MIN_NEW_DECISIONS", 50, least=1)
# Instead of Mondays at 03:00 UTC; 0: then. Read when schedules are seeded.
RETRAIN_EVERY_SECONDS = env.whole("RETRAIN_EVERY_SECONDS", 0)
CLUSTER_EVERY_SECONDS = env.whole("CLUSTER_EVERY_SECONDS", 3600, least=1)  # if anything is new
RETRAIN_MIN_BALANCE = env.share("RETRAIN_MIN_BALANCE", 0.1)  # of the rarer label

MAX_SOURCE_BYTES = env.whole("MAX_SOURCE_BYTES", 64 * 1024 * 1024, least=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # form fields; uploaded files are streamed to disk

# --- OpenAI, or a server that speaks its protocol: used where it is chosen (docs/openai.md) -------

OPENAI_API_KEY = env.secret("OPENAI_API_KEY")
OPENAI_BASE_URL = env.text("OPENAI_BASE_URL")  # empty: OpenAI itself
OPENAI_EMBEDDING_MODEL = env.text("OPENAI_EMBEDDING_MODEL", "text-embedding-3-small")
OPENAI_EXTRACTION_MODEL = env.text("OPENAI_EXTRACTION_MODEL", "gpt-5-mini")
OPENAI_FINE_TUNING_MODEL = env.text("OPENAI_FINE_TUNING_MODEL", "gpt-4o-mini-2024-07-18")
OPENAI_TIMEOUT = float(env.amount("OPENAI_TIMEOUT", "60"))  # seconds
OPENAI_CONCURRENCY = env.whole("OPENAI_CONCURRENCY", 8, least=1)  # requests at once, a process
# The pace of all workers together, a model. Your limits: the provider's page on rate limits.
OPENAI_REQUESTS_PER_MINUTE = env.whole("OPENAI_REQUESTS_PER_MINUTE", 500, least=1)
OPENAI_TOKENS_PER_MINUTE = env.whole("OPENAI_TOKENS_PER_MINUTE", 200_000, least=1)
# A hard stop, from midnight to midnight UTC.
OPENAI_DAILY_USD = env.amount("OPENAI_DAILY_USD", "10")
OPENAI_DAILY_TOKENS = env.whole("OPENAI_DAILY_TOKENS", 20_000_000)
# US dollars a million tokens, model=input/output/training.
OPENAI_PRICES = env.pairs("OPENAI_PRICES")

# --- Web ------------------------------------------------------------------------------------------

STATIC_URL = "static/"
# On a laptop the files are found where they stand; nothing is collected.
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION  # no collectstatic on a laptop

LOGIN_URL = "admin:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- API ------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "insights.api.access.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["insights.api.access.HasAccess"],
    "DEFAULT_THROTTLE_CLASSES": ["insights.api.access.RateThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["insights.api.parsing.BoundedJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "insights.api.parsing.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "insights.api.schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "insights.api.problems.exception_handler",
    # The guide's own query parameter `format` must reach the export.
    "URL_FORMAT_OVERRIDE": None,
}
# By the scope that a call needs; a token's calls are counted for each scope on its own.
API_REQUESTS_PER_MINUTE = {
    scope: env.whole(f"API_{scope.upper()}_PER_MINUTE", default, least=1)
    for scope, default in {
        "read": 1200,
        "review": 600,
        "ingest": 120,
        "train": 60,
        "admin": 60,
    }.items()
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Insight Dedup",
    "DESCRIPTION": "Find insights that say the same thing, decide, learn, merge. Addresses under "
    "/api/admin/insights/ are the guide's, in camelCase; those under /api/v1/ are in snake_case.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": r"/api/(v1|admin/insights)",
    "SERVE_PERMISSIONS": ["insights.api.access.HasAccess"],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_PATCH": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "insights.api.schema_hooks.refuse_unknown_members",
        "insights.api.links.link_lists",
    ],
    "ENUM_NAME_OVERRIDES": {
        "InsightStatus": "insights.models.InsightStatus",
        "ClusterStatus": "insights.models.ClusterStatus",
        "RunStatus": "insights.models.RunStatus",
        "ModelStatus": "finetuning.models.ModelStatus",
        "DecisionKind": "insights.models.DecisionKind",
        "Backend": "finetuning.models.Backend",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# The bearer token for /metrics (Prometheus); without one there is no such page.
METRICS_KEY = env.secret("METRICS_KEY")

# Letters to the leads when an audit stops automatic merging; to the log until there is a server.
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = env.whole("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD").reveal()
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "insight-dedup@localhost")

LANGUAGE_CODE = "en-us"
USE_I18N = False
FORMAT_MODULE_PATH = "dedup_project.formats"
TIME_ZONE = "UTC"
USE_TZ = True

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked for from inside, by http
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.whole("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True


def _log_format() -> str:
    """Lines where a person looks at them, JSON where a program collects them."""
    return "line" if sys.stderr.isatty() else "json"


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "insights.api.request_id.RequestIdFilter"}},
    "formatters": {
        "line": {"()": "dedup_project.logs.LineFormatter"},
        "json": {"()": "dedup_project.logs.JsonLineFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.choice("LOG_FORMAT", _log_format(), ("line", "json")),
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"httpx2": {"level": "WARNING"}},  # a line a request; the ledger says more
}
