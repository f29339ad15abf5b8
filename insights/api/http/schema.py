"""The OpenAPI schema: drf-spectacular, told what this API has in common everywhere."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from insights.api.http.access import access_of
from insights.api.http.base import ETAG_PATTERN
from insights.api.http.idempotency import KEY_PATTERN
from insights.api.http.links import as_openapi
from insights.api.http.problems import MEDIA_TYPE, ProblemSerializer
from insights.types import JSONObject

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": KEY_PATTERN},
    OpenApiParameter.HEADER,
    description="Makes it safe to send again: the same key and body take effect once (for a day).",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": ETAG_PATTERN},
    OpenApiParameter.HEADER,
    description="The ETag of the cluster that was looked at; 409 when it has changed since.",
)


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "insights.api.http.access.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> JSONObject:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "idt_...",
            "description": "A token, made in the admin or by `manage.py create_api_token`. "
            "The word “Token” is taken in the place of “Bearer”, too.",
        }


class ApiSchema(AutoSchema):
    view: Any  # always one of ours: insights.api.http.base.ApiView

    def get_description(self) -> str:  # type: ignore[override]
        access = access_of(self.view, self.method)
        needs = f"Needs a token of the scope `{access.scope}`" if access else ""
        if access and access.permission:
            needs += f" and the permission `{access.permission}`"
        return f"{super().get_description()}\n\n{needs}."

    def get_operation_id(self) -> str:
        name = super().get_operation_id()
        return f"list_{name.removesuffix('_list')}" if name.endswith("_list") else name

    def get_summary(self) -> str:
        """Return the first sentence of the description."""
        first = super().get_description().split("\n\n")[0].replace("\n", " ")
        return first.partition(". ")[0].rstrip(".")

    def get_tags(self) -> list[str]:
        part = self.path.split("/")[3]
        return ["guide" if part == "insights" and "/admin/" in self.path else part]

    def get_override_parameters(self) -> list[Any]:
        found: list[Any] = []
        query = self.view.query_of(self.method)
        if query._declared_fields:
            found.append(query)
        handler = getattr(self.view, self.method.lower())
        if getattr(handler, "is_idempotent", False):
            found.append(IDEMPOTENCY_KEY)
        if getattr(self.view, "takes_if_match", False):
            found.append(IF_MATCH)
        return found

    def _get_response_bodies(self, direction: Any = "response") -> JSONObject:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        for code in self._problem_codes():
            responses.setdefault(
                str(code),
                self._get_response_for_code(ProblemSerializer, str(code), [MEDIA_TYPE]),
            )
        links = [link for link in self.view.links if link.method == self.method]
        for status, response in responses.items():
            if links and status.startswith("2"):
                response["links"] = as_openapi(links)
        return dict(sorted(responses.items()))

    def _problem_codes(self) -> set[int]:
        query_fields = self.view.query_of(self.method)._declared_fields
        codes = {400, 401, 403, 429, 503, *getattr(self.view, "problems", ())}
        if "{" in self.path or "cursor" in query_fields:
            codes.add(404)
        if self.method != "GET":
            codes |= {404, 409, 411, 413, 415, 422}
        return codes


def type_nullable_references(
    result: JSONObject, generator: object, request: object, public: bool
) -> JSONObject:
    """Add the type that `nullable` needs beside it in OpenAPI 3.0; null fits an untyped one."""
    for schema in result["components"]["schemas"].values():
        for member in schema.get("properties", {}).values():
            if member.get("nullable") and "allOf" in member:
                member["type"] = "object"
            elif member.get("nullable") and "type" not in member and "oneOf" not in member:
                del member["nullable"]
    return result


def refuse_unknown_members(
    result: JSONObject, generator: object, request: object, public: bool
) -> JSONObject:
    """Say in the schema that `ApiView.body` refuses undescribed members."""
    components = result.get("components", {}).get("schemas", {})
    for methods in result["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                if name:
                    components[name]["additionalProperties"] = False
    return result
