"""Parsers and renderers: bounded, strict JSON, and multipart for files."""

import json
import re
from typing import IO, Any

from django.conf import settings
from rest_framework import exceptions, negotiation, parsers
from rest_framework.request import Request

from insights.api.http.problems import Problem, TooLarge
from insights.types import JSONMapping

HALF_A_PAIR = "Half of a surrogate pair (\\ud800 to \\udfff) is not a character. Remove it."
MULTIPART_OVERHEAD = 64 * 1024
HALF = re.compile(r"[\ud800-\udfff]")
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def require_plain_body(request: Request) -> None:
    """Refuse a body that Django would read as empty or broken. Raises Problem."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise Problem(
            "The body came in chunks of unknown length. Send it with a Content-Length: from a file "
            "or a string, not from a pipe or a generator.",
            code="length_required",
            status=411,
        )
    if request.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise Problem(
            "The body is compressed, which is not accepted here. Send it plain, without "
            "Content-Encoding.",
            code="unsupported_media_type",
            status=415,
        )


def _refuse_large(parser_context: JSONMapping | None, limit: int) -> None:
    """Refuse a large body before a byte is read; the server reads no more than was announced."""
    request = (parser_context or {})["request"]
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        announced = 0
    if announced > limit:
        raise TooLarge(
            f"The body has {announced:,} bytes; at most {limit:,} are accepted. Send it in parts."
        )


class BoundedJSONParser(parsers.BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: JSONMapping | None = None,
    ) -> Any:
        # A whole source may be pasted; no other body is that long.
        takes_sources = (parser_context or {})["view"].takes_sources
        _refuse_large(
            parser_context,
            settings.MAX_SOURCE_BYTES if takes_sources else settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        )
        try:
            content = stream.read()
            data = json.loads(content, parse_constant=_refuse_constant)
            if SURROGATE.search(content) and (field := _half_a_pair(data)) is not None:
                raise exceptions.ValidationError(
                    {field or "non_field_errors": [HALF_A_PAIR]}, "malformed"
                )
            return data
        except RecursionError:
            raise exceptions.ParseError("The JSON is nested too deeply.", "malformed") from None
        except ValueError as error:  # also what is not UTF-8, and numbers of thousands of digits
            raise exceptions.ParseError(
                f"The body is not JSON: {error}. Check quotes, commas and the encoding (UTF-8).",
                "malformed",
            ) from None


def _half_a_pair(value: object, path: str = "") -> str | None:
    """Return the path of the first text that UTF-8 cannot hold; of the object, if it is a name."""
    if isinstance(value, str):
        return None if value.isascii() or not HALF.search(value) else path
    if isinstance(value, list):
        value = dict(enumerate(value))
    for name, item in value.items() if isinstance(value, dict) else ():
        found = _half_a_pair(name, path)
        if found is None:
            found = _half_a_pair(item, f"{path}.{name}".lstrip("."))
        if found is not None:
            return found
    return None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


class BoundedMultiPartParser(parsers.MultiPartParser):
    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: JSONMapping | None = None,
    ) -> Any:
        _refuse_large(parser_context, settings.MAX_SOURCE_BYTES + MULTIPART_OVERHEAD)
        try:
            return super().parse(stream, media_type, parser_context)
        except exceptions.ParseError as error:
            raise exceptions.ParseError(
                f"The body is not multipart/form-data: {error.detail}. Leave Content-Type to your "
                "client: curl --form file=@notes.csv, or files={...} in Python's requests.",
                "malformed",
            ) from None


class AlwaysJSON(negotiation.BaseContentNegotiation):
    """Answer in JSON whatever `Accept` asks for, so that no script is refused."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        for parser in parsers:
            if _matches(request.content_type, parser.media_type):
                return parser
        return None

    def select_renderer(self, request: object, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


def _matches(content_type: str, media_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == media_type
