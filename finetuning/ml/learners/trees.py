"""Gradient-boosted trees: fitted by scikit-learn, stored as arrays, walked by numpy."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from finetuning.ml.learners.logistic import rounded
from insights.types import JSONObject

OPTIONS: dict[str, Any] = {
    "learning_rate": 0.05,
    "max_iter": 200,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 10,
    "l2_regularization": 3.0,
    "max_features": 0.5,
    "early_stopping": False,
}


@dataclass(frozen=True)
class Trees:
    """score = start + the sum of one leaf of each tree.

    root: (t,) first node of each tree. By node, (m,): `feature` (-1 in a leaf), `left` and `right`
    child, and `value`: the threshold of `feature <= value` to the left, or a leaf's score.
    """

    start: float
    root: NDArray[np.int64]
    feature: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]

    @classmethod
    def fit(cls, values: NDArray[np.float64], label: NDArray[np.bool_], seed: int = 42) -> Self:
        """Fit (n, f) features by (n,) labels (Friedman 2001; histograms: Ke et al. 2017)."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        fit = HistGradientBoostingClassifier(random_state=seed, **OPTIONS).fit(values, label)
        trees = [one.nodes for (one,) in fit._predictors]
        sizes = np.array([len(nodes) for nodes in trees])
        root = np.cumsum(sizes) - sizes
        nodes = np.concatenate(trees)
        leaf, offset = nodes["is_leaf"].astype(bool), np.repeat(root, sizes)
        return cls(
            start=float(rounded(np.ravel(fit._baseline_prediction))[0]),
            root=root.astype(np.int64),
            feature=np.where(leaf, -1, nodes["feature_idx"]).astype(np.int64),
            left=np.where(leaf, 0, nodes["left"] + offset).astype(np.int64),
            right=np.where(leaf, 0, nodes["right"] + offset).astype(np.int64),
            value=rounded(np.where(leaf, nodes["value"], nodes["num_threshold"])),
        )

    def score(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log-odds, (n,), of (n, f) features."""
        node = np.broadcast_to(self.root, (len(values), len(self.root))).copy()
        row = np.arange(len(values))[:, np.newaxis]
        while True:
            feature = self.feature[node]
            inner = feature >= 0
            if not inner.any():
                return self.value[node].sum(axis=1) + self.start
            goes_left = values[row, np.maximum(feature, 0)] <= self.value[node]
            child = np.where(goes_left, self.left[node], self.right[node])
            node = np.where(inner, child, node)

    def to_json(self) -> JSONObject:
        """Plain JSON types, some 200 kB."""
        return {"start": self.start, **{name: getattr(self, name).tolist() for name in _ARRAYS}}

    @classmethod
    def from_json(cls, stored: JSONObject) -> Self:
        """Raise KeyError, TypeError or ValueError for arrays that make no trees."""
        nodes = {name: np.array(stored[name], dtype=np.int64) for name in _WHOLE}
        value = np.array(stored["value"], dtype=np.float64)
        found = cls(float(stored["start"]), **nodes, value=value)
        inner = np.flatnonzero(found.feature >= 0)
        # A child comes after its parent, so every walk ends.
        ends = all((side[inner] > inner).all() for side in (found.left, found.right))
        lengths = {len(value), *(len(nodes[name]) for name in _WHOLE if name != "root")}
        if not ends or len(lengths) != 1 or not np.isfinite(found.value).all():
            raise ValueError("The arrays of the trees do not fit together.")
        return found


_WHOLE = ("root", "feature", "left", "right")
_ARRAYS = (*_WHOLE, "value")
