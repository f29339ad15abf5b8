"""System checks: report at start-up what would fail later, with a remedy."""

from collections.abc import Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

LEAST_PGVECTOR = (0, 8, 4)
LEAST_POSTGRESQL = 15


@register(Tags.security)
def production_settings(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if settings.SECRET_KEY == "unset":  # noqa: S105
        found.append(
            Error(
                "SECRET_KEY is not set in production.",
                hint="Set SECRET_KEY (or SECRET_KEY_FILE) to 50 or more random characters: "
                "python -c 'import secrets; print(secrets.token_urlsafe(50))'",
                id="dedup.E001",
            )
        )
    if settings.DEBUG:
        found.append(
            Error(
                "DEBUG is on in production: error pages would show settings and data.",
                hint="Remove DEBUG from the environment, or set ENVIRONMENT=local.",
                id="dedup.E002",
            )
        )
    if not settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ALLOWED_HOSTS is empty in production: every request would be refused.",
                hint="Set ALLOWED_HOSTS to the names that the site is served under.",
                id="dedup.E003",
            )
        )
    if not settings.DATABASE_URL or not settings.REDIS_URL:
        found.append(
            Warning(
                "The embedded PostgreSQL or Redis is used in production.",
                hint="They are for laptops and tests. Set DATABASE_URL and REDIS_URL.",
                id="dedup.W004",
            )
        )
    return found


@register()
def thresholds(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    if settings.CLUSTER_OUT_CONFIDENCE <= settings.CLUSTER_IN_CONFIDENCE:
        return []
    return [
        Error(
            f"CLUSTER_OUT_CONFIDENCE ({settings.CLUSTER_OUT_CONFIDENCE}) is above "
            f"CLUSTER_IN_CONFIDENCE ({settings.CLUSTER_IN_CONFIDENCE}).",
            hint="Pairs are out below the first and in above the second. Defaults: 0.70 and 0.90.",
            id="dedup.E005",
        )
    ]


@register()
def embedding_weights(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    if not settings.EMBEDDER.endswith("MiniLM"):
        return []
    from insights.embedding.minilm.weights import weights_problem

    problem = weights_problem()
    return [Error(problem, hint="make setup", id="dedup.E006")] if problem else []


@register(Tags.database)
def embeddings_of_one_model(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Warn if EMBEDDER differs from the stored vectors; an error would stop `migrate`."""
    if "default" not in (databases or []):
        return []
    if "insights" not in connections["default"].introspection.table_names():
        return []  # before the first migration
    from insights.embedding.service import unlike_the_stored

    problem = unlike_the_stored()
    if not problem:
        return []
    return [Warning(problem, hint="docs/openai.md, Embeddings.", id="dedup.W011")]


@register(Tags.database)
def database_versions(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Check the versions, with `check --database default` and before `migrate`."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            server = int(cursor.fetchone()[0]) // 10_000
            cursor.execute(
                "SELECT coalesce((SELECT extversion FROM pg_extension WHERE extname = 'vector'),"
                " (SELECT default_version FROM pg_available_extensions WHERE name = 'vector'))"
            )
            version = cursor.fetchone()[0]
        if server < LEAST_POSTGRESQL:
            found.append(
                Error(
                    f"PostgreSQL {server} is too old.",
                    hint=f"Use PostgreSQL {LEAST_POSTGRESQL} or later, or unset DATABASE_URL.",
                    id="dedup.E007",
                )
            )
        if version is None:
            found.append(
                Error(
                    "This PostgreSQL has no pgvector.",
                    hint="Install the package pgvector (0.8.4 or later) on the database server.",
                    id="dedup.E008",
                )
            )
        elif tuple(int(part) for part in version.split(".")[:3]) < LEAST_PGVECTOR:
            found.append(
                Error(
                    f"pgvector {version} is too old.",
                    hint="Install 0.8.4 or later, then: ALTER EXTENSION vector UPDATE",
                    id="dedup.E009",
                )
            )
    return found
