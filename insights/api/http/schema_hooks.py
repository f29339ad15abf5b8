"""What the schema says of bodies as a whole, after drf-spectacular has written it."""

from typing import Any


def refuse_unknown_members(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Bodies with a member that is not described are refused (`ApiView.body`)."""
    components = result.get("components", {}).get("schemas", {})
    for methods in result["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                if name:
                    components[name]["additionalProperties"] = False
    return result
