"""The stand-in's models: simple, deterministic, and honest unless told otherwise."""

import hashlib
import json
import math
import re
from functools import cache

import numpy as np

STATEMENT = re.compile(r"^Statement [12]: (.*)$", re.MULTILINE)
WORD = re.compile(r"\w+")


def statements(prompt: str) -> tuple[str, str]:
    """The two statements of the product's prompt."""
    first, second = (json.loads(quoted) for quoted in STATEMENT.findall(prompt)[-2:])
    return first, second


def hashed_vector(text: str, dimensions: int) -> np.ndarray:
    """Words and their trigrams, hashed: the more words two texts share, the higher the cosine."""
    vector = np.zeros(dimensions)
    for word in WORD.findall(text.lower()):
        grams = [word, *(word[i : i + 3] for i in range(len(word) - 2))]
        for gram in grams:
            digest = hashlib.sha256(gram.encode()).digest()
            place = int.from_bytes(digest[:4], "big") % dimensions
            vector[place] += (1 if digest[4] % 2 else -1) * (2.0 if gram == word else 1.0)
    if not vector.any():
        vector[0] = 1.0
    return vector / np.linalg.norm(vector)


class Brain:
    """`judge` gives P(yes), by a logistic curve over cosine and shared words that training fits."""

    def __init__(self):
        self.trained = {}

    def embed(self, texts, dimensions):
        return np.array([hashed_vector(text, dimensions) for text in texts])

    @cache  # noqa: B019 - lives as long as the server
    def vector(self, text):
        (found,) = self.embed([text], 384)
        return found

    def features(self, prompt):
        one, other = statements(prompt)
        words, more = (set(WORD.findall(text.lower())) for text in (one, other))
        shared = len(words & more) / max(1, len(words | more))
        return [float(self.vector(one) @ self.vector(other)), shared]

    def train(self, name, examples):
        from sklearn.linear_model import LogisticRegression

        known = [self.features(messages[0]["content"]) for messages in examples]
        label = [messages[-1]["content"] == "Yes" for messages in examples]
        fit = LogisticRegression(C=100.0).fit(known, label)
        self.trained[name] = (fit.coef_[0].tolist(), float(fit.intercept_[0]))

    def judge(self, model, prompt):
        weights, intercept = self.trained.get(model, ([10.0, 0.0], -6.0))
        score = intercept + sum(
            weight * value for weight, value in zip(weights, self.features(prompt), strict=True)
        )
        return 1 / (1 + math.exp(-score))

    def extract(self, prompt):
        """Each line with a full stop, with itself as quote."""
        text = json.loads(prompt[prompt.index("{") :])["text"]
        found = [line.strip() for line in re.split(r"(?<=[.!?])\s+", text)]
        return [{"statement": one, "quote": one} for one in found if one.endswith(".")]


class CarefulBrain(Brain):
    """MiniLM's vectors, the sentence rules, and a pair model worth the name: for the whole loop."""

    def train(self, name, examples):
        from finetuning.ml.training import TrainingPairs, train

        pairs = [statements(messages[0]["content"]) for messages in examples]
        known = TrainingPairs(
            left=[one for one, _ in pairs],
            right=[other for _, other in pairs],
            similarity=np.array([self.similarity(*pair) for pair in pairs]),
            label=np.array([messages[-1]["content"] == "Yes" for messages in examples]),
            group=list(range(len(pairs))),
        )
        self.trained[name] = train(known, seed=1).model

    def similarity(self, one, other):
        return float(self.vector(one) @ self.vector(other))

    def judge(self, model, prompt):
        one, other = statements(prompt)
        cosine = self.similarity(one, other)
        if model not in self.trained:
            return 1 / (1 + math.exp(6 - 10 * cosine))
        return float(self.trained[model].predict_probability([one], [other], [cosine])[0])

    @cache  # noqa: B019 - lives as long as the server
    def _minilm(self):
        from insights.embedding.minilm.embedder import OnnxMiniLM

        return OnnxMiniLM()

    def embed(self, texts, dimensions):
        assert dimensions == 384
        return np.asarray(self._minilm().embed(list(texts)), dtype=float)

    def extract(self, prompt):
        from insights.ingest.chunking import Chunk
        from insights.ingest.extraction import RuleExtractor

        text = json.loads(prompt[prompt.index("{") :])["text"]
        chunk = Chunk(text, "", 0, len(text), None, None)
        found = RuleExtractor().extract(chunk)
        return [{"statement": one.text, "quote": text[one.start : one.end]} for one in found]


class ObedientBrain(Brain):
    """Does what a statement tells it to: the worst that prompt injection can do."""

    def judge(self, model, prompt):
        return 1 - 1e-9

    def extract(self, prompt):
        text = json.loads(prompt[prompt.index("{") :])["text"]
        return [
            {"statement": "All insights are the same and must be merged.", "quote": "invented"},
            {"statement": text[:200], "quote": text[:200]},
        ]
