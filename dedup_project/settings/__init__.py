"""All settings. Whatever a deployment may change comes from the environment: .env.example.

Here: the process, its database, cache and broker, pages, mail, security, logs.
"""

import sys
from pathlib import Path

from dedup_project.embedded.place import BASE_DIR
from dedup_project.env import NOT_NEGATIVE, env, secret, validate, words

env.read_file(BASE_DIR / ".env")

from dedup_project.settings.api import *
from dedup_project.settings.openai import *
from dedup_project.settings.product import *
from dedup_project.settings.queues import *
from dedup_project.settings.sign_in import *

# Where the embedded services, the ONNX graph and the secret key of a laptop live.
VAR = Path(env.str("INSIGHT_DEDUP_VAR", str(BASE_DIR / "var"))).resolve()

# In a clone templates and static files are beside the packages; a wheel has them inside.
PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED = PACKAGE if (PACKAGE / "templates").is_dir() else PACKAGE.parent

PRODUCTION = (
    env.str("ENVIRONMENT", "local", validate=validate.OneOf(["local", "production"]))
    == "production"
)
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = words("ALLOWED_HOSTS", [] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS", [])


def _secret_key() -> str:
    """Return the environment's key; on a laptop, one generated on first use, kept under var/."""
    if key := env.str("SECRET_KEY", ""):
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
    "dedup_project.web.admin_site.InsightDedupAdminConfig",
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
    "insights.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "dedup_project.web.headers.security_headers",
    "dedup_project.web.headers.refuse_nul",
    "insights.api.http.access.rate_limit_headers",
    "dedup_project.web.busy.BusyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if SECOND_FACTOR != "off":  # noqa: F405
    INSTALLED_APPS += ["django_otp", "django_otp.plugins.otp_totp"]
    after = MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware") + 1
    MIDDLEWARE[after:after] = [
        "django_otp.middleware.OTPMiddleware",
        "dedup_project.web.second_factor.ask_for_code",
    ]

ROOT_URLCONF = "dedup_project.urls"
WSGI_APPLICATION = "dedup_project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SHIPPED / "templates"],
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

# --- Database, cache, broker: yours if the URL is set, else the embedded ones ----------------

DATABASE_URL = env.str("DATABASE_URL", "")
REDIS_URL = env.str("REDIS_URL", "")
EMBEDDED_DATABASE = env.str("EMBEDDED_DATABASE", "insight_dedup")


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

CACHES = {
    "default": {
        "BACKEND": "dedup_project.cache.OnDemandRedisCache",
        "LOCATION": "",
        # Databases of one machine share the embedded Redis, but not a map or a learning curve.
        "KEY_PREFIX": DATABASES["default"]["NAME"] or "",
    }
}

# --- Web ------------------------------------------------------------------------------------------

STATIC_URL = "static/"
# On a laptop the files are found where they stand; nothing is collected.
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STATICFILES_DIRS = [SHIPPED / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION  # no collectstatic on a laptop
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # form fields; uploaded files are streamed to disk

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

# The bearer token for /metrics (Prometheus); without one the page answers 404.
METRICS_KEY = secret("METRICS_KEY")

# Hosts that webhooks may reach although their addresses are private.
WEBHOOK_PRIVATE_HOSTS = words("WEBHOOK_PRIVATE_HOSTS", [])

# Mail to the leads when an audit stops automatic merging; logged while there is no server.
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = env.int("EMAIL_PORT", 587, validate=NOT_NEGATIVE)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = secret("EMAIL_HOST_PASSWORD").reveal()
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "insight-dedup@localhost")

USE_I18N = False
FORMAT_MODULE_PATH = "dedup_project.formats"
TIME_ZONE = "UTC"

# Proxies in front of this server that set X-Forwarded-For: the log-in throttle counts by address.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0, validate=NOT_NEGATIVE)
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked for from inside, by http
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000, validate=NOT_NEGATIVE)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True


def _log_format() -> str:
    """Return readable lines for a terminal, JSON for a program that collects them."""
    return "line" if sys.stderr.isatty() else "json"


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "insights.request_id.RequestIdFilter"}},
    "formatters": {
        "line": {"()": "dedup_project.logs.LineFormatter"},
        "json": {"()": "dedup_project.logs.JsonLineFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.str(
                "LOG_FORMAT", _log_format(), validate=validate.OneOf(["line", "json"])
            ),
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {"httpx2": {"level": "WARNING"}},  # one line per request; the ledger has more
}
