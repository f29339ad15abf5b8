"""Settings of the web server, for `gunicorn --config python:dedup_project.web.gunicorn`.

gunicorn has no setting for the pages of its own refusals (a request line that is too long, a broken
header), so its writer is replaced: they are problems like the API's.
"""

import json
import socket
import sys
import uuid

from gunicorn import util

workers = 2
threads = 8  # of which heavy requests take at most two: insights.jobs.slots
keepalive = 75  # seconds; longer than a proxy's

WAY_OUT = {
    414: "Shorten the address: send long texts in the body of a POST.",
    431: "Send fewer or shorter headers and cookies.",
}


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
