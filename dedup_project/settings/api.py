"""The API: Django REST framework, its limits, and the schema."""

import os

from dedup_project.env import POSITIVE, env

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "insights.api.http.access.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["insights.api.http.access.HasAccess"],
    "DEFAULT_THROTTLE_CLASSES": ["insights.api.http.access.RateThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["insights.api.http.parsing.BoundedJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "insights.api.http.parsing.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "insights.api.http.schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "insights.api.http.problems.exception_handler",
    # The guide's own query parameter `format` must reach the export.
    "URL_FORMAT_OVERRIDE": None,
}
# By the scope that a call needs; each scope of a token is counted separately.
API_REQUESTS_PER_MINUTE = {
    scope: env.int(f"API_{scope.upper()}_PER_MINUTE", default, validate=POSITIVE)
    for scope, default in {
        "read": 1200,
        "review": 600,
        "ingest": 120,
        "train": 60,
        "admin": 60,
    }.items()
}
# Statements checked or stored, pairs judged: what calls cost, counted for each token.
API_WORK_PER_MINUTE = env.int("API_WORK_PER_MINUTE", 6000, validate=POSITIVE)
# Requests of a second and more that run at once on the whole site (insights.jobs.slots); one core
# is left to the others.
HEAVY_REQUESTS = env.int("HEAVY_REQUESTS", max(1, (os.cpu_count() or 1) - 1), validate=POSITIVE)
SPECTACULAR_SETTINGS = {
    "TITLE": "Insight Dedup",
    "DESCRIPTION": "Find insights that say the same thing, review them, train models on the "
    "decisions, and merge automatically. Endpoints under /api/admin/insights/ follow the guide, in "
    "camelCase; those under /api/v1/ use snake_case.",
    "VERSION": "1",
    "LICENSE": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    "SERVERS": [{"url": "/", "description": "This server."}],
    "SCHEMA_PATH_PREFIX": r"/api/(v1|admin/insights)",
    "SERVE_PERMISSIONS": ["insights.api.http.access.HasAccess"],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_PATCH": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "insights.api.http.schema.refuse_unknown_members",
        "insights.api.http.schema.type_nullable_references",
        "insights.api.http.links.link_lists",
    ],
    "ENUM_NAME_OVERRIDES": {
        "InsightStatus": "insights.models.InsightStatus",
        "ClusterStatus": "insights.models.ClusterStatus",
        "RunStatus": "insights.models.RunStatus",
        "ModelStatus": "finetuning.models.ModelStatus",
        "DecisionKind": "insights.models.DecisionKind",
        "Backend": "finetuning.models.Backend",
        "PersonRole": "insights.people.ROLE_NAMES",
        "AutoMergeProof": "finetuning.models.AutoMergeProof",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
