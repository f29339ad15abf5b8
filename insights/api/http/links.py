"""What may follow an answer, as OpenAPI links: where to go with the id that it holds."""

from dataclasses import dataclass
from typing import Any

OWN_ID = "$response.body#/id"
FIRST_ID = "$response.body#/results/0/id"
RUN_ID = "$response.body#/run/id"


@dataclass(frozen=True, slots=True)
class Link:
    """After `method` of a view, the operation `to`, its `parameter` taken from `value`, which is
    a runtime expression of OpenAPI."""

    method: str
    to: str
    value: str = OWN_ID
    parameter: str = "id"


def follow(task_id: str) -> list[Link]:
    """From a POST that starts long work."""
    return [Link("POST", to, task_id) for to in ("task", "task_cancel")]


def as_openapi(links: Any) -> dict[str, Any]:
    return {
        link.to: {"operationId": link.to, "parameters": {link.parameter: link.value}}
        for link in links
    }


def link_lists(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """From each list to what takes the id of one of its rows; from a row to what is below it."""
    paths = result["paths"]
    for path, methods in paths.items():
        stem, has_id, _ = path.partition("/{id}")
        if not has_id:
            continue
        for operation in methods.values():
            name = operation["operationId"]
            for origin in (stem, f"{stem}/queue"):
                if (listing := paths.get(origin, {}).get("get")) is not None:
                    _add(listing, Link("GET", name, FIRST_ID))
            detail = paths.get(f"{stem}/{{id}}", {}).get("get")
            if detail is not None and detail is not operation:
                _add(detail, Link("GET", name, "$request.path.id"))
    return result


def _add(operation: dict[str, Any], link: Link) -> None:
    operation["responses"]["200"].setdefault("links", {}).update(as_openapi([link]))
