"""Generate the typed Python client's types and methods from docs/openapi.yaml: `make client`."""

import keyword
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "docs" / "openapi.yaml"
TARGET = ROOT / "clients" / "python" / "insight_dedup_client" / "api"
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
HEAD = (
    '"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""\n'
    '# mypy: disable-error-code="no-any-return"\n\n'
)
TYPES = "from typing import Any, Literal, NotRequired, TypedDict\n\n"
TRANSPORT = "from insight_dedup_client.transport import File, Page, Transport\n"
REFERENCE = re.compile(r"#/components/schemas/(\w+)")
LEAST_BASE = 4  # members; fewer in common say nothing
Schemas = dict[str, dict[str, Any]]


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


def _is_page(schema: dict[str, Any]) -> bool:
    return set(schema.get("properties", ())) == {"next", "previous", "results"}


def _is_alias(schema: dict[str, Any]) -> bool:
    return "properties" not in schema or _is_page(schema)


def _members(schema: dict[str, Any]) -> dict[str, str]:
    required = schema.get("required", [])
    return {
        member: type_of(one) if member in required else f"NotRequired[{type_of(one)}]"
        for member, one in schema["properties"].items()
    }


def _base(name: str, schemas: Schemas) -> str:
    """Return the largest schema whose members a schema repeats, or ""."""
    if _is_alias(schemas[name]):
        return ""
    own = _members(schemas[name]).items()
    others = {other: _members(one).items() for other, one in schemas.items() if not _is_alias(one)}
    repeated = [name for name, one in others.items() if len(one) >= LEAST_BASE and one < own]
    return max(repeated, key=lambda other: len(others[other]), default="")


def typed_dict(name: str, schemas: Schemas) -> str:
    """Return a class, or an alias where the schema is a page or no object with members."""
    schema = schemas[name]
    if _is_page(schema):
        return f"{name} = Page[{type_of(schema['properties']['results']['items'])}]\n"
    if _is_alias(schema):
        return f"{name} = {type_of(schema)}\n"
    base = _base(name, schemas)
    inherited = schemas[base]["properties"] if base else {}
    members = {key: kind for key, kind in _members(schema).items() if key not in inherited}
    if any(keyword.iskeyword(member) for member in members):
        inside = ", ".join(f"{member!r}: {one!r}" for member, one in members.items())
        return f"{name} = TypedDict({name!r}, {{{inside}}})\n"
    lines = "".join(f"    {member}: {one!r}\n" for member, one in members.items())
    words = " ".join(schema.get("description", "").split())
    doc = f'    """{words}"""\n\n' if words else ""
    return f"class {name}({base or 'TypedDict'}):\n{doc}{lines}"


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
    if answer in ("str", "bytes"):
        sent.append(f'read="{"text" if answer == "str" else "content"}"')
    named = [*signature, *(["*", *keywords] if keywords else [])]
    return (
        f"    def {operation['operationId']}({', '.join(named)}) -> {answer}:\n"
        f'        """{operation["summary"]}."""\n'
        f"        return self.request({', '.join(sent)})\n"
    )


def _answer(responses: dict[str, Any]) -> str:
    kinds: dict[str, None] = {}
    for status, response in responses.items():
        for media, content in response.get("content", {}).items():
            if status.startswith("2"):
                kind = "str" if "ndjson" in media else type_of(content["schema"])
                kinds["bytes" if kind == "File" else kind] = None
    return "str" if "str" in kinds else " | ".join(kinds) or "None"


def _name(parameter: str) -> str:
    return parameter.replace("-", "_").lower() if "-" in parameter else parameter


def _named(part: object, schemas: Schemas) -> set[str]:
    """Return the schemas that a part of the document needs, at any depth."""
    found: set[str] = set()
    waiting = set(REFERENCE.findall(str(part)))
    while waiting:
        found.add(name := waiting.pop())
        waiting |= {*REFERENCE.findall(str(schemas[name])), _base(name, schemas)} - {*found, ""}
    return found


def _module(imported: list[str], types: set[str], schemas: Schemas, client: str = "") -> str:
    # An alias and a base are evaluated, so they follow what they name and precede what inherits.
    def place(name: str) -> tuple[bool, int, str]:
        size = len(schemas[name]["properties"]) if _base(name, schemas) else 0
        return _is_alias(schemas[name]), size, name

    in_order = sorted(types, key=place)
    common = "from insight_dedup_client.api.common import " + ", ".join(imported) + "\n"
    head = HEAD + TYPES + (common if imported else "") + TRANSPORT
    return "\n\n".join([head, *(typed_dict(name, schemas) for name in in_order), client])


def generated() -> dict[str, str]:
    """Return the modules by file name: one for each tag, and the types of several tags."""
    document = yaml.safe_load(SCHEMA.read_text())
    schemas: Schemas = document["components"]["schemas"]
    calls: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            calls.setdefault(operation["tags"][0], []).append((verb, path, operation))
    needed = {tag: _named(found, schemas) for tag, found in calls.items()}
    common = {name for name in schemas if sum(name in types for types in needed.values()) > 1}
    modules = {"common": _module([], common, schemas)}
    classes = {tag: "".join(word.title() for word in tag.split("-")) + "Calls" for tag in calls}
    for tag, found in calls.items():
        client = f"class {classes[tag]}(Transport):\n" + "\n".join(method(*one) for one in found)
        shared = sorted(needed[tag] & common)
        modules[_name(tag)] = _module(shared, needed[tag] - common, schemas, client)
    imports = "".join(
        f"from insight_dedup_client.api.{_name(tag)} import {name}\n"
        for tag, name in classes.items()
    )
    bases = ", ".join(classes.values())
    client = f'class Client({bases}):\n    """One method for each operation of the API."""\n'
    modules["__init__"] = f"{HEAD}{imports}\n\n{client}"
    return {f"{name}.py": _formatted(text) for name, text in modules.items()}


def _formatted(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    unused = [*ruff, "check", "--isolated", "--select=F401,I", "--fix", "--quiet", "-"]
    for command in (unused, [*ruff, "format", "--isolated", "--line-length=100", "-"]):
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)  # noqa: S603
        text = done.stdout
    return text


if __name__ == "__main__":
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir()
    for name, text in generated().items():
        (TARGET / name).write_text(text)
