"""BERT as an ONNX graph: token ids in, one sentence vector of length 1 and token states out.

The encoder is that of Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers"
(post-norm transformer layers, exact GELU); a sentence is the mean of its token vectors, as in
Reimers and Gurevych 2019, "Sentence-BERT", section 3.

Only operators of the ONNX standard are used. onnxruntime's own fused ones (Attention,
SkipLayerNormalization, EmbedLayerNormalization) were tried for this model and gained nothing on a
CPU: 77 % of the time is dense matrix products that already run at the processor's peak.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

OPSET = 20  # the first with Gelu
IR_VERSION = 10
BATCH_AND_LENGTH = ["batch", "length"]


class Graph:
    """Collects nodes and constants; every value is known by its name."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: dict[str, np.ndarray] = {}
        self.constants: list[TensorProto] = []

    def add(self, op: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], **attributes))
        return output

    def split(self, value: str, sizes: str, parts: list[str], axis: int) -> None:
        self.nodes.append(helper.make_node("Split", [value, sizes], parts, axis=axis))

    def weight(self, name: str, array: np.ndarray) -> str:
        self.weights[name] = np.ascontiguousarray(array, dtype=np.float32)
        return name

    def constant(self, name: str, array: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def product(self, value: str, name: str, matrix: np.ndarray) -> str:
        """Multiply (batch, length, m) by a weight (m, n)."""
        return self.add("MatMul", value, self.weight(name, matrix))


def build_bert_graph(
    tensors: Mapping[str, np.ndarray],
    *,
    heads: int,
    epsilon: float,
    state_layers: Sequence[int] = (),
    graph: Graph | None = None,
) -> tuple[ModelProto, dict[str, np.ndarray]]:
    """Build the graph for a BERT encoder of any depth and width.

    Args:
        tensors: float32 weights under the names that Hugging Face's BertModel gives them.
        heads: attention heads per layer (the weights do not show it).
        epsilon: what LayerNorm adds to the variance.
        state_layers: layers whose token states are outputs too, 0 for the embedding layer.
        graph: an empty one that multiplies in another way.

    Returns:
        The model and its weights by name. The model only names its weights (as external
        data), so that it stays a few kB: hand them to the session with `add_external_initializers`.
        Inputs `input_ids` and `attention_mask`, (batch, length) int64, 1 for a token and 0 for
        padding. Outputs, all of length 1 along the last axis: `embedding`, (batch, hidden) float32,
        and `states_<layer>`, (batch, length, hidden), for each of `state_layers`.

    Raises:
        KeyError: a weight is missing.
    """
    graph = graph or Graph()
    mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    hidden = _embeddings(graph, tensors, epsilon)
    bias = _padding_bias(graph, mask)
    layers = len({name.split(".")[2] for name in tensors if name.startswith("encoder.layer.")})
    states = [_states(graph, hidden, 0)] if 0 in state_layers else []
    for index in range(layers):
        layer = f"encoder.layer.{index}."
        attended = _self_attention(graph, tensors, layer, hidden, bias, heads)
        attended = _dense(graph, tensors, layer + "attention.output.dense", attended)
        hidden = _add_and_norm(
            graph, tensors, layer + "attention.output.LayerNorm", attended, hidden, epsilon
        )
        wide = _dense(graph, tensors, layer + "intermediate.dense", hidden)
        wide = graph.add("Gelu", wide, approximate="none")
        narrow = _dense(graph, tensors, layer + "output.dense", wide)
        hidden = _add_and_norm(graph, tensors, layer + "output.LayerNorm", narrow, hidden, epsilon)
        if index + 1 in state_layers:
            states.append(_states(graph, hidden, index + 1))
    _mean_of_length_one(graph, hidden, mask)

    width = tensors["embeddings.word_embeddings.weight"].shape[1]
    return _model(graph, width, states), graph.weights


def _embeddings(graph: Graph, tensors: Mapping[str, np.ndarray], epsilon: float) -> str:
    word = graph.weight("word", tensors["embeddings.word_embeddings.weight"])
    # Every token of a single sentence is of type 0, so that row joins the positions for good.
    position = graph.weight(
        "position",
        tensors["embeddings.position_embeddings.weight"]
        + tensors["embeddings.token_type_embeddings.weight"][0],
    )
    start = graph.constant("start", np.array([0], np.int64))
    length = graph.add("Shape", "input_ids", start=1, end=2)
    positions = graph.add("Slice", position, start, length, start)
    words = graph.add("Gather", word, "input_ids")
    return _add_and_norm(graph, tensors, "embeddings.LayerNorm", words, positions, epsilon)


def _padding_bias(graph: Graph, mask: str) -> str:
    """Return (batch, 1, 1, length): 0 for a token; for padding so low that its softmax is 0."""
    one = graph.constant("one", np.array(1, np.float32))
    low = graph.constant("low", np.array(-1e9, np.float32))
    axes = graph.constant("head_and_query_axes", np.array([1, 2], np.int64))
    return graph.add("Unsqueeze", graph.add("Mul", graph.add("Sub", one, mask), low), axes)


def _self_attention(
    graph: Graph,
    tensors: Mapping[str, np.ndarray],
    layer: str,
    hidden: str,
    bias: str,
    heads: int,
) -> str:
    """Softmax(Q K' / sqrt(d)) V for each head; (batch, length, hidden) in and out.

    Q, K and V come from one product, and 1 / sqrt(d) is folded into the weights of Q.
    """
    parts = {
        part: (
            tensors[f"{layer}attention.self.{part}.weight"].T,
            tensors[f"{layer}attention.self.{part}.bias"],
        )
        for part in ("query", "key", "value")
    }
    width = parts["query"][1].size
    scale = np.float32((width // heads) ** -0.5)
    parts["query"] = (parts["query"][0] * scale, parts["query"][1] * scale)
    matrix = np.hstack([part[0] for part in parts.values()])
    bias_of_qkv = graph.weight(
        f"{layer}qkv.bias", np.concatenate([part[1] for part in parts.values()])
    )
    qkv = graph.add("Add", graph.product(hidden, f"{layer}qkv.weight", matrix), bias_of_qkv)

    # 0 in Reshape keeps the dimension of the input.
    shape = graph.constant(f"{layer}heads", np.array([0, 0, 3 * heads, width // heads], np.int64))
    sizes = graph.constant(f"{layer}sizes", np.array([heads] * 3, np.int64))
    names = [f"{layer}{part}" for part in parts]
    graph.split(graph.add("Reshape", qkv, shape), sizes, names, axis=2)
    query = graph.add("Transpose", names[0], perm=[0, 2, 1, 3])
    key = graph.add("Transpose", names[1], perm=[0, 2, 3, 1])
    value = graph.add("Transpose", names[2], perm=[0, 2, 1, 3])
    scores = graph.add("Add", graph.add("MatMul", query, key), bias)
    context = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
    joined = graph.constant(f"{layer}joined", np.array([0, 0, width], np.int64))
    return graph.add("Reshape", graph.add("Transpose", context, perm=[0, 2, 1, 3]), joined)


def _dense(graph: Graph, tensors: Mapping[str, np.ndarray], name: str, value: str) -> str:
    bias = graph.weight(f"{name}.bias", tensors[f"{name}.bias"])
    product = graph.product(value, f"{name}.weight", tensors[f"{name}.weight"].T)
    return graph.add("Add", product, bias)


def _add_and_norm(
    graph: Graph,
    tensors: Mapping[str, np.ndarray],
    name: str,
    value: str,
    residual: str,
    epsilon: float,
) -> str:
    scale = graph.weight(f"{name}.weight", tensors[f"{name}.weight"])
    bias = graph.weight(f"{name}.bias", tensors[f"{name}.bias"])
    total = graph.add("Add", value, residual)
    return graph.add("LayerNormalization", total, scale, bias, axis=-1, epsilon=epsilon)


def _mean_of_length_one(graph: Graph, hidden: str, mask: str) -> None:
    """Normalise the sum: it points where the mean does, and the length is divided out."""
    last = graph.constant("hidden_axis", np.array([2], np.int64))
    along = graph.constant("length_axis", np.array([1], np.int64))
    tokens = graph.add("Mul", hidden, graph.add("Unsqueeze", mask, last))
    total = graph.add("ReduceSum", tokens, along, keepdims=0)
    graph.add("LpNormalization", total, output="embedding", axis=-1, p=2)


def _states(graph: Graph, hidden: str, layer: int) -> str:
    """Return token states of a layer, each of length 1, so that a product of two is a cosine."""
    return graph.add("LpNormalization", hidden, output=f"states_{layer}", axis=-1, p=2)


def _model(graph: Graph, width: int, states: Sequence[str]) -> ModelProto:
    def tensor(name: str, kind: int, shape: list) -> ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, shape)

    inputs = [
        tensor(name, TensorProto.INT64, BATCH_AND_LENGTH)
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [
        tensor("embedding", TensorProto.FLOAT, ["batch", width]),
        *(tensor(name, TensorProto.FLOAT, [*BATCH_AND_LENGTH, width]) for name in states),
    ]
    named = [_named_only(name, array) for name, array in graph.weights.items()]
    return helper.make_model(
        helper.make_graph(graph.nodes, "bert", inputs, outputs, [*graph.constants, *named]),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )


def _named_only(name: str, array: np.ndarray) -> TensorProto:
    tensor = TensorProto(
        name=name,
        data_type=TensorProto.FLOAT,
        dims=array.shape,
        data_location=TensorProto.EXTERNAL,
    )
    # onnxruntime wants a location, and never opens it when the value is handed over in memory.
    tensor.external_data.add(key="location", value="memory")
    return tensor
