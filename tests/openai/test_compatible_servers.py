"""Servers of OpenAI's protocol: each quirk is learnt once and kept, or told in one sentence."""

import json
import random
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from dedup_project.env import Secret
from finetuning.lifecycle import polling
from finetuning.lifecycle.start import start_fine_tuning
from insights.embedding.openai import OpenAIEmbedder
from insights.ingest.chunking import Chunk
from insights.ingest.extraction.openai import OpenAIExtractor
from insights.models import ApiCall, InsightSource, ProviderDialect
from insights.openai import MalformedAnswer, Refused, Unavailable, client
from insights.openai.client import _body
from insights.openai.dialect import forget_dialects

pytestmark = pytest.mark.django_db

TEXT = "The corridor printer needs a restart every single day."
CHUNK = Chunk(TEXT, "¶ 1", 0, len(TEXT), None, None, False)
ANSWER = {"insights": [{"statement": TEXT, "quote": TEXT}]}


def refusal(message, status=400):
    return status, {"error": {"message": message, "type": "BadRequestError", "code": status}}


def vector(text, numbers):
    found = random.Random(text)
    return [found.gauss(0, 1) for _ in range(numbers)]


@dataclass
class Quirks:
    """A server on loopback that refuses what `refuse` names, and words its answers by `wrap`."""

    refuse: set[str] = field(default_factory=set)
    wrap: str = "{}"
    numbers: int = 384
    stream: bool = False
    lists_models: bool = True
    listed: str = "m"
    breaks_at: set[str] = field(default_factory=set)  # 500 without a reason
    ignores_schema: bool = False
    asked: list[tuple[str, dict]] = field(default_factory=list)

    def answer(self, path, body):
        self.asked.append((path, body))
        if path == "/v1/models" and self.lists_models:
            return 200, {"object": "list", "data": [{"id": self.listed, "object": "model"}]}
        if path == "/v1/embeddings":
            return self.embeddings(body)
        if path == "/v1/chat/completions":
            return self.chat(body)
        return 404, {"detail": "Not Found"}  # FastAPI's own

    def embeddings(self, body):
        if "dimensions" in self.refuse and "dimensions" in body:
            return refusal('Model "m" does not support matryoshka representation.')
        if "base64" in self.refuse and body.get("encoding_format") == "base64":
            detail = [{"loc": ["body", "encoding_format"], "msg": "Input should be 'float'"}]
            return 422, {"detail": detail}
        rows = [
            {
                "index": n,
                "embedding": [random.Random(text).gauss(0, 1) for _ in range(self.numbers)],
            }
            for n, text in enumerate(body["input"])
        ]
        return 200, {"data": rows}

    def chat(self, body):
        form = (body.get("response_format") or {}).get("type")
        roles = {one["role"] for one in body["messages"]}
        if "developer" in roles:
            return refusal("developer is not one of ['system', 'assistant', 'user']")
        if "system" in self.refuse and "system" in roles:
            return refusal("Jinja Exception: System role not supported", 500)
        if "max_completion_tokens" in self.refuse and "max_completion_tokens" in body:
            return refusal("[{'loc': ('body', 'max_completion_tokens'), 'msg': 'Extra inputs'}]")
        if form in self.refuse:
            return refusal(f"response_format type {form} is unavailable now")
        if "temperature" in self.refuse and "temperature" in body:
            return refusal("Unsupported value: 'temperature' does not support 0 with this model.")
        if "logprobs" in self.refuse and body.get("logprobs"):
            return refusal("logprobs are not supported with this model.", 403)
        if form in self.breaks_at:
            return 500, {"error": {"message": "An unexpected error occurred."}}
        text = json.dumps(self.said(body))
        if self.ignores_schema and "JSON schema" not in json.dumps(body["messages"]):
            text = '{"answer": "Yes, gladly."}'
        content = self.wrap.replace("{}", text)
        message = {"role": "assistant", "content": content}
        return 200, {"model": "m", "choices": [{"index": 0, "message": message}]}

    def said(self, body):
        asked = json.dumps(body)
        if "insights" in asked:
            return ANSWER
        return {"ok": True} if "Answer {" in asked else {"same": "x" in asked, "confidence": 0.9}

    def count(self, path):
        return sum(one == path for one, _ in self.asked)


@pytest.fixture
def quirks(settings, turned):
    found = Quirks()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send(*found.answer(self.path, {}))

        def do_POST(self):
            data = self.rfile.read(int(self.headers["Content-Length"]))
            self.send(*found.answer(self.path, json.loads(data)))

        def send(self, status, body):
            data, kind = json.dumps(body).encode(), "application/json"
            if found.stream and status == 200 and "choices" in body:
                text, kind = body["choices"][0]["message"]["content"], "text/event-stream"
                chunks = [
                    {"choices": [{"delta": {"content": part}}]} for part in (text[:9], text[9:])
                ]
                data = b"".join(b"data: %s\n\n" % json.dumps(one).encode() for one in chunks)
                data += b"data: [DONE]\n\n"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.OPENAI_BASE_URL = f"http://127.0.0.1:{server.server_port}/v1"
    settings.OPENAI_API_KEY = Secret("sk-local")
    settings.OPENAI_EXTRACTION_MODEL = settings.OPENAI_FINE_TUNING_MODEL = "m"
    settings.OPENAI_EMBEDDING_MODEL = "m"
    settings.OPENAI_PRICES = {"m": "0/0/0"}
    client.cache_clear()
    yield found
    server.shutdown()
    server.server_close()
    client.cache_clear()


@pytest.mark.parametrize(
    ("refuse", "learnt"),
    [
        (set(), {}),
        ({"max_completion_tokens"}, {"limit": "max_tokens"}),
        ({"json_schema"}, {"format": "json_object"}),
        ({"json_schema", "json_object"}, {"format": ""}),
        ({"system"}, {"role": "user"}),
        ({"system", "json_schema", "max_completion_tokens"},
         {"role": "user", "format": "json_object", "limit": "max_tokens"}),
    ],
)  # fmt: skip
def test_what_a_server_refuses_is_learnt_once_and_kept(quirks, refuse, learnt):
    quirks.refuse = refuse
    assert [one.text for one in OpenAIExtractor().extract(CHUNK)] == [TEXT]
    assert len(quirks.asked) == 1 + len(refuse)
    row = ProviderDialect.objects.filter(model="m").first()
    assert (row.learnt if row else {}) == learnt

    forget_dialects()  # another process: it begins with what is kept
    quirks.asked.clear()
    other = Chunk(f"{TEXT} Yes.", "¶ 2", 0, len(TEXT) + 5, None, None, False)
    assert OpenAIExtractor().extract(other)
    assert len(quirks.asked) == 1


@pytest.mark.parametrize(
    "wrap",
    ["```json\n{}\n```", "```\n{}\n```", "<think>\nOne insight, {braces}.\n</think>\n\n{}",
     "<think></think>```json\n{}\n```", "\n  {}\n"],
)  # fmt: skip
def test_a_fence_or_a_thought_around_the_answer_is_taken_off(quirks, wrap):
    quirks.wrap = wrap
    assert [one.text for one in OpenAIExtractor().extract(CHUNK)] == [TEXT]
    assert len(quirks.asked) == 1


def test_a_server_that_streams_without_being_asked_is_understood(quirks):
    quirks.stream = True
    assert [one.text for one in OpenAIExtractor().extract(CHUNK)] == [TEXT]


def test_events_that_are_streamed_are_a_list_the_newest_first():
    text = "".join(f"data: {json.dumps({'id': n})}\n\n" for n in (1, 2)) + "data: [DONE]\n\n"
    answer = httpx2.Response(200, headers={"Content-Type": "text/event-stream"}, text=text)
    assert _body(answer) == {"data": [{"id": 2}, {"id": 1}]}


def test_no_request_is_sent_more_than_three_times_for_an_unusable_answer(quirks):
    quirks.wrap = "I would say: yes."
    with pytest.raises(MalformedAnswer, match="did not answer in JSON"):
        OpenAIExtractor().extract(CHUNK)
    assert len(quirks.asked) <= 3


@pytest.mark.parametrize("quirk", [{"breaks_at": {"json_schema"}}, {"ignores_schema": True}])
def test_a_schema_that_breaks_or_is_ignored_without_a_word_is_put_in_words(quirks, quirk):
    for name, value in quirk.items():
        setattr(quirks, name, value)
    assert [one.text for one in OpenAIExtractor().extract(CHUNK)] == [TEXT]
    assert len(quirks.asked) == 3
    assert ProviderDialect.objects.get(model="m").learnt == {"format": "json_object"}


def test_another_form_that_does_not_help_is_not_kept(quirks):
    quirks.breaks_at = {"json_schema", "json_object", None}
    with pytest.raises(Unavailable):
        OpenAIExtractor().extract(CHUNK)
    assert len(quirks.asked) == 5
    assert not ProviderDialect.objects.exists()


def test_a_server_that_lists_its_file_and_takes_any_name(quirks, decisions):
    quirks.listed = "/models/small.gguf"
    model = start_fine_tuning(backend="zero_shot")
    for _ in range(3):
        model = polling.advance(model.pk)
    assert model.status == "succeeded", model.error


def test_a_name_that_is_neither_listed_nor_answered_is_refused_at_once(quirks, decisions):
    quirks.listed = "other"
    quirks.chat = lambda body: refusal("The model `m` does not exist.", 404)
    model = start_fine_tuning(backend="zero_shot")
    model = polling.advance(model.pk)
    assert model.status == "failed"
    assert "It offers: other" in model.error


def test_a_server_that_trains_nothing_says_so_and_what_to_use(quirks, decisions):
    model = polling.advance(start_fine_tuning(backend="openai").pk)
    assert model.status == "failed"
    assert "does not train models. The server has no /v1/files (404)" in model.error
    assert "zero_shot" in model.error
    assert "“/v1”" not in model.error, "it is there"


def test_a_model_whose_first_answers_alone_have_probabilities(quirks, decisions):
    chat = quirks.chat

    def first_only(body):
        status, answer = chat(body)
        if body.get("logprobs") and quirks.count("/v1/chat/completions") == 1:
            word = {"token": "Yes", "logprob": -0.1}
            answer["choices"][0]["logprobs"] = {"content": [{**word, "top_logprobs": [word]}]}
        return status, answer

    quirks.chat = first_only
    model = start_fine_tuning(backend="zero_shot")
    for _ in range(3):
        model = polling.advance(model.pk)
    assert (model.status, model.error) == ("succeeded", "")
    assert model.parameters["mode"] == "structured"


def test_a_version_whose_model_answers_unusably_fails_with_the_sentence(quirks, decisions):
    quirks.refuse, quirks.wrap = {"logprobs"}, "Perhaps."
    model = start_fine_tuning(backend="zero_shot")
    for _ in range(4):
        model = polling.advance(model.pk)
    assert model.status == "failed"
    assert "does not answer in a form that can be used" in model.error
    bodies = [json.dumps(body) for path, body in quirks.asked if "chat" in path]
    assert max(map(bodies.count, bodies)) <= 3
    assert len(bodies) <= 5
    before = len(quirks.asked)
    polling.advance(model.pk)
    assert len(quirks.asked) == before


@pytest.mark.parametrize("refuse", [set(), {"logprobs"}, {"temperature", "max_completion_tokens"}])
def test_a_prompted_model_is_calibrated_with_or_without_logprobs(quirks, decisions, refuse):
    quirks.refuse, quirks.lists_models = refuse, False  # as a gateway
    model = start_fine_tuning(backend="zero_shot")
    for _ in range(3):
        model = polling.advance(model.pk)
    assert model.status == "succeeded", model.error
    assert model.parameters["mode"] == "structured"


@pytest.mark.parametrize("refuse", [set(), {"dimensions"}, {"base64"}, {"dimensions", "base64"}])
def test_embeddings_without_dimensions_or_base64(quirks, refuse):
    quirks.refuse = refuse
    assert OpenAIEmbedder().embed([f"One {sorted(refuse)}.", "Two."]).shape == (2, 384)


def test_vectors_of_another_size_are_refused_with_both_numbers(quirks):
    quirks.numbers = 640
    with pytest.raises(Refused, match="640 dimensions, this database stores 384"):
        OpenAIEmbedder().embed(["A text that nobody asked about."])
    assert len(quirks.asked) == 1


def test_a_missing_endpoint_and_a_missing_model_are_told_apart(quirks, settings):
    settings.OPENAI_BASE_URL = settings.OPENAI_BASE_URL.removesuffix("/v1")
    client.cache_clear()
    with pytest.raises(Refused, match=r"no /chat/completions .404.. Not Found .*“/v1” at its end"):
        OpenAIExtractor().extract(CHUNK)


def test_the_answers_of_one_server_are_not_those_of_another(quirks, settings):
    OpenAIExtractor().extract(CHUNK)
    settings.OPENAI_BASE_URL = settings.OPENAI_BASE_URL.replace("127.0.0.1", "localhost")
    client.cache_clear()
    OpenAIExtractor().extract(CHUNK)
    assert quirks.count("/v1/chat/completions") == 2


def test_a_refused_file_is_one_line_and_the_next_file_is_read(quirks, settings, tmp_path, capsys):
    settings.EXTRACTOR = "insights.ingest.extraction.openai.OpenAIExtractor"
    settings.DUPLICATE_DECIDER = "insights.decider.SimilarityDecider"
    quirks.wrap = "No."
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "b.csv").write_text("insight\nThe ward kettle leaks on the counter.\n")
    with pytest.raises(CommandError, match="1 file"):
        call_command("ingest", str(tmp_path / "a.txt"), str(tmp_path / "b.csv"), no_progress=True)
    said = capsys.readouterr()
    assert "did not answer in JSON" in said.err
    assert "Traceback" not in said.err
    assert InsightSource.objects.filter(source__name="b.csv").count() == 1


def test_the_command_says_what_the_server_understands(quirks, capsys):
    quirks.refuse = {"json_schema", "logprobs", "dimensions"}
    call_command("check_provider")
    said = capsys.readouterr().out
    assert "Answers in JSON. Not in OpenAI's form: format: json_object" in said
    assert "Gives no probabilities" in said
    assert "Gives 384 dimensions." in said
    assert ApiCall.objects.filter(purpose="check").exists()
    quirks.numbers = 640
    with pytest.raises(CommandError, match="Cannot be used for: embeddings"):
        call_command("check_provider")


def test_the_connection_is_tested_by_a_button(quirks, admin_client, settings):
    client = admin_client
    listed = reverse("admin:insights_providerdialect_changelist")
    assert b"Test the connection" in client.get(listed).content
    address = reverse("admin:insights_providerdialect_test")
    page = client.post(address).content.decode()
    assert "Answers in JSON." in page
    assert client.get(address).status_code == 405
    settings.OPENAI_API_KEY = Secret("")
    assert b"Test the connection" not in client.get(listed).content
