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

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

if TYPE_CHECKING:
    import onnxruntime

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]

WIDTH = 2048  # rows of one block: the product with 512 others is 4 MB
_GROUPS = 8  # norms that stand for the dimensions cut off
_SAMPLE = 4096  # rows that choose the rotation, the rounding step and the number of dimensions
_ASKED = 512  # rows of the sample that are compared with all of it
_ROUNDING = 0.04  # what rounding adds to a product at most, near enough to choose by
OFFSET = 64  # makes the 7-bit side unsigned, as onnxruntime's fast kernel wants it
_PRODUCT, _SCAN, _CHECK = 1 / 400, 1 / 16, 240.0  # ns a multiplication, a pair, a passed pair


@dataclass(frozen=True, slots=True)
class Shortening:
    """Turns unit rows into short, rounded ones. `dimensions` is their length.

    The product of two short rows is at least that of the whole ones. `axes`: orthogonal, (d, d),
    those of most variance first. `step`: what a rounded 1 stands for.
    """

    axes: Floats
    dimensions: int
    step: float

    @classmethod
    def fitting(cls, rows: Floats, threshold: float, *, share: float = 1.0) -> Shortening:
        """Fit it to `rows`, float32 (n, d), of length 1, and to the products that count.

        `share`: the share of all pairs that will be compared; near pairs are denser among few.
        """
        sample = np.ascontiguousarray(rows[:: max(1, len(rows) // _SAMPLE)])
        axes = _principal_axes(sample)
        found = cls(axes, _best_length(sample @ axes, threshold, share), 1.0)
        return replace(found, step=float(np.abs(found._short(sample)).max(initial=1e-9)) / 127)

    @property
    def float_error(self) -> float:
        return 1e-5 + len(self.axes) * 2.0**-22

    def rounded(
        self, rows: Floats
    ) -> tuple[NDArray[np.int8], NDArray[np.float64], NDArray[np.float64]]:
        """Return the short rows in steps, int8 (n, dimensions), and two errors of each, (n,).

        They say by how much the rounding can change a product with the row on its left, and on its
        right.
        """
        short = self._short(rows)
        rounded = np.clip(np.rint(short / self.step), -127, 127).astype(np.int8)
        left_error = _lengths(short - 2 * self.step * _halved(rounded))
        return rounded, left_error, _lengths(short - self.step * rounded)

    def right_side(self, rows: Floats) -> tuple[NDArray[np.int8], Floats]:
        """Return many rows as the right side of products, and the errors of `rounded`."""
        short = np.empty((len(rows), self.dimensions), np.int8)
        error = np.empty(len(rows), np.float32)
        for at in range(0, len(rows), WIDTH):
            short[at : at + WIDTH], _, error[at : at + WIDTH] = self.rounded(rows[at : at + WIDTH])
        return short, error

    def _short(self, rows: Floats) -> Floats:
        short = _shortened(rows @ self.axes, self.dimensions)
        return short @ _random_rotation(self.dimensions)


class IntegerRows:
    """Unit rows in short, rounded form, for finding the pairs that may reach a threshold.

    `dimensions` is the length of the short rows. Holds one byte a row and dimension.
    """

    def __init__(self, rows: Floats, threshold: float) -> None:
        """`rows`: float32 (n, d), of length 1. `threshold`: what the number of dimensions suits."""
        self._form = Shortening.fitting(rows, threshold)
        self.dimensions = self._form.dimensions
        self._blocks: list[NDArray[np.int8]] = []
        # By how much the rounding of a row, and of the worst row of a block, can change a product.
        self._left_error = np.zeros(len(rows))
        self._right_error: list[float] = []
        for start in range(0, len(rows), WIDTH):
            rounded, left_error, right_error = self._form.rounded(rows[start : start + WIDTH])
            self._left_error[start : start + WIDTH] = left_error
            self._right_error.append(float(right_error.max()))
            self._blocks.append(np.ascontiguousarray(rounded.T))

    def left(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Return rows start..stop as the left side of products, (stop - start, dimensions)."""
        parts = [
            self._blocks[block][:, max(0, start - block * WIDTH) : stop - block * WIDTH]
            for block in range(start // WIDTH, -(-stop // WIDTH))
        ]
        return left_side(np.concatenate(parts, axis=1).T)

    def passing(
        self, left: NDArray[np.uint8], start: int, block: int, threshold: float
    ) -> tuple[Rows, Rows]:
        """Return the pairs of `left` and a block of WIDTH rows that may reach `threshold`.

        `left` begins at row `start`; the pairs are rows of the whole, sorted by (left, right).
        """
        least = least_products(
            threshold - self._form.float_error,
            self._form.step,
            self._left_error[start : start + len(left)],
            self._right_error[block],
        )
        i, j = at_least(multiply(left, self._blocks[block]), least)
        return i + start, j + block * WIDTH


def left_side(rounded: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Return rounded rows as the left side of products: in steps twice as wide, and unsigned."""
    return np.ascontiguousarray(_halved(rounded) + np.int8(OFFSET)).view(np.uint8)


def least_products(
    threshold: float, step: float, left_error: NDArray[np.floating], right_error: float
) -> NDArray[np.int32]:
    """Return the integer product from which on each left row may reach the threshold, (n,)."""
    slack = left_error * (1 + right_error) + right_error
    return np.ceil((threshold - slack) / (2 * step**2)).astype(np.int32)


def at_least(product: NDArray[np.int32], least: NDArray[np.int32]) -> tuple[Rows, Rows]:
    """Return the positions (i, j) where the product reaches its row's `least`."""
    near = np.flatnonzero(product.max(axis=1) >= least)
    if not len(near):
        return near, near
    i, j = np.divmod(np.flatnonzero(product[near] >= least[near, np.newaxis]), product.shape[1])
    return near[i], j


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
    norms = np.sqrt(np.add.reduceat(rotated[:, head:] ** 2, bounds - head, axis=1))
    return np.concatenate([rotated[:, :head], norms], axis=1)


def _principal_axes(sample: Floats) -> Floats:
    """Return an orthogonal matrix (d, d), the directions of most variance first."""
    _, axes = np.linalg.eigh(sample.T.astype(np.float64) @ sample)
    return axes[:, ::-1].astype(np.float32)


@lru_cache(maxsize=4)
def _random_rotation(d: int) -> Floats:
    rotation, _ = np.linalg.qr(np.random.default_rng(d).standard_normal((d, d)))
    return rotation.astype(np.float32)


def _best_length(rotated: Floats, threshold: float, compared: float) -> int:
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
        return length * _PRODUCT + _SCAN + share / compared * _CHECK

    return min(lengths, key=cost)


@lru_cache(maxsize=1)
def _session() -> onnxruntime.InferenceSession:
    """Return a session for one integer matrix product on the calling thread."""
    import onnxruntime  # starts a thread, which must not be there when a web server forks

    node = helper.make_node("MatMulInteger", ["left", "right", "zero"], ["product"])
    graph = helper.make_graph(
        [node],
        "integer product",
        [
            helper.make_tensor_value_info("left", TensorProto.UINT8, [None, None]),
            helper.make_tensor_value_info("right", TensorProto.INT8, [None, None]),
        ],
        [helper.make_tensor_value_info("product", TensorProto.INT32, [None, None])],
        [helper.make_tensor("zero", TensorProto.UINT8, [], [OFFSET])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def multiply(left: NDArray[np.uint8], right: NDArray[np.int8]) -> NDArray[np.int32]:
    """Return the integer products of `left_side` rows and rounded columns, (n, m)."""
    (product,) = _session().run(None, {"left": left, "right": right})
    return product
