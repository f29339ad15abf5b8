"""The local embedder: all-MiniLM-L6-v2 on onnxruntime, on the CPU, in float32 or in 8 bits."""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import onnxruntime
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from insights.embedding.minilm.eight_bits import EightBitGraph
from insights.embedding.minilm.graph import Graph, build_bert_graph
from insights.embedding.minilm.weights import WeightsFolder, find_weights, verify

# Neither can be seen from the weights; both as in the model's config.json.
HEADS = 12
LAYER_NORM_EPSILON = 1e-12

# sentence-transformers cuts this model's input here; tokenizer.json says 128 and is overruled.
MAX_TOKENS = 256

# Tokens a batch, padding included. What a layer works on then stays in a core's 2 MB cache:
# 4,096 was a fifth slower, below 512 the calls themselves begin to cost.
BATCH_TOKENS = 1024

# Layers of the token states: the embedding layer and the last. In between, layer 3 added nothing.
STATE_LAYERS = (0, 6)
_STATES = tuple(f"states_{layer}" for layer in STATE_LAYERS)
# Statements whose token states are kept; 25 tokens take 40 kB.
KEPT_STATES = 2048


@dataclass(frozen=True, slots=True)
class TokenStates:
    """The tokens of one text without the two special ones.

    ids: (t,) int64. states: (2, t, 384) float16, rows of length 1.
    """

    ids: np.ndarray
    states: np.ndarray


class OnnxMiniLM:
    """Embedder on local weights: no network, no torch.

    Each batch runs on one thread, and `threads` batches run at a time. On an idle machine that is
    as quick as giving all threads to each batch, on a busy one up to twice as quick: no thread
    waits for another inside a matrix product. The same call gives the same bits each time; the
    other texts of its batch change a vector by less than 1e-6.

    Nothing is loaded before the first call, and neither onnxruntime nor the tokenizer keeps a
    thread between calls, so a Celery worker may fork before or after it.

    Args:
        threads: batches at a time; by default the cores that this process may use.
        weights: the folder of the weights; by default the installed package.
    """

    name = "all-MiniLM-L6-v2"
    dimensions = 384
    graph: type[Graph] = Graph

    def __init__(self, *, threads: int | None = None, weights: WeightsFolder | None = None) -> None:
        self.threads = threads or _usable_cores()
        self._weights = weights
        self._loading = threading.Lock()
        self._loaded: tuple[Tokenizer, onnxruntime.InferenceSession] | None = None
        self._states: OrderedDict[str, TokenStates] = OrderedDict()

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Embed the texts as Embedder.embed says; a text is cut after 256 tokens.

        A text that occurs several times in `texts` is computed once.

        Raises:
            WeightsError: the weights are missing or are not the genuine ones.
        """
        _refuse_unusable(texts)
        place = {text: index for index, text in enumerate(dict.fromkeys(texts))}
        where = np.fromiter((place[text] for text in texts), np.intp, len(texts))
        vectors = np.empty((len(place), self.dimensions), np.float32)
        # The model that compares new texts with others needs their states next. They cost nothing.
        states = _STATES if len(place) <= KEPT_STATES // 2 else ()
        distinct = list(place)
        for rows, tokens, (values, *found) in self._run(distinct, ["embedding", *states]):
            vectors[rows] = values
            if states:
                self._keep(_states_of(distinct, rows, tokens, found))
        if not np.isfinite(vectors).all():
            raise ArithmeticError(f"{self.name} gave a vector that is not finite.")
        return vectors[where]

    def token_states(self, texts: Sequence[str]) -> list[TokenStates]:
        """Return the token states of each text; those of the last 2,048 texts are kept.

        Raises as `embed` does.
        """
        _refuse_unusable(texts)
        found = {text: kept for text in texts if (kept := self._states.get(text)) is not None}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        new: dict[str, TokenStates] = {}
        for rows, tokens, outputs in self._run(missing, _STATES):
            new |= _states_of(missing, rows, tokens, outputs)
        self._keep(new)
        found |= new
        return [found[text] for text in texts]

    def _keep(self, states: dict[str, TokenStates]) -> None:
        with self._loading:
            self._states.update(states)
            while len(self._states) > KEPT_STATES:
                self._states.popitem(last=False)

    def token_ids(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Return the token ids of each text without the special ones, (t,) int64; no encoding."""
        tokenizer, _ = self._load()
        return [np.array(one.ids[1:-1], np.int64) for one in tokenizer.encode_batch(list(texts))]

    def _run(
        self, texts: list[str], outputs: Sequence[str]
    ) -> Iterator[tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]]:
        """Yield for each batch the rows of `texts`, their token ids and the outputs asked for."""
        if not texts:
            return
        tokenizer, session = self._load()
        tokens = [np.array(tokenizer.encode(text).ids, np.int64) for text in texts]
        batches = _batches_by_length(tokens, self.threads)

        def run(rows: np.ndarray) -> list[np.ndarray]:
            return session.run(outputs, _padded([tokens[row] for row in rows]))

        if len(batches) == 1:  # a thread would only cost its start
            yield batches[0], [tokens[row] for row in batches[0]], run(batches[0])
            return
        with ThreadPoolExecutor(self.threads) as pool:
            futures = [pool.submit(run, rows) for rows in batches]
            try:
                for rows, future in zip(batches, futures, strict=True):
                    yield rows, [tokens[row] for row in rows], future.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _load(self) -> tuple[Tokenizer, onnxruntime.InferenceSession]:
        with self._loading:
            if self._loaded is None:
                weights = self._weights or find_weights()
                verify(weights)
                self._loaded = _load_tokenizer(weights), _load_session(weights, self.graph())
            return self._loaded


class EightBitMiniLM(OnnxMiniLM):
    """The same with products of 8-bit integers: half the time, cosine to the exact vector .98 up.

    Its name is another one, so that its vectors are not mixed with exact ones.
    """

    name = "all-MiniLM-L6-v2-8bit"
    graph = EightBitGraph


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _refuse_unusable(texts: Sequence[str]) -> None:
    if isinstance(texts, str):
        raise TypeError("embed takes a sequence of texts; put a single text into a list.")
    for index, text in enumerate(texts):
        if not text.strip():
            raise ValueError(f"Text {index} is empty. Drop empty texts before embedding.")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"Text {index} holds half a surrogate pair at character {error.start}, which is "
                "not Unicode. Decode the source with errors='replace'."
            ) from error


def _batches_by_length(tokens: list[np.ndarray], threads: int) -> list[np.ndarray]:
    """Yield positions of the texts, longest first, so that a batch has next to no padding.

    The longest batches start first and every thread gets some, so that all end together.
    """
    lengths = np.array([len(ids) for ids in tokens])
    order = np.argsort(-lengths, kind="stable")
    budget = min(BATCH_TOKENS, -(-int(lengths.sum()) // threads))
    batches = []
    start = 0
    while start < len(order):
        size = max(1, budget // int(lengths[order[start]]))
        batches.append(order[start : start + size])
        start += size
    return batches


def _states_of(
    texts: Sequence[str], rows: np.ndarray, tokens: list[np.ndarray], layers: Sequence[np.ndarray]
) -> dict[str, TokenStates]:
    """Return the token states by text of one batch, which has these rows of the texts."""
    return {
        texts[row]: _inside(tokens[place], [one[place] for one in layers])
        for place, row in enumerate(rows)
    }


def _inside(ids: np.ndarray, layers: Sequence[np.ndarray]) -> TokenStates:
    """Return the states of one text without those of [CLS], [SEP] and the padding."""
    inside = slice(1, len(ids) - 1)
    return TokenStates(
        ids[inside], np.stack([states[inside] for states in layers]).astype(np.float16)
    )


def _padded(rows: list[np.ndarray]) -> dict[str, np.ndarray]:
    shape = len(rows), max(len(ids) for ids in rows)
    input_ids = np.zeros(shape, np.int64)
    attention_mask = np.zeros(shape, np.int64)
    for row, ids in enumerate(rows):
        input_ids[row, : len(ids)] = ids
        attention_mask[row, : len(ids)] = 1
    return {"input_ids": input_ids, "attention_mask": attention_mask}


def _load_tokenizer(weights: WeightsFolder) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(weights.tokenizer))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _load_session(weights: WeightsFolder, graph: Graph) -> onnxruntime.InferenceSession:
    """Build the session in memory, in about 0.3 s: no cached file can go stale or be raced for."""
    model, arrays = build_bert_graph(
        load_file(weights.model),
        heads=HEADS,
        epsilon=LAYER_NORM_EPSILON,
        state_layers=STATE_LAYERS,
        graph=graph,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Every batch has its own shape, so memory plans by shape would only pile up.
    options.enable_mem_pattern = False
    options.add_external_initializers(
        list(arrays),
        [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in arrays.values()],
    )
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
