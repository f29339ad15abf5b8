"""Log lines for people or machines, each with its request's id and without private data.

Statements are never logged on purpose, but PostgreSQL's errors quote the failing row in their
DETAIL, so that is removed from every traceback. Secrets of the settings are removed wherever they
appear.
"""

import logging
import re

from django.conf import settings
from pythonjsonlogger.json import JsonFormatter

from insights.types import JSONObject

# Up to the next part of the error, or of the traceback that quotes it.
_DETAIL = re.compile(
    r"\n?DETAIL: .*?(?=\n(?:CONTEXT:|HINT:|QUERY:|Traceback |\n)|\Z)", flags=re.DOTALL
)
_STRUCK_OUT = "***"
# A shorter one occurs inside too many words to be struck out.
LEAST_SECRET = 8


class LineFormatter(logging.Formatter):
    """Readable lines for a terminal."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} [{request_id}] {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))


class JsonLineFormatter(JsonFormatter):
    """One object a line: time, level, logger, message, request_id; the traceback in `exc_info`."""

    def __init__(self) -> None:
        super().__init__(
            ["levelname", "name", "message", "request_id"],
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            json_ensure_ascii=False,
        )

    def process_log_record(self, log_data: JSONObject) -> JSONObject:
        return {
            name: discreet(value) if isinstance(value, str) else value
            for name, value in super().process_log_record(log_data).items()
            if name != "request"  # Django's: its repr shows the query string, so statements
        }


def discreet(text: str) -> str:
    """Strip DETAIL, secrets and query strings."""
    text = _DETAIL.sub("", text)
    for secret in _secrets():
        text = text.replace(secret, _STRUCK_OUT)
    return text


def _secrets() -> list[str]:
    kept = [settings.SECRET_KEY, settings.EMAIL_HOST_PASSWORD]
    kept += [one.reveal() for one in (settings.OPENAI_API_KEY, settings.METRICS_KEY)]
    kept.append(str(settings.DATABASES["default"].get("PASSWORD", "")))
    kept += re.findall(r"://[^/@]*:([^/@]+)@", settings.REDIS_URL)
    return [secret for secret in kept if len(secret) >= LEAST_SECRET]
