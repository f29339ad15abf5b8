"""Load web server, workers and beat for minutes: does anything grow, hang or fail?

    python -m benchmarks.soak --minutes 10

Starts `manage.py serve` on a database and a Redis of its own, retrains every minute and clusters
every 15 seconds, while threads act as people and scripts (uploads, duplicate checks, decisions,
undos, lists, admin pages). It observes the memory of each process, connections, locks, queues and
keys in Redis. From half-time on the uploads repeat earlier statements, so what still grows does not
grow with the data. At the end it checks its conditions; the exit code says whether they held.
"""

import argparse
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import requests
from psycopg import sql
from redis import Redis

from benchmarks._soak_watch import Watch
from dedup_project import embedded
from dedup_project.demo.gold import Gold
from dedup_project.embedded.redis import _program

ROOT = Path(__file__).resolve().parents[1]
VAR = Path(os.environ.get("INSIGHT_DEDUP_VAR", ROOT / "var")).resolve()
NAME = f"soak_{os.getpid()}"
REDIS_PORT, PORT = 24_000 + os.getpid() % 1000, 25_000 + os.getpid() % 1000
PASSWORD = secrets.token_urlsafe(12)
QUEUES = ("quick", "ingest", "cluster", "train")
FINE = {200, 201, 202, 302, 404, 409}  # somebody else was faster: 404, 409


class Load:
    """Threads that send one request after another until they are told to stop."""

    def __init__(self, token: str) -> None:
        self.base, self.token = f"http://127.0.0.1:{PORT}", token
        self.enough = threading.Event()
        self.nothing_new = threading.Event()
        self.uploaded: list[str] = []
        self.took: defaultdict[str, list[float]] = defaultdict(list)
        self.answers: Counter[tuple[str, int]] = Counter()
        self.statements = [statement for statement, _ in Gold().statements()]
        self.threads: list[threading.Thread] = []

    def start(self) -> None:
        people = [self.uploads, *2 * [self.checks], *2 * [self.decides], self.looks, self.browses]
        for number, person in enumerate(people):
            self.threads.append(threading.Thread(target=self._repeat, args=(person, number)))
            self.threads[-1].start()

    def stop(self) -> None:
        self.enough.set()
        for thread in self.threads:
            thread.join()

    def _repeat(self, person: Callable[[requests.Session, random.Random], None], seed: int) -> None:
        session, chance = requests.Session(), random.Random(seed)  # noqa: S311 - not for secrets
        if person != self.browses:
            session.headers["Authorization"] = f"Token {self.token}"
        while not self.enough.is_set():
            try:
                person(session, chance)
            except requests.RequestException as error:
                self.answers[type(error).__name__, 0] += 1
            self.enough.wait(chance.uniform(0.05, 0.4))

    def ask(self, session: requests.Session, what: str, method: str, path: str, **more: Any) -> Any:
        began = time.perf_counter()
        response = session.request(method, self.base + path, timeout=60, **more)
        self.took[what].append(time.perf_counter() - began)
        self.answers[what, response.status_code] += 1
        return response

    def told(self, chance: random.Random) -> str:
        """Return a corpus statement about one of many places: similar, rarely a duplicate."""
        return f"{chance.choice(self.statements)[:-1]} at site {chance.randrange(400)}."

    def uploads(self, session: requests.Session, chance: random.Random) -> None:
        number = chance.randrange(5, 40)
        if self.nothing_new.is_set():
            told = chance.choices(self.uploaded, k=number)
        else:
            told = [self.told(chance) for _ in range(number)]
            self.uploaded += told
        rows = "\n".join(told)
        files = {"file": (f"{secrets.token_hex(4)}.txt", rows)}
        self.ask(session, "upload", "POST", "/api/v1/sources", files=files)
        self.enough.wait(2)

    def checks(self, session: requests.Session, chance: random.Random) -> None:
        asked = {"statement": self.told(chance)}
        self.ask(session, "duplicate check", "POST", "/api/v1/duplicates/check", json=asked)

    def decides(self, session: requests.Session, chance: random.Random) -> None:
        listed = self.ask(session, "open clusters", "GET", "/api/v1/clusters?status=open").json()
        for cluster in chance.sample(listed["results"], min(3, len(listed["results"]))):
            address = f"/api/v1/clusters/{cluster['id']}"
            verdict = chance.choice(["approve", "approve", "reject"])
            done = self.ask(session, verdict, "POST", f"{address}/{verdict}", json={})
            if done.ok and chance.random() < 0.2:
                undo = f"/api/v1/decisions/{done.json()['id']}/undo"
                self.ask(session, "undo", "POST", undo, json={})

    def looks(self, session: requests.Session, chance: random.Random) -> None:
        pages = ("insights", "decisions", "sources", "models", "clusters/queue", "predictions")
        page = chance.choice(pages)
        self.ask(session, "list", "GET", f"/api/v1/{page}")
        self.ask(session, "readyz", "GET", "/readyz")

    def browses(self, session: requests.Session, chance: random.Random) -> None:
        if "sessionid" not in session.cookies:
            self.ask(session, "log in", "GET", "/admin/login/")
            form = {"username": "root", "password": PASSWORD, "next": "/admin/"}
            form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
            self.ask(session, "log in", "POST", "/admin/login/", data=form)
        pages = ("", "insights/cluster/", "insights/insight/", "finetuning/deduplicationmodel/")
        self.ask(session, "admin page", "GET", f"/admin/{chance.choice(pages)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--data", help="unused: the rows are generated")
    seconds = parser.parse_args().minutes * 60
    url = embedded.database_url(VAR, NAME)
    environment = {
        **os.environ,
        "INSIGHT_DEDUP_VAR": str(VAR),
        "EMBEDDED_DATABASE": NAME,
        "REDIS_URL": f"redis://127.0.0.1:{REDIS_PORT}/0",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "DJANGO_SETTINGS_MODULE": "dedup_project.settings",
        "RETRAIN_EVERY_SECONDS": "60",
        "CLUSTER_EVERY_SECONDS": "15",
        "RETRAIN_MIN_NEW_DECISIONS": "20",
        "LOG_LEVEL": "WARNING",
        **{f"API_{scope}_PER_MINUTE": "100000" for scope in ("READ", "REVIEW", "INGEST", "ADMIN")},
    }

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(  # noqa: S603
            command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        redis = subprocess.Popen(  # noqa: S603
            [str(_program()), "--port", str(REDIS_PORT), "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        served = None
        try:
            manage("migrate", "--verbosity", "0")
            manage("createsuperuser", "--noinput", "--username=root", "--email=root@example.org")
            load = Load(manage("create_api_token", "root", "--scope", "admin"))
            served = subprocess.Popen(  # noqa: S603
                [sys.executable, "manage.py", "serve", f"--port={PORT}"],
                cwd=ROOT, env=environment, start_new_session=True, stderr=log,
            )  # fmt: skip
            return soak(load, Watch(served.pid, url, Redis(port=REDIS_PORT), QUEUES), seconds, log)
        finally:
            if served is not None:
                served.send_signal(signal.SIGTERM)
                served.wait(60)
            redis.kill()
            redis.wait()
            with psycopg.connect(url, dbname="postgres", autocommit=True) as server:
                gone = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                server.execute(gone.format(sql.Identifier(NAME)))


def soak(load: Load, watch: Watch, seconds: float, log: Any) -> int:
    wait_until(lambda: is_ready(load.base), 60)
    load.start()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if time.monotonic() > ends - seconds / 2:
            load.nothing_new.set()  # what grows from here on does not grow with the data
        watch.look()
        time.sleep(5)
    load.stop()
    wait_until(watch.is_quiet, 120)
    print(watch.table())
    print("| request | how many | median, ms | 95 %, ms | answers |")
    print("|---|---:|---:|---:|---|")
    for what, took in sorted(load.took.items()):
        codes = {code: n for (asked, code), n in load.answers.items() if asked == what}
        middle, high = 1000 * np.percentile(took, [50, 95])
        said = ", ".join(f"{code}: {n}" for code, n in sorted(codes.items()))
        print(f"| {what} | {len(took):,} | {middle:.0f} | {high:.0f} | {said} |")
    log.seek(0)
    logged = [line for line in log if re.search("ERROR|CRITICAL|Traceback", line)]
    wrong = {str(asked): n for asked, n in load.answers.items() if asked[1] not in FINE}
    problems = [
        *watch.problems(),
        *(f"{n} answers of {asked}" for asked, n in wrong.items()),
        *(f"in the log: {line.strip()}" for line in logged[:5]),
    ]
    print("\n" + ("\n".join(problems) or "Nothing failed, grew or was left behind."))
    return bool(problems)


def is_ready(base: str) -> bool:
    try:
        return requests.get(f"{base}/readyz", timeout=5).ok
    except requests.RequestException:
        return False


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
