"""A provider on loopback: real HTTP, every call counted, trouble on request."""

import json
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.openai.standin import published
from tests.openai.standin.api import Provider
from tests.openai.standin.checks import Refusal
from tests.openai.standin.faults import Fault


@dataclass
class Call:
    method: str
    path: str
    body: Any
    status: int | None = None


@dataclass
class Script:
    pattern: str
    faults: list[Fault] = field(default_factory=list)


class StandIn:
    """`with StandIn() as server: ...` - `server.url` is the base URL."""

    def __init__(self, provider: Provider | None = None, port: int = 0) -> None:
        self.provider = provider or Provider()
        self.calls: list[Call] = []
        self.unlike: list[str] = []  # own answers that the published schema does not allow
        self.scripts: list[Script] = []
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"standin": self})
        self.http = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.http.daemon_threads = True
        self.http.block_on_close = False
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def __enter__(self) -> "StandIn":
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def script(self, pattern: str, *faults: Fault) -> None:
        """The next requests to "METHOD /path" (a regular expression) get these, one each."""
        self.scripts.append(Script(pattern, list(faults)))

    def fault(self, method: str, path: str) -> Fault | None:
        with self.provider.lock:
            for script in self.scripts:
                if script.faults and re.search(script.pattern, f"{method} {path}"):
                    return script.faults.pop(0)
        return None

    def count(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, f"{one.method} {one.path}")) for one in self.calls)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    standin: StandIn

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urlsplit(self.path)
        path = url.path.removeprefix("/v1")
        if path.startswith("/_standin"):
            self._control(path, data)
            return
        kind = self.headers.get("content-type", "")
        body = json.loads(data) if kind.startswith("application/json") and data else None
        call = Call(method, path, body)
        with self.standin.provider.lock:
            self.standin.calls.append(call)
        fault = self.standin.fault(method, path)
        try:
            self._answer(method, path, parse_qs(url.query), body, data, call, fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer(self, method, path, query, body, data, call, fault):
        if fault and fault.kind in {"status", "hang", "reset", "garbage"}:
            self._trouble(fault, call)
            return
        try:
            if self.headers.get("authorization") != f"Bearer {self.standin.provider.key}":
                said = self.headers.get("authorization", "").removeprefix("Bearer ")
                # The real one masks the key; this one does not, to see that the client does.
                raise Refusal(f"Incorrect API key provided: {said}.", 401, "invalid_api_key")
            self._require_published(method, path, query, body)
            with self.standin.provider.lock:
                answer = self._route(method, path, query, body, data)
            status = 200
            problem = (
                ""
                if isinstance(answer, bytes)
                else published.problem(method, path, "response", answer)
            )
        except Refusal as refusal:
            answer, status = refusal.body, refusal.status
            problem = published.problem_of_error(answer)
        if problem:
            self.standin.unlike.append(f"{method} {path}: {problem}")
            answer, status = Refusal(f"The stand-in is unlike the real API: {problem}").body, 418
        call.status = status
        if fault and fault.kind == "lost":
            self._reset()
            return
        if fault and fault.kind == "change":
            answer = fault.change(answer)
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self._send(status, content, half=bool(fault and fault.kind == "half_body"))

    def _require_published(self, method, path, query, body) -> None:
        if unknown := published.unknown_query(method, path, set(query)):
            raise Refusal(f"Unknown query parameter: {min(unknown)}")
        if body is not None and (why := published.problem(method, path, "request", body)):
            raise Refusal(f"Invalid request: {why}")

    def _trouble(self, fault: Fault, call: Call) -> None:
        call.status = fault.status if fault.kind == "status" else None
        if fault.kind == "hang":
            self.standin.closing.wait(fault.seconds)
            self._reset()
        elif fault.kind == "reset":
            self._reset()
        elif fault.kind == "garbage":
            self._send(200, str(fault.body).encode())
        else:
            self._send(fault.status, json.dumps(fault.body).encode(), headers=fault.headers)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()

    def _send(self, status, content, *, headers=None, half=False):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.send_header("x-request-id", f"req_{len(self.standin.calls):06d}")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if half else content)
        if half:
            self.wfile.flush()
            self.close_connection = True

    def _route(self, method, path, query, body, data):
        provider = self.standin.provider
        parts = path.strip("/").split("/")
        match (method, *parts):
            case ("GET", "models"):
                return provider.list_models()
            case ("POST", "embeddings"):
                return provider.embeddings(body)
            case ("POST", "chat", "completions"):
                return provider.chat(body)
            case ("POST", "files"):
                fields, name, content = _multipart(self.headers["content-type"], data)
                self._require_published(method, path, {}, {**fields, "file": name})
                return provider.create_file(fields, name, content)
            case ("GET", "files"):
                purpose = query.get("purpose", [None])[0]
                found = [f for f in provider.files.values() if purpose in (None, f["purpose"])]
                return _page(found[::-1], query)
            case ("GET", "files", number):
                return provider.file(number)
            case ("GET", "files", number, "content"):
                provider.file(number)
                return provider.contents[number]
            case ("POST", "fine_tuning", "jobs"):
                return provider.create_job(body)
            case ("GET", "fine_tuning", "jobs"):
                tag = {k[9:-1]: v[0] for k, v in query.items() if k.startswith("metadata[")}
                found = [
                    job for job in provider.jobs.values()
                    if tag.items() <= job.get("metadata", {}).items()
                ]  # fmt: skip
                return _page(found[::-1], query, ends=False)
            case ("GET", "fine_tuning", "jobs", number):
                return provider.job(number)
            case ("POST", "fine_tuning", "jobs", number, "cancel"):
                return provider.cancel_job(number)
            case ("GET", "fine_tuning", "jobs", number, "events"):
                return _page(provider.events[number][::-1], query, ends=False)
            case ("GET", "fine_tuning", "jobs", number, "checkpoints"):
                return _page(provider.checkpoints[number][::-1], query)
        raise Refusal(f"Invalid URL ({method} {path})", status=404)

    def _control(self, path: str, data: bytes) -> None:
        """For tests with the server in a process of its own."""
        said = json.loads(data or b"{}")
        if path == "/_standin/script":
            self.standin.script(said["pattern"], *(Fault(**one) for one in said["faults"]))
        elif path == "/_standin/provider":
            for name, value in said.items():
                setattr(self.standin.provider, name, value)
        calls = [[one.method, one.path, one.status] for one in self.standin.calls]
        self._send(200, json.dumps({"calls": calls, "at": time.time()}).encode())


def _page(found, query, *, ends=True):
    """`ends`: the first and the last id, which some lists have and some have not."""
    after = query.get("after", [None])[0]
    limit = int(query.get("limit", ["20"])[0])
    ids = [one["id"] for one in found]
    start = ids.index(after) + 1 if after in ids else 0
    page = found[start : start + limit]
    answer = {"object": "list", "data": page, "has_more": start + limit < len(found)}
    if ends:
        first, last = (page[0]["id"], page[-1]["id"]) if page else ("", "")
        answer.update(first_id=first, last_id=last)
    return answer


def _multipart(content_type, data):
    message = BytesParser(policy=HTTP).parsebytes(
        b"content-type: " + content_type.encode() + b"\r\n\r\n" + data
    )
    fields, name, content = {}, None, None
    for part in message.iter_parts():
        if part.get_filename():
            name, content = part.get_filename(), part.get_payload(decode=True)
        else:
            fields[part.get_param("name", header="content-disposition")] = part.get_payload()
    if content is None:
        raise Refusal("'file' is a required property", param="file")
    return fields, name, content
