"""Requests and responses against OpenAI's published schema: openapi.json, an excerpt of it.

An object with a field that the schema does not name is refused, which the schema itself does not
ask for: a misspelt field would pass unseen.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

PUBLISHED = json.loads(Path(__file__).with_name("openapi.json").read_text())
SCHEMAS: dict[str, Any] = PUBLISHED["components"]["schemas"]

# What the API does and its schema does not say. The date is in the SDK's types, which are newer;
# a paused job answers "paused", which is not in the enum; vectors in base64 are in the prose only.
SCHEMAS["Model"]["properties"]["shutdown_date"] = {"type": ["string", "null"]}
SCHEMAS["FineTuningJob"]["properties"]["status"] = {"type": "string"}
SCHEMAS["Embedding"]["properties"]["embedding"] = {
    "anyOf": [SCHEMAS["Embedding"]["properties"]["embedding"], {"type": "string"}]
}


def problem(method: str, path: str, part: str, body: Any) -> str:
    """Return the schema's objection to this "request" or "response", or an empty string."""
    operation = _operation(method, path)
    if operation is None or part not in PUBLISHED["operations"][operation]:
        return f"{method} {path} has no {part} in the published schema"
    return _first(_validator(f"{operation} {part}"), body)


def problem_of_error(body: Any) -> str:
    return _first(_validator("error"), body)


def unknown_query(method: str, path: str, names: set[str]) -> set[str]:
    operation = _operation(method, path)
    known = PUBLISHED["operations"].get(operation, {}).get("query", [])
    return {name for name in names if name.split("[")[0] not in known}


def _first(validator: Any, body: Any) -> str:
    error = next(validator.iter_errors(body), None)
    return f"{'.'.join(map(str, error.instance_path))}: {error.message:.300}" if error else ""


@cache
def _operation(method: str, path: str) -> str | None:
    for name in PUBLISHED["operations"]:
        pattern = re.sub(r"\\\{.*?\\\}", "[^/]+", re.escape(name))
        if re.fullmatch(pattern, f"{method} {path}"):
            return str(name)
    return None


@cache
def _validator(name: str) -> Any:
    operation, _, part = name.rpartition(" ")
    schema = (
        PUBLISHED["operations"][operation][part]
        if operation
        else {"$ref": "#/components/schemas/ErrorResponse"}
    )
    composed = _composed()
    components = {
        "schemas": {
            key: value if key in composed else _closed(value) for key, value in SCHEMAS.items()
        }
    }
    return jsonschema_rs.Draft202012Validator({**_closed(schema), "components": components})


@cache
def _composed() -> frozenset[str]:
    """Schemas that are a part of another's allOf: the whole is closed, not they."""
    found = set()

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            for part in schema.get("allOf", []):
                if "$ref" in part:
                    found.add(part["$ref"].rsplit("/", 1)[-1])
            for value in schema.values():
                walk(value)
        elif isinstance(schema, list):
            for value in schema:
                walk(value)

    walk(SCHEMAS)
    return frozenset(found)


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: [{**part, **_closed_within(part)} for part in value]
        if key == "allOf"
        else {name: _closed(one) for name, one in value.items()}
        if key == "properties"
        else _closed(value)
        for key, value in schema.items()
    }
    if "allOf" in schema:
        found["unevaluatedProperties"] = False
    elif "properties" in schema:
        found.setdefault("additionalProperties", False)
    return found


def _closed_within(part: dict[str, Any]) -> dict[str, Any]:
    return {
        "properties": {name: _closed(one) for name, one in part["properties"].items()}
    } if "properties" in part else {}  # fmt: skip
