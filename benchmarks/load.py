"""Time health checks and review decisions while ten callers load each endpoint.

    python -m benchmarks.load [--seconds 60] [--callers 10] [--only NAME ...] [--data DATA]
        [--filled]

A gunicorn with the product's own settings serves a database of its own: the demo with its trained
model, arXiv findings up to 20,000 insights, and 5,000 open clusters. The callers are another
process and ask again at once; refused ones as soon as Retry-After says. Times in milliseconds, as
their clients see them. Limits per minute are lifted, so that only the slots for heavy requests and
the turns of a caller protect the server. `--filled` keeps the database of an earlier run; with
`--only`, a run that was broken off goes on.
"""

import argparse
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Event
from typing import Any

import numpy as np
import requests

os.environ.setdefault("EMBEDDED_DATABASE", "insight_dedup_bench")

from benchmarks.api_duplicate_check import fill, prepare

PORT = 3900
BASE = f"http://127.0.0.1:{PORT}"
INSIGHTS, CLUSTERS = 20_000, 5_000
HEALTH_EVERY, DECIDE_EVERY = 0.05, 0.2  # seconds, at least
MOST_HEALTHZ, MOST_DECISION = 0.1, 0.3  # seconds: of 99 in 100, of the median
LIFTED = {
    f"API_{what}_PER_MINUTE": "1000000000"
    for what in ("READ", "REVIEW", "INGEST", "TRAIN", "ADMIN", "WORK")
}
Ask = tuple[str, str, Any]  # method, path, JSON body


def endpoints() -> dict[str, Callable[[int], Ask]]:
    """Return the endpoints by name, each with the request of the n-th call."""
    from finetuning.models import DeduplicationModel
    from insights.models import Cluster, Insight

    model = f"/api/v1/models/{DeduplicationModel.objects.active().pk}"  # type: ignore[union-attr]
    insight = f"/api/v1/insights/{Insight.objects.values_list('pk', flat=True).first()}"
    cluster = f"/api/v1/clusters/{Cluster.objects.values_list('pk', flat=True).first()}"
    said = list(
        Insight.objects.filter(origin="extracted")
        .exclude(statement__regex=r"^Topic|^Alone")
        .values_list("statement", flat=True)[:5000]
    )

    def texts(call: int, count: int) -> list[str]:
        lines = (said[(call + n) % len(said)] for n in range(count))
        return [f"It was noted in week {call}: {line}" for line in lines]

    def pairs(call: int) -> list[dict[str, str]]:
        return [
            {"statement1": one, "statement2": other}
            for one, other in zip(texts(call, 500), texts(call + 1, 500), strict=True)
        ]

    def pushed(call: int) -> Any:
        return {
            "source": f"load {time.time_ns()}",
            "statements": [{"statement": one} for one in texts(call, 100)],
        }

    guide, v1 = "/api/admin/insights", "/api/v1"
    page = "/admin/finetuning/deduplicationmodel"
    return {
        "docs": lambda n: ("GET", "/api/docs", None),
        "schema": lambda n: ("GET", "/api/schema", None),
        "insights": lambda n: ("GET", f"{v1}/insights?page_size=200", None),
        "search": lambda n: ("GET", f"{v1}/insights/search?text=rota+{n}", None),
        "insight": lambda n: ("GET", insight, None),
        "clusters": lambda n: ("GET", f"{v1}/clusters?page_size=200", None),
        "cluster": lambda n: ("GET", cluster, None),
        "queue": lambda n: ("GET", f"{v1}/clusters/queue", None),
        "decisions": lambda n: ("GET", f"{v1}/decisions?page_size=200", None),
        "predictions list": lambda n: ("GET", f"{v1}/predictions?page_size=200", None),
        "evaluation": lambda n: ("GET", f"{model}/evaluation", None),
        "misclassifications": lambda n: ("GET", f"{model}/misclassifications", None),
        "model status": lambda n: ("GET", f"{guide}/model-status", None),
        "check": lambda n: ("POST", f"{v1}/duplicates/check", {"statement": texts(n, 1)[0]}),
        "check-batch (100)": lambda n: (
            "POST", f"{v1}/duplicates/check-batch", {"statements": texts(n, 100)}
        ),
        "predictions (500)": lambda n: ("POST", f"{v1}/predictions", {"pairs": pairs(n)}),
        "push (100)": lambda n: ("POST", f"{v1}/insights", pushed(n)),
        "upload, dry run": lambda n: (
            "POST",
            f"{v1}/sources/text",
            {"name": "a.txt", "text": "\n".join(texts(n, 5000)), "dry_run": True},
        ),
        "threshold preview": lambda n: (
            "GET", f"{model}/thresholds/preview?auto_merge_confidence=0.{910 + n % 80}", None
        ),
        "training data": lambda n: ("GET", f"{guide}/export-training-data?format=json&stats=true",
                                    None),
        "download CSV": lambda n: ("GET", "/admin/insights/insight/download/csv/", None),
        "download XLSX": lambda n: ("GET", "/admin/insights/insight/download/xlsx/", None),
        "thresholds page": lambda n: (
            "GET", f"{page}/thresholds/?auto_merge_confidence=0.{910 + n % 80}", None
        ),
        "insights page": lambda n: ("GET", "/admin/insights/insight/?q=rota", None),
        "overview": lambda n: ("GET", "/admin/", None),
    }  # fmt: skip


def call(ask: Callable[[int], Ask], headers: dict[str, str], enough: Event, told: Any) -> None:
    """Call again and again, from a process of its own: (status, seconds, bytes) of each call."""
    seen: list[tuple[int, float]] = []

    def caller(first: int) -> None:
        with requests.Session() as session:
            session.headers.update(headers)
            number = first
            while not enough.is_set():
                method, path, body = ask(number)
                number += 10
                began = time.perf_counter()
                answer = session.request(method, BASE + path, json=body, timeout=300)
                seen.append((answer.status_code, time.perf_counter() - began))
                enough.wait(float(answer.headers.get("Retry-After", 0)))

    threads = [threading.Thread(target=caller, args=(n,)) for n in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.send(seen)


def watch(
    seconds: float, headers: dict[str, str], clusters: Iterator[Any], decide_every: float
) -> list[list[float]]:
    """Return the seconds of each health check and of each decision."""
    until = time.monotonic() + seconds
    took: list[list[float]] = [[], []]

    def again(every: float, into: list[float], send: Callable[[requests.Session], Any]) -> None:
        with requests.Session() as session:
            while time.monotonic() < until:
                began = time.perf_counter()
                send(session).raise_for_status()
                into.append(time.perf_counter() - began)
                time.sleep(every)

    def healthz(session: requests.Session) -> Any:
        return session.get(f"{BASE}/healthz", timeout=300)

    def decide(session: requests.Session) -> Any:
        path = f"{BASE}/api/v1/clusters/{next(clusters)}/reject"
        return session.post(path, json={}, headers=headers, timeout=300)

    threads = [
        threading.Thread(target=again, args=(HEALTH_EVERY, took[0], healthz)),
        threading.Thread(target=again, args=(decide_every, took[1], decide)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def percentiles(took: list[float]) -> str:
    return " | ".join(f"{1000 * np.percentile(took, p):.0f}" for p in (50, 99, 100))


def main() -> None:
    global CALLERS
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--callers", type=int, default=10)
    parser.add_argument("--only", nargs="+", help="names of endpoints")
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--filled", action="store_true", help="the database is filled already")
    options = parser.parse_args()
    CALLERS = options.callers
    from benchmarks import review  # which sets Django up

    if not options.filled:
        prepare()
        fill(INSIGHTS - 2 * CLUSTERS, options.data)
        review.fill(CLUSTERS, INSIGHTS)
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    from dedup_project.management.commands.serve import commands
    from insights.models import ApiToken, Cluster

    root, _ = User.objects.get_or_create(username="load", is_staff=True, is_superuser=True)
    _, key = ApiToken.make(user=root, scopes=["admin"])
    browser = Client()
    browser.force_login(root)
    cookies = "; ".join(f"{one.key}={one.value}" for one in browser.cookies.values())
    headers = {"Authorization": f"Token {key}", "Cookie": cookies}
    found = Cluster.objects.filter(status="open", size=2).order_by("?").values_list("pk", flat=True)
    clusters = iter(found)
    asked = {n: ask for n, ask in endpoints().items() if not options.only or n in options.only}
    every = max(DECIDE_EVERY, (len(asked) + 2) * options.seconds / len(found))  # enough for all
    connection.close()
    environment = {**os.environ, **LIFTED, "LOG_LEVEL": "CRITICAL"}
    web = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *commands(f"127.0.0.1:{PORT}")["web"]],
        env=environment,
        stderr=subprocess.DEVNULL,  # a line a refusal
    )
    try:
        wait_until_ready()
        watch(3, headers, clusters, every)  # the first requests of a process load its model
        columns = (
            "calls",
            "refused",
            "p50",
            "/healthz p50",
            "p99",
            "max",
            "decision p50",
            "p99",
            "max",
        )
        print(f"| endpoint | {' | '.join(columns)} |\n|---{'|---:' * len(columns)}|")
        show("nobody", [], watch(options.seconds, headers, clusters, every))
        over = []
        context = multiprocessing.get_context("fork")
        for name, ask in asked.items():
            enough = context.Event()
            here, there = context.Pipe()
            process = context.Process(target=call, args=(ask, headers, enough, there))
            process.start()
            time.sleep(1)
            took = watch(options.seconds, headers, clusters, every)
            enough.set()
            if not show(name, here.recv(), took):
                over.append(name)
            process.join()
        print(f"Over the target: {', '.join(over) or 'none'}.")
    finally:
        web.terminate()
        web.wait()


def show(name: str, calls: list[tuple[int, float]], took: list[list[float]]) -> bool:
    """Print the row; return whether both targets are met and no answer is odd."""
    codes = Counter(status for status, _ in calls)
    refused = codes[503] + codes[429]
    odd = {status: count for status, count in codes.items() if status not in (200, 503, 429)}
    served = [seconds for status, seconds in calls if status == 200]
    p50 = f"{1000 * np.median(served):.0f}" if served else "–"
    figures = f"{percentiles(took[0])} | {percentiles(took[1])}"
    print(f"| {name}{odd or ''} | {len(served)} | {refused} | {p50} | {figures} |", flush=True)
    health, decision = np.percentile(took[0], 99), np.median(took[1])
    return not odd and health < MOST_HEALTHZ and decision < MOST_DECISION


def wait_until_ready() -> None:
    for _ in range(120):
        try:
            if requests.get(f"{BASE}/readyz", timeout=5).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.5)
    sys.exit("The server did not start.")


if __name__ == "__main__":
    main()
