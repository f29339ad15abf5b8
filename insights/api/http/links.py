"""OpenAPI links: the operations that may follow an answer, with the id that it holds."""

from dataclasses import dataclass
from typing import Any

from insights.types import JSONObject

OWN_ID = "$response.body#/id"
FIRST_ID = "$response.body#/results/0/id"
RUN_ID = "$response.body#/run/id"


@dataclass(frozen=True, slots=True)
class Link:
    """A link after `method` of a view to the operation `to`.

    Its `parameter` is taken from `value`, a runtime expression of OpenAPI.
    """

    method: str
    to: str
    value: str = OWN_ID
    parameter: str = "id"


def follow(task_id: str) -> list[Link]:
    """Link a POST that starts long work to its task."""
    return [Link("POST", to, task_id) for to in ("get_task", "cancel_task")]


def as_openapi(links: Any) -> JSONObject:
    return {
        link.to: {"operationId": link.to, "parameters": {link.parameter: link.value}}
        for link in links
    }


def link_lists(result: JSONObject, generator: object, request: object, public: bool) -> JSONObject:
    """Link each list to what takes the id of one of its rows, and a row to what is below it."""
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


def _add(operation: JSONObject, link: Link) -> None:
    operation["responses"]["200"].setdefault("links", {}).update(as_openapi([link]))
