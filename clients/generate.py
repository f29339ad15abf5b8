"""Generate the typed Python client's types and methods from docs/openapi.yaml: `make client`."""

import keyword
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "docs" / "openapi.yaml"
TARGET = ROOT / "clients" / "python" / "insight_dedup_client" / "api.py"
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
HEAD = '''"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""

from typing import Any, Literal, NotRequired, TypedDict

from insight_dedup_client.transport import File, Transport
'''


def type_of(schema: dict[str, Any]) -> str:
    """Return the annotation of a schema, with None where it is nullable."""
    return f"{_bare(schema)} | None" if schema.get("nullable") else _bare(schema)


def _bare(schema: dict[str, Any]) -> str:
    if reference := schema.get("$ref"):
        return str(reference.rpartition("/")[2])
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(type_of(one) for one in schema[key]))
    if "enum" in schema:
        return f"Literal[{', '.join(repr(one) for one in schema['enum'] if one is not None)}]"
    kind = schema.get("type")
    if kind == "array":
        return f"list[{type_of(schema['items'])}]"
    if kind == "object":
        more = schema.get("additionalProperties")
        return f"dict[str, {type_of(more) if isinstance(more, dict) and more else 'Any'}]"
    if schema.get("format") == "binary":
        return "File"
    return PLAIN.get(str(kind), "Any")


def typed_dict(name: str, schema: dict[str, Any]) -> str:
    """Return a class, or an alias where the schema is not an object with members."""
    if "properties" not in schema:
        return f"{name} = {type_of(schema)}\n"
    required = schema.get("required", [])
    members = {
        member: type_of(one) if member in required else f"NotRequired[{type_of(one)}]"
        for member, one in schema["properties"].items()
    }
    if any(keyword.iskeyword(member) for member in members):
        inside = ", ".join(f"{member!r}: {one!r}" for member, one in members.items())
        return f"{name} = TypedDict({name!r}, {{{inside}}})\n"
    lines = "".join(f"    {member}: {one!r}\n" for member, one in members.items())
    words = " ".join(schema.get("description", "").split())
    doc = f'    """{words}"""\n\n' if words else ""
    return f"class {name}(TypedDict):\n{doc}{lines}"


def method(verb: str, path: str, operation: dict[str, Any]) -> str:
    parameters = operation.get("parameters", [])
    inside = {one["name"]: one for one in parameters if one["in"] == "path"}
    others = [one for one in parameters if one["in"] != "path"]
    signature = ["self", *(f"{name}: str" for name in inside)]
    keywords = []
    sent = [f'"{verb.upper()}"', f'f"{path}"' if inside else f'"{path}"']
    for place in ("query", "header"):
        names = {_name(one["name"]): one for one in others if one["in"] == place}
        for name, one in sorted(names.items(), key=lambda item: not item[1].get("required")):
            kind = type_of(one["schema"])
            keywords.append(f"{name}: {kind}" + ("" if one.get("required") else " | None = None"))
        if names:
            pairs = ", ".join(f'"{one["name"]}": {name}' for name, one in names.items())
            sent.append(f"{'params' if place == 'query' else 'headers'}={{{pairs}}}")
    if body := operation.get("requestBody"):
        ((media, content),) = body["content"].items()
        optional = "" if body.get("required") else " | None = None"
        signature.append(f"body: {type_of(content['schema'])}{optional}")
        sent.append(f"{'form' if media.startswith('multipart') else 'json'}=body")
    answer = _answer(operation["responses"])
    if answer == "str":
        sent.append("text=True")
    named = [*signature, *(["*", *keywords] if keywords else [])]
    return (
        f"    def {operation['operationId']}({', '.join(named)}) -> {answer}:\n"
        f'        """{operation["summary"]}."""\n'
        f"        answer: {answer} = self.request({', '.join(sent)})\n"
        "        return answer\n"
    )


def _answer(responses: dict[str, Any]) -> str:
    kinds: dict[str, None] = {}
    for status, response in responses.items():
        for media, content in response.get("content", {}).items():
            if status.startswith("2"):
                kinds["str" if "ndjson" in media else type_of(content["schema"])] = None
    return "str" if "str" in kinds else " | ".join(kinds) or "None"


def _name(parameter: str) -> str:
    return parameter.replace("-", "_").lower() if "-" in parameter else parameter


def generated() -> str:
    schema = yaml.safe_load(SCHEMA.read_text())
    schemas = schema["components"]["schemas"].items()
    in_order = sorted(schemas, key=lambda item: "properties" not in item[1])  # aliases need them
    classes = [typed_dict(*item) for item in in_order]
    methods = [
        method(verb, path, operation)
        for path, operations in schema["paths"].items()
        for verb, operation in operations.items()
    ]
    client = 'class Client(Transport):\n    """One method for each operation of the API."""\n\n'
    text = "\n\n".join([HEAD, *classes, client + "\n".join(methods)])
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=100", "-"]
    formatted = subprocess.run(  # noqa: S603
        ruff, input=text, capture_output=True, text=True, check=True
    )
    return formatted.stdout


if __name__ == "__main__":
    TARGET.write_text(generated())
