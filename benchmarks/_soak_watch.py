"""Observe a running application: memory, connections, locks, queues, keys (soak.py)."""

import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import psycopg
from redis import Redis

GROWS = 3.0  # MB a minute, over the second half, is more than noise
ASKED = {
    "connections": "true",
    "idle in transaction for 5 s": "state LIKE 'idle in transaction%'"
    " AND state_change < now() - interval '5 s'",
    "waiting for a lock for 5 s": "wait_event_type = 'Lock'"
    " AND state_change < now() - interval '5 s'",
    "advisory locks": "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')",
}
QUERY = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND "
)


class Watch:
    def __init__(self, pid: int, url: str, redis: Redis, queues: tuple[str, ...]) -> None:
        self.pid, self.redis, self.queues = pid, redis, queues
        self.server = psycopg.connect(url, autocommit=True)
        self.began = time.monotonic()
        self.memory: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        self.seen: defaultdict[str, list[int]] = defaultdict(list)

    def look(self) -> None:
        minute = (time.monotonic() - self.began) / 60
        for pid in _tree(self.pid):
            found = _named(pid)
            if found is not None:
                name, megabytes = found
                self.memory[f"{name} {pid}"].append((minute, megabytes))
        for what, count in self._now().items():
            self.seen[what].append(count)

    def is_quiet(self) -> bool:
        self.look()
        last = {what: counts[-1] for what, counts in self.seen.items()}
        return not (last["in queues"] or last["advisory locks"] or last["being worked on"])

    def problems(self) -> list[str]:
        """List what is left after the load has ended, and what kept growing."""
        last = {what: counts[-1] for what, counts in self.seen.items()}
        found = [f"{last[what]} {what} at the end" for what in ("in queues", "being worked on",
                 "advisory locks", "idle in transaction for 5 s") if last[what]]  # fmt: skip
        found += [
            f"{max(counts)} {what}"
            for what, counts in self.seen.items()
            if what.endswith("5 s") and max(counts)
        ]
        found += [
            f"{name} grows by {slope:.1f} MB a minute"
            for name, (_, _, slope) in self._growth().items()
            if slope > GROWS
        ]
        lasting = [key.decode() for key in self.redis.scan_iter() if self.redis.ttl(key) == -1]
        strays = [key for key in lasting if not key.startswith("_kombu.")]
        return found + [f"in Redis without an end: {key}" for key in strays]

    def table(self) -> str:
        lines = ["| process | MB at half-time | MB at the end | MB a minute since |"]
        lines += ["|---|---:|---:|---:|"]
        for name, (half, end, slope) in sorted(self._growth().items()):
            lines.append(f"| {name} | {half:.0f} | {end:.0f} | {slope:+.2f} |")
        lines += ["", "| seen each 5 s | median | most | at the end |", "|---|---:|---:|---:|"]
        for what, counts in self.seen.items():
            lines.append(f"| {what} | {np.median(counts):.0f} | {max(counts)} | {counts[-1]} |")
        return "\n".join([*lines, ""])

    def _growth(self) -> dict[str, tuple[float, float, float]]:
        """Return the megabytes at half-time and at the end, and their least-squares slope."""
        growth = {}
        for name, seen in self.memory.items():
            later = np.array([one for one in seen if one[0] > seen[-1][0] / 2])
            if len(later) > 3:
                slope = float(np.polyfit(later[:, 0], later[:, 1], 1)[0])
                growth[name] = (float(later[0, 1]), float(later[-1, 1]), slope)
        return growth

    def _now(self) -> dict[str, int]:
        counts = {}
        for what, condition in ASKED.items():
            query = (QUERY + condition).encode()
            (counts[what],) = self.server.execute(query).fetchone() or (0,)
        counts["in queues"] = sum(int(self.redis.llen(queue)) for queue in self.queues)
        counts["being worked on"] = int(self.redis.hlen("unacked"))
        counts["keys in Redis"] = int(self.redis.dbsize())
        return counts


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _tree(int(child)))]


def _named(pid: int) -> tuple[str, float] | None:
    """Return a process's role and its resident memory in MB; None if it has just ended."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_text()
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    roles = {"gunicorn": "web", "long@": "worker", "quick@": "quick worker", "beat": "beat"}
    name = next((role for mark, role in roles.items() if mark in line), "serve")
    resident = [row for row in status.splitlines() if row.startswith("VmRSS:")]
    return (name, int(resident[0].split()[1]) / 1024) if resident else None
