"""Servers that others wrote, if `make outside` installed them: each cell of docs/openai.md."""

import json
import os
import re
import socket
import subprocess
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
import requests
from django.core.management import CommandError, call_command

from dedup_project.env import Secret
from finetuning.lifecycle import polling
from finetuning.lifecycle.start import start_fine_tuning
from insights.embedding.openai import OpenAIEmbedder
from insights.models import ProcessingRun
from insights.openai import ProviderError, client

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent / "servers"
INSTALLED = ROOT / "var" / "outside"
TEXT = "The corridor printer needs a restart every single day."
CANNED = {
    "ok": True,
    "insights": [{"statement": TEXT, "quote": TEXT}],
    "same": True,
    "confidence": 0.9,
}
PARTS = ("extraction", "embeddings", "predictions", "fine-tuning")


def python(name):
    return INSTALLED / name / "bin" / "python"


def free_port():
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def started(tmp_path):
    """Start a server by its row in the table; return its address."""
    running = []
    environment = dict(os.environ)

    def run(name, *command):
        if not python(name).exists():
            pytest.skip(f"{name} is not installed: make outside")
        with (tmp_path / f"{len(running)}.log").open("w") as log:
            running.append(
                subprocess.Popen(
                    [python(name), *command], stdout=log, stderr=log, cwd=tmp_path, env=environment
                )
            )

    def ready(port):
        for _ in range(300):
            try:
                answer = requests.get(f"http://127.0.0.1:{port}/v1/models", timeout=2)
                if answer.status_code != 503:  # llama.cpp, while it loads
                    return f"http://127.0.0.1:{port}/v1"
            except requests.RequestException:
                assert running[-1].poll() is None, max(tmp_path.glob("*.log")).read_text()
            time.sleep(0.2)
        raise AssertionError(max(tmp_path.glob("*.log")).read_text())

    def start(row):
        port = free_port()
        name = row.partition(",")[0]
        if name == "llama.cpp":
            width = re.search(r"\d+", row)
            run(name, str(HERE / "llama_cpp.py"), str(port), width[0] if width else "384")
        elif name == "mockllm":
            said = json.dumps(CANNED) if "JSON" in row else "This is a mock response."
            file = tmp_path / "responses.yml"
            file.write_text(json.dumps({"responses": {}, "defaults": {"unknown_response": said}}))
            environment["MOCKLLM_RESPONSES_FILE"] = str(file)
            run(name, "-m", "uvicorn", "mockllm.server:app", "--port", str(port))
        elif name == "fakeai":
            run(name, "-c", "from fakeai.cli import main; main()",
                "server", "--port", str(port), "--response-delay", "0")  # fmt: skip
        elif name == "mock-ai-api":
            run(name, "-m", "uvicorn", "app.openai_app:app", "--port", str(port))
        else:
            behind = start("mockllm, set to JSON" if "mockllm" in row else "llama.cpp")
            models = [{"model_name": "m", "litellm_params":
                       {"model": "openai/m", "api_base": behind, "api_key": "none"}}]  # fmt: skip
            file = tmp_path / "litellm.yaml"
            weak = {"dangerously_permit_weak_or_unset_master_key": True}
            file.write_text(json.dumps({"model_list": models, "general_settings": weak}))
            run(name, "-c", "from litellm import run_server; run_server()",
                "--config", str(file), "--port", str(port), "--host", "127.0.0.1")  # fmt: skip
        return ready(port)

    yield start
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def rows():
    """Return the rows of the table in docs/openai.md: {server: {part: cell}}."""
    text = (ROOT / "docs" / "openai.md").read_text()
    head = (
        "| server | extraction | embeddings | predictions | fine-tuning |\n|---|---|---|---|---|\n"
    )
    table = text.partition(head)[2].partition("\n\n")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {row[0]: dict(zip(PARTS, row[1:], strict=True)) for row in cells}


def extraction(tmp_path):
    file = tmp_path / "note.txt"
    file.write_text(TEXT)
    try:
        call_command("ingest", str(file), no_progress=True)
    except CommandError:
        return ProcessingRun.objects.latest("pk").error
    return "works"


def embeddings(tmp_path):
    try:
        return "works" if OpenAIEmbedder().embed(["One.", "Two."]).shape == (2, 384) else "?"
    except ProviderError as error:
        return str(error)


def trained(backend, turned):
    """Advance a version to its end, as fast as a server's own clock allows."""
    model = start_fine_tuning(backend=backend)
    until = time.monotonic() + 90
    while not model.is_finished and time.monotonic() < until:
        turned.time += 20
        time.sleep(0.2 if backend == "zero_shot" else 1)
        model = polling.advance(model.pk)
    return "works" if model.status == "succeeded" else model.error or model.status


@pytest.fixture
def sent(monkeypatch):
    """Count the answered chat requests that are alike, byte for byte."""
    found = Counter()
    send = httpx2.Client.send

    def counted(self, request, **options):
        answer = send(self, request, **options)
        if request.url.path.endswith("/chat/completions") and answer.status_code == 200:
            found[bytes(request.content)] += 1
        return answer

    monkeypatch.setattr(httpx2.Client, "send", counted)
    return found


@pytest.mark.parametrize("row", rows())
def test_each_part_works_or_says_why_not(row, started, sent, settings, decisions, turned, tmp_path):
    settings.OPENAI_BASE_URL = started(row)
    settings.OPENAI_API_KEY = Secret("sk-local-123456789")
    model = "m" if row.startswith("litellm") else "gpt-4o-mini"
    settings.OPENAI_EXTRACTION_MODEL = settings.OPENAI_FINE_TUNING_MODEL = model
    settings.OPENAI_EMBEDDING_MODEL = "m" if model == "m" else "text-embedding-3-small"
    settings.OPENAI_REQUESTS_PER_MINUTE, settings.OPENAI_TOKENS_PER_MINUTE = 10**6, 10**9
    settings.OPENAI_DAILY_TOKENS = 10**9
    settings.EXTRACTOR = "insights.ingest.extraction.openai.OpenAIExtractor"
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    client.cache_clear()
    found = {
        "extraction": extraction(tmp_path),
        "embeddings": embeddings(tmp_path),
        "predictions": trained("zero_shot", turned),
        "fine-tuning": trained("openai", turned),
    }
    print(json.dumps(found, indent=1))
    expected = {part: cell.strip("“”") for part, cell in rows()[row].items()}
    assert all(cell in found[part] for part, cell in expected.items())
    assert max(sent.values()) <= 3
    client.cache_clear()
