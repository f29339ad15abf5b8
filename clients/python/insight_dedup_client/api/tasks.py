"""Generated from docs/openapi.yaml by clients/generate.py. Do not edit."""
# mypy: disable-error-code="no-any-return"

from typing import Any, TypedDict

from insight_dedup_client.transport import Transport


class Task(TypedDict):
    id: "str"
    kind: "str"
    status: "str"
    is_finished: "bool"
    cancel_requested: "bool"
    progress: "TaskProgress | None"
    waiting_for: "str | None"
    result: "Any"
    error: "str | None"
    resource: "str"
    started_at: "str"
    finished_at: "str | None"


class TaskProgress(TypedDict):
    step: "str"
    done: "int"
    total: "int"


class TasksCalls(Transport):
    def get_task(self, id: str) -> Task:
        """Get a task's progress; poll as often as Retry-After says."""
        return self.request("GET", f"/api/v1/tasks/{id}")

    def cancel_task(self, id: str, *, idempotency_key: str | None = None) -> Task:
        """Cancel a queued task at once, a running one after its current step."""
        return self.request(
            "POST", f"/api/v1/tasks/{id}/cancel", headers={"Idempotency-Key": idempotency_key}
        )
