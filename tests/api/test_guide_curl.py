"""Every curl command of the guide, word for word, against a running server with a real token."""

import json
import re
import subprocess

import pytest

from finetuning.lifecycle import polling
from finetuning.models import DeduplicationModel
from insights.models import ApiToken
from tests.finetuning.conftest import decisions  # noqa: F401

# As the guide has them. Its second export has a bare "&", which a shell takes for itself.
EXPORT_JSONL = (
    "curl http://localhost:3000/api/admin/insights/export-training-data?format=openai_jsonl"
    " > training-data.jsonl"
)
EXPORT_JSON = (
    "curl http://localhost:3000/api/admin/insights/export-training-data?format=json&stats=true"
    " > training-data.json"
)
EXPORT_JSON_QUOTED = (
    'curl "http://localhost:3000/api/admin/insights/export-training-data?format=json&stats=true"'
    " > training-data.json"
)
FINE_TUNE = """curl -X POST http://localhost:3000/api/admin/insights/fine-tune-model \\
  -H "Content-Type: application/json" \\
  -d '{
    "baseModel": "gpt-4o-mini-2024-07-18"
  }'"""
JOB = 'curl "http://localhost:3000/api/admin/insights/fine-tune-model?jobId=ftjob-abc123..."'
STATUS = "curl http://localhost:3000/api/admin/insights/model-status"
ACTIVATE = """curl -X POST http://localhost:3000/api/admin/insights/model-status \\
  -H "Content-Type: application/json" \\
  -d '{
    "modelId": "model-uuid-from-database",
    "action": "activate"
  }'"""
CLUSTER_ALL = "curl -X POST http://localhost:3000/api/admin/insights/cluster-all"

STARTED = json.loads("""{
  "success": true,
  "fineTuneJobId": "ftjob-abc123...",
  "trainingFileId": "file-xyz789...",
  "modelVersion": 1,
  "trainingDataStats": {
    "approved_merges": 45,
    "rejected_clusters": 32,
    "partial_merges": 12
  },
  "message": "Fine-tuning job created. Monitor progress at: https://platform.openai.com/..."
}""")
STATUSES = {"validating_files", "queued", "running", "succeeded", "failed", "cancelled"}


def shape(value):
    """Names and types, without the values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return type(value).__name__


@pytest.fixture
def shell(server, tmp_path, superuser):
    """Runs a command of the guide; the token's header comes from curl's own configuration."""
    _, key = ApiToken.make(user=superuser, scopes=["admin"])
    (tmp_path / ".curlrc").write_text(f'header = "Authorization: Token {key}"\nsilent\n')

    def run(command: str) -> str:
        command = command.replace("http://localhost:3000", server)
        done = subprocess.run(
            ["bash", "-c", command + "\nwait"],
            cwd=tmp_path,
            env={"CURL_HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout

    run.folder = tmp_path
    return run


def test_the_guides_commands_work_as_they_stand(shell, decisions):  # noqa: F811
    clustered = json.loads(shell(CLUSTER_ALL))
    assert clustered["success"] is True
    task = json.loads(shell(f"curl {clustered['taskUrl']}"))
    assert task["status"] == "succeeded", task

    shell(EXPORT_JSONL)
    lines = (shell.folder / "training-data.jsonl").read_text().splitlines()
    assert len(lines) > 20
    for line in lines:
        user, assistant = json.loads(line)["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        assert assistant["content"] in ("Yes", "No")

    as_it_stands = json.loads(shell(EXPORT_JSON))
    assert set(as_it_stands) == {"examples"}
    shell(EXPORT_JSON_QUOTED)
    exported = json.loads((shell.folder / "training-data.json").read_text())
    assert exported["examples"] == as_it_stands["examples"]
    assert exported["statistics"]["approved_merges"] == 40

    started = json.loads(shell(FINE_TUNE))
    assert shape(started) == shape(STARTED)
    assert started["message"].endswith(f"jobId={started['fineTuneJobId']}")
    assert re.search(r"Fine-tuning job created\. Monitor progress at: http", started["message"])

    polling.wait(DeduplicationModel.objects.get(), timeout=30)
    job = json.loads(shell(JOB.replace("ftjob-abc123...", started["fineTuneJobId"])))
    assert job["status"] in STATUSES
    assert (job["status"], job["error"]) == ("succeeded", None)

    status = json.loads(shell(STATUS))
    assert status["activeModel"] is None
    (model,) = status["models"]

    activated = json.loads(shell(ACTIVATE.replace("model-uuid-from-database", model["id"])))
    assert activated["success"] is True
    status = json.loads(shell(STATUS))
    assert status["activeModel"]["id"] == model["id"]
    assert status["accuracy"] == {"totalReviewed": 0, "correct": 0, "accuracyPct": None}
    assert status["trainingDataStats"] == {
        "approved_merges": 40, "rejected_clusters": 40, "partial_merges": 0,
        "positive_pairs": 40, "negative_pairs": 40,
    }  # fmt: skip
    off = ACTIVATE.replace("model-uuid-from-database", model["id"]).replace("activ", "deactiv")
    assert json.loads(shell(off))["model"]["isActive"] is False


def test_the_guides_placeholders_are_explained(shell):
    job = json.loads(shell(JOB))
    assert (job["status"], job["code"]) == (404, "not_found")
    switch = json.loads(shell(ACTIVATE))
    assert (switch["status"], switch["field"]) == (400, "modelId")
    assert json.loads(shell(EXPORT_JSONL + "; cat training-data.jsonl"))["error"] == (
        "No training data available"
    )
