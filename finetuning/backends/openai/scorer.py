"""Turn a chat answer into the calibrated chance that two statements say the same.

The score of an answer is its log-odds: by the probabilities of the first token where the model
gives them (P(yes) / (P(yes) + P(no)), summed over case and space), else by the confidence that it
states in a structured answer. A Platt sigmoid over the scores of the validation part, which the
model has not seen, makes 0.90 mean 0.90; with few labels it cannot claim certainty.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from scipy.special import logit

from finetuning.backends import StatementPair
from finetuning.ml.calibration import Sigmoid, fit_sigmoid
from finetuning.ml.local_model import Contribution
from finetuning.training_data.prompt import NO, YES, messages
from insights.openai import MalformedAnswer, ProviderError, Refused, Request
from insights.openai.answer_cache import ask, keep, key_of, known
from insights.openai.dialect import dialect_of, json_in
from insights.openai.prices import tokens_in
from insights.types import JSONObject

PURPOSE = "prediction"
FORMAT = "hosted-1"
TOP_LOGPROBS = 20
CLIP = 1e-6  # an answer is never surer than this
SAME_SCORE = 1e-9
STRUCTURED_TOKENS = 2000  # a reasoning model thinks before it answers

Mode = Literal["logprobs", "structured"]

SCHEMA = {
    "name": "same_statement",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {
            "same": {"type": "boolean", "description": "The two statements say the same thing."},
            "confidence": {
                "type": "number",
                "description": "The chance that this answer is right, from 0.5 to 1.",
            },
        },
        "required": ["same", "confidence"],
        "additionalProperties": False,
    },
}


class NoLogprobs(ProviderError):
    """The model answers, but without the probabilities."""


def body(model: str, pair: StatementPair, mode: Mode) -> JSONObject:
    """Return the body of POST /chat/completions, in the forms that the server takes."""
    chat = partial(dialect_of(model).chat, messages(pair.statement1, pair.statement2))
    if mode == "structured":
        return chat(tokens=STRUCTURED_TOKENS, schema=SCHEMA)
    return chat(tokens=1, temperature=0, logprobs=True, top_logprobs=TOP_LOGPROBS)


def read(answer: Any, mode: Mode) -> float:
    """Return P(yes). Raises MalformedAnswer and NoLogprobs."""
    try:
        choice = answer["choices"][0]
        said = choice["message"]["content"]
        if mode == "structured":
            return _stated(said, choice["message"].get("refusal"))
        if not choice.get("logprobs"):
            raise NoLogprobs(f"{answer.get('model')} gives no logprobs.")
        first = choice["logprobs"]["content"][0]
        found = {YES.lower(): 0.0, NO.lower(): 0.0}
        for token in first.get("top_logprobs") or [first]:
            word = str(token["token"]).strip().lower()
            if word in found and token["logprob"] > -9999.0:  # then it was not among the top tokens
                found[word] += math.exp(token["logprob"])
        yes, no = found[YES.lower()], found[NO.lower()]
        if not math.isfinite(yes + no) or yes + no <= 0.0:
            raise MalformedAnswer(f"The model answered neither {YES} nor {NO}: {said!r:.80}")
        return yes / (yes + no)
    except (TypeError, KeyError, IndexError, ValueError, OverflowError) as error:
        raise MalformedAnswer(
            f"The chat answer has the wrong shape: {type(error).__name__}: {error}"
        ) from None


def _stated(said: str | None, refusal: object) -> float:
    if refusal:
        return 0.5  # the model refuses, so a person has to decide
    stated = json_in(said)
    same, confidence = stated["same"], float(stated["confidence"])
    if not isinstance(same, bool) or math.isnan(confidence):
        raise MalformedAnswer(f"The model's answer has the wrong form: {said!r:.80}")
    confidence = min(1.0, max(0.5, confidence))
    return confidence if same else 1 - confidence


def request(model: str, pair: StatementPair, mode: Mode) -> Request[float]:
    asked = messages(pair.statement1, pair.statement2)
    return Request(
        PURPOSE,
        model,
        send=lambda sdk: sdk.chat.completions.with_raw_response.create(**body(model, pair, mode)),
        read=lambda answer: read(answer, mode),
        prompt_tokens=tokens_in(asked[0]["content"]) + 20,
        completion_tokens=1 if mode == "logprobs" else STRUCTURED_TOKENS,
        dialect=dialect_of(model),
        in_format=mode == "structured",
    )


def answer_key(model: str, pair: StatementPair, mode: Mode) -> str:
    asked = messages(pair.statement1, pair.statement2)
    return key_of(PURPOSE, settings.OPENAI_BASE_URL, model, asked, mode)


def answers(model: str, pairs: Sequence[StatementPair], mode: Mode) -> NDArray[np.float64]:
    """Return (n,) float64: the model's P(yes), each pair asked once. Raises ProviderError."""
    keys = [answer_key(model, pair, mode) for pair in pairs]
    requests = {key: request(model, pair, mode) for key, pair in zip(keys, pairs, strict=True)}
    found = ask(requests)
    return np.array([float(found[key]) for key in keys], dtype=np.float64)


def mode_of(model: str, pair: StatementPair) -> Mode:
    """Find out by one question. Its answer is kept, even if it is unusable."""
    if known([_mode_key(model, pair)]):
        return "structured"
    try:
        answers(model, [pair], "logprobs")
        return "logprobs"
    except (NoLogprobs, MalformedAnswer):
        pass
    except Refused as error:
        if error.status not in {400, 403, 415, 422} or "logprob" not in str(error).lower():
            raise
    return _without_logprobs(model, pair)


def _mode_key(model: str, pair: StatementPair) -> str:
    return key_of(answer_key(model, pair, "logprobs"), "mode")


def _without_logprobs(model: str, pair: StatementPair) -> Mode:
    keep({_mode_key(model, pair): "structured"}, purpose=PURPOSE, model=model)
    return "structured"


def scores(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(logit(np.clip(probability, CLIP, 1 - CLIP)), dtype=np.float64)


def calibrated(model: str, pairs: Sequence[StatementPair], labels: Sequence[bool]) -> JSONObject:
    """Calibrate on labelled pairs the model has not seen; return its `parameters`."""
    mode = mode_of(model, pairs[0])
    answers(model, pairs[:1], mode)  # one question reveals a model with unusable answers
    try:
        said = answers(model, pairs, mode)
    except (NoLogprobs, MalformedAnswer):
        if mode == "structured":
            raise
        mode = _without_logprobs(model, pairs[0])  # some of its answers are empty
        answers(model, pairs[:1], mode)
        said = answers(model, pairs, mode)
    score = scores(said)
    if np.ptp(score) < SAME_SCORE:
        score = np.zeros_like(score)  # rounding is no evidence
    sigmoid = fit_sigmoid(score, list(labels))
    return {
        "format": FORMAT,
        "mode": mode,
        "slope": sigmoid.slope,
        "intercept": sigmoid.intercept,
        "calibrated_on": len(pairs),
    }


class HostedScorer:
    def __init__(self, model: str, parameters: Any) -> None:
        """Raise ValueError when the parameters are not those of a hosted model."""
        known = parameters if isinstance(parameters, dict) else {}
        if known.get("format") != FORMAT or known.get("mode") not in ("logprobs", "structured"):
            raise ValueError(f"{model} has not been calibrated; train it again.")
        self.mode: Mode = known["mode"]
        self._sigmoid = Sigmoid(float(known["slope"]), float(known["intercept"]))
        self._model = model

    def probabilities(self, pairs: Sequence[StatementPair]) -> NDArray[np.float64]:
        if not pairs:
            return np.zeros(0)
        said = answers(self._model, pairs, self.mode)
        return self._sigmoid.probability(scores(said))

    def explain(self, pairs: Sequence[StatementPair]) -> list[list[Contribution]]:
        return [[] for _ in pairs]
