"""Integer first pass of the similarity join: cheap products that lose no pair.

Three steps make a product of two rows cheap, each with an error that is bounded and added to what
passes, so that every pair at or above the threshold survives:

- Rows are rotated so that the leading dimensions hold most of the variance (PCA). The rest is cut
  into a few groups of dimensions, each replaced by its norm: by Cauchy-Schwarz the product of the
  short rows is at least that of the whole ones.
- A random rotation of the short rows spreads them evenly, which makes rounding cheap.
- They are rounded to 8 bits on one side of the product and 7 on the other. onnxruntime multiplies
  those seven times as fast as BLAS multiplies float32 where the processor has VNNI instructions;
  with 7 bits, the 16-bit sums of processors without them cannot overflow.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]

WIDTH = 2048  # rows of one block: the product with 512 others is 4 MB
_GROUPS = 8  # norms that stand for the dimensions cut off
_SAMPLE = 4096  # rows that choose the rotation, the rounding step and the number of dimensions
_ASKED = 512  # rows of the sample that are compared with all of it
_ROUNDING = 0.04  # what rounding adds to a product at most, near enough to choose by
_OFFSET = 64  # makes the 7-bit side unsigned, as onnxruntime's fast kernel wants it
_PRODUCT, _SCAN, _CHECK = 1 / 400, 1 / 16, 240.0  # ns a multiplication, a pair, a passed pair


class IntegerRows:
    """Unit rows in short, rounded form, for finding the pairs that may reach a threshold.

    `dimensions` is the length of the short rows. Holds one byte a row and dimension.
    """

    def __init__(self, rows: Floats, threshold: float) -> None:
        """`rows`: float32 (n, d), of length 1. `threshold`: what the number of dimensions suits."""
        n, d = rows.shape
        sample = rows[:: max(1, n // _SAMPLE)]
        self._basis = _principal_axes(sample)
        self.dimensions = _best_length(sample @ self._basis, threshold)
        self._spread = _random_rotation(self.dimensions)
        self._step = float(np.abs(self._short(sample)).max(initial=1e-9)) / 127
        self._float_error = 1e-5 + d * 2.0**-22
        self._blocks: list[NDArray[np.int8]] = []
        # By how much the rounding of a row, and of the worst row of a block, can change a product.
        self._left_error = np.zeros(n)
        self._right_error: list[float] = []
        for start in range(0, n, WIDTH):
            short = self._short(rows[start : start + WIDTH])
            rounded = np.clip(np.rint(short / self._step), -127, 127).astype(np.int8)
            self._left_error[start : start + WIDTH] = _lengths(
                short - 2 * self._step * _halved(rounded)
            )
            self._right_error.append(float(_lengths(short - self._step * rounded).max()))
            self._blocks.append(np.ascontiguousarray(rounded.T))

    def left(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Return rows start..stop as the left side of products, (stop - start, dimensions)."""
        parts = [
            self._blocks[block][:, max(0, start - block * WIDTH) : stop - block * WIDTH]
            for block in range(start // WIDTH, -(-stop // WIDTH))
        ]
        rounded = np.concatenate(parts, axis=1).T
        return np.ascontiguousarray(_halved(rounded) + np.int8(_OFFSET)).view(np.uint8)

    def passing(
        self, left: NDArray[np.uint8], start: int, block: int, threshold: float
    ) -> tuple[Rows, Rows]:
        """Return the pairs of `left` and a block of WIDTH rows that may reach `threshold`.

        `left` begins at row `start`; the pairs are rows of the whole, sorted by (left, right).
        """
        product = _multiply(left, self._blocks[block])
        right_error = self._right_error[block]
        slack = self._left_error[start : start + len(left)] * (1 + right_error) + right_error
        least = np.ceil((threshold - slack - self._float_error) / (2 * self._step**2))
        least = least.astype(np.int32)
        near = np.flatnonzero(product.max(axis=1) >= least)
        if not len(near):
            return near, near
        i, j = np.divmod(np.flatnonzero(product[near] >= least[near, np.newaxis]), product.shape[1])
        return near[i] + start, j + block * WIDTH

    def _short(self, rows: Floats) -> Floats:
        return _shortened(rows @ self._basis, self.dimensions) @ self._spread


def _halved(rounded: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the same rows in steps twice as wide: -63..64."""
    return (rounded >> 1) + (rounded & 1)


def _lengths(rows: Floats) -> NDArray[np.float64]:
    return np.sqrt(np.einsum("nd,nd->n", rows, rows, dtype=np.float64))


def _shortened(rotated: Floats, length: int) -> Floats:
    """Return the leading dimensions and the norms of _GROUPS parts of the rest, (n, length)."""
    d = rotated.shape[1]
    if length == d:
        return rotated
    head = length - _GROUPS
    bounds = np.linspace(head, d, _GROUPS + 1).astype(int)[:-1]
    norms = (
        np.sqrt(np.add.reduceat(rotated**2, bounds, axis=1)[:, :])[:, -_GROUPS:]
        if False
        else (np.sqrt(np.add.reduceat(rotated[:, head:] ** 2, bounds - head, axis=1)))
    )
    return np.concatenate([rotated[:, :head], norms], axis=1)


def _principal_axes(sample: Floats) -> Floats:
    """Return an orthogonal matrix (d, d), the directions of most variance first."""
    _, axes = np.linalg.eigh(sample.T.astype(np.float64) @ sample)
    return axes[:, ::-1].astype(np.float32)


def _random_rotation(d: int) -> Floats:
    rotation, _ = np.linalg.qr(np.random.default_rng(d).standard_normal((d, d)))
    return rotation.astype(np.float32)


def _best_length(rotated: Floats, threshold: float) -> int:
    """Return the length of short rows that makes the join cheapest.

    Shorter ones let more pairs pass, each of which is computed again.
    """
    d = rotated.shape[1]
    lengths = [length for length in range(64, d, 32) if length > _GROUPS] + [d]

    def cost(length: int) -> float:
        short = _shortened(rotated, length)
        some = short[:: max(1, len(short) // _ASKED)]
        passed = np.count_nonzero(some @ short.T >= threshold - _ROUNDING) - len(some)
        share = passed / max(1, len(some) * (len(short) - 1))
        return length * _PRODUCT + _SCAN + share * _CHECK

    return min(lengths, key=cost)


@lru_cache(maxsize=1)
def _session() -> onnxruntime.InferenceSession:
    """One integer matrix product on the thread that calls it."""
    node = helper.make_node("MatMulInteger", ["left", "right", "zero"], ["product"])
    graph = helper.make_graph(
        [node],
        "integer product",
        [
            helper.make_tensor_value_info("left", TensorProto.UINT8, [None, None]),
            helper.make_tensor_value_info("right", TensorProto.INT8, [None, None]),
        ],
        [helper.make_tensor_value_info("product", TensorProto.INT32, [None, None])],
        [helper.make_tensor("zero", TensorProto.UINT8, [], [_OFFSET])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _multiply(left: NDArray[np.uint8], right: NDArray[np.int8]) -> NDArray[np.int32]:
    (product,) = _session().run(None, {"left": left, "right": right})
    return product
