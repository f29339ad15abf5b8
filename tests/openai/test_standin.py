"""The stand-in holds itself and us to OpenAI's published schema."""

import pytest

from insights.openai import Refused, Request, client
from tests.openai.standin import published

QUESTION = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "The same?"}]}


def ask(send):
    return client().call(Request("prediction", "gpt-4o-mini", send=send, read=lambda body: body))


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("/chat/completions", {**QUESTION, "logprob": True}, "'logprob' was unexpected"),
        ("/chat/completions", {**QUESTION, "logprobs": True, "top_logprobs": 21}, "21"),
        ("/chat/completions", {"model": "gpt-4o-mini"}, "messages"),
        ("/embeddings", {"model": "text-embedding-3-small", "inputs": ["a"]}, "input"),
        ("/embeddings", {"model": "text-embedding-3-small", "input": []}, "input"),
        ("/fine_tuning/jobs", {"model": "m", "training_file": "f", "suffix": "s" * 65}, "suffix"),
        ("/fine_tuning/jobs", {"model": "m", "training_file": "f", "epochs": 3}, "epochs"),
    ],
)
def test_a_request_that_the_schema_does_not_allow_is_refused(path, body, why):
    assert why in published.problem("POST", path, "request", body)


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/files/file-1", {"id": "file-1", "object": "file"}),
        ("GET", "/models", {"object": "list", "data": [{"id": "m", "object": "model"}]}),
        ("GET", "/nothing", {}),
    ],
)
def test_an_answer_that_the_schema_does_not_allow_is_none(method, path, answer):
    assert published.problem(method, path, "response", answer)


@pytest.mark.django_db
def test_a_call_to_a_misspelt_parameter_fails(standin):
    with pytest.raises(Refused, match="Unknown query parameter: purposes"):
        ask(lambda sdk: sdk.files.with_raw_response.list(extra_query={"purposes": "fine-tune"}))


@pytest.mark.django_db
def test_a_stand_in_that_is_unlike_the_real_one_says_so(standin, provider, monkeypatch):
    monkeypatch.setattr(provider, "list_models", lambda: {"object": "list", "models": []})
    with pytest.raises(Refused, match="unlike the real API"):
        ask(lambda sdk: sdk.models.with_raw_response.list())
    assert standin.unlike.pop()
