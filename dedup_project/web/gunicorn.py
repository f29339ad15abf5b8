"""Settings of the web server, for `gunicorn --config python:dedup_project.web.gunicorn`.

gunicorn has no setting for the pages of its own refusals (a request line that is too long, a broken
header), so its writer is replaced: they are problems like the API's.
"""

import gc
import json
import os
import socket
import sys
import uuid

from django.urls import get_resolver
from gunicorn import util

# More than the computations that run at once (insights.jobs.slots), so one is always idle. Each
# connection is one request, which an idle process is the first to accept; a connection that stays
# would wait for a process that has become busy.
workers = (os.cpu_count() or 1) + 2
keepalive = 0
threads = 8  # of which heavy requests take at most two
preload_app = True  # a process that was killed is replaced at once, and memory is shared
control_socket_disable = True  # one in the home folder, which two servers would fight for

WAY_OUT = {
    414: "Shorten the address: send long texts in the body of a POST.",
    431: "Send fewer or shorter headers and cookies.",
}


def when_ready(server: object) -> None:
    """Import the views, and leave what all processes share out of their garbage collections."""
    get_resolver().url_patterns  # noqa: B018 (imports them)
    gc.freeze()


def write_problem(sock: socket.socket, status: int, reason: str, message: str) -> None:
    body = {
        "type": "about:blank",
        "title": reason,
        "status": status,
        "code": reason.lower().replace(" ", "_"),
        "detail": f"{message}. {WAY_OUT.get(status, '')}".strip(". ") + ".",
        "request_id": uuid.uuid4().hex,
    }
    content = json.dumps(body)
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    util.write_nonblock(sock, (head + content).encode("ascii"))


# A thread that computes lets go of the interpreter sooner than by default: a short request needs it
# dozens of times, once a query.
sys.setswitchinterval(0.001)
util.write_error = write_problem
