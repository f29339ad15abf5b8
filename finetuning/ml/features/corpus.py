"""Document frequencies of a corpus: how rare a word, a letter sequence or a token is."""

import base64
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from insights.types import JSONObject

BUCKETS = 1 << 14  # of hashed letter sequences
VOCABULARY = 30_522  # of MiniLM's tokenizer
MOST_WORDS = 5_000
STEPS = 16  # an IDF is stored in sixteenths
_WORD = re.compile(r"[^\W_]+(?:\.\d+)?")


def words(text: str) -> list[str]:
    """Return the lower-case words and decimal numbers of a statement."""
    return _WORD.findall(text.lower())


def grams(text: str) -> NDArray[np.int64]:
    """Return the hashed sequences of 3 to 5 letters of a statement, repeats included."""
    line = f" {' '.join(words(text))} "
    found = (line[at : at + size] for size in (3, 4, 5) for at in range(len(line) - size + 1))
    return np.array([zlib.crc32(one.encode()) % BUCKETS for one in found], dtype=np.int64)


@dataclass(frozen=True)
class Corpus:
    """Inverse document frequencies, log((n + 1) / df), of n statements.

    words: IDF of the most frequent words that are in two statements or more; others have `rarest`.
    grams: (BUCKETS,) and tokens: (VOCABULARY,) uint8, in sixteenths; `tokens` may be empty.
    """

    rarest: float
    words: dict[str, float]
    grams: NDArray[np.uint8]
    tokens: NDArray[np.uint8]

    @classmethod
    def of(cls, texts: Iterable[str], tokens: Iterable[NDArray[np.int64]] = ()) -> Self:
        """Count distinct statements, and the token ids of each where they are known."""
        word_counts: Counter[str] = Counter()
        gram_counts, token_counts = np.zeros(BUCKETS), np.zeros(VOCABULARY)
        n = 0
        for text in texts:
            n += 1
            word_counts.update(set(words(text)))
            gram_counts[np.unique(grams(text))] += 1
        has_tokens = False
        for ids in tokens:
            has_tokens = True
            token_counts[np.unique(ids)] += 1
        common = sorted(word_counts.items(), key=lambda row: (-row[1], row[0]))[:MOST_WORDS]
        return cls(
            round(float(np.log(n + 1)), 6),
            {word: round(float(np.log((n + 1) / df)), 4) for word, df in common if df > 1},
            _quantised(gram_counts, n),
            _quantised(token_counts, n) if has_tokens else np.zeros(0, np.uint8),
        )

    def idf(self, word: str) -> float:
        """Return a word's IDF; an unknown word counts as rare as the rarest known one."""
        return self.words.get(word, self.rarest)

    def to_json(self) -> JSONObject:
        """Plain JSON types, some 200 kB."""
        return {
            "rarest": self.rarest,
            "words": self.words,
            "grams": base64.b64encode(self.grams.tobytes()).decode(),
            "tokens": base64.b64encode(self.tokens.tobytes()).decode(),
        }

    @classmethod
    def from_json(cls, stored: JSONObject) -> Self:
        """Raise KeyError, TypeError or ValueError for a table that was damaged."""
        found = {
            name: np.frombuffer(base64.b64decode(stored[name], validate=True), np.uint8)
            for name in ("grams", "tokens")
        }
        if len(found["grams"]) != BUCKETS or len(found["tokens"]) not in (0, VOCABULARY):
            raise ValueError("The corpus's tables have the wrong length.")
        table = {str(word): float(value) for word, value in stored["words"].items()}
        return cls(float(stored["rarest"]), table, found["grams"], found["tokens"])


def _quantised(df: NDArray[np.float64], n: int) -> NDArray[np.uint8]:
    idf = np.log((n + 1) / np.maximum(df, 1))
    return np.round(idf * STEPS).clip(0, 255).astype(np.uint8)
