"""Cross-validation folds through which no statement and no cluster leaks."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from insights.text.normalise import normalise

MAX_FOLDS = 5


def leak_free_components(
    left: Sequence[str], right: Sequence[str], group: Sequence[Hashable]
) -> NDArray[np.int64]:
    """A number for each of n pairs, (n,), equal for pairs that must stay together.

    Pairs belong together when they share a group or a (normalised) statement, also by way of
    further pairs: the connected components of the graph of pairs, groups and statements.
    """
    count = len(group)
    nodes: dict[tuple[str, Hashable], int] = {}
    links = [
        (pair, count + nodes.setdefault(key, len(nodes)))
        for pair, (a, b, cluster) in enumerate(zip(left, right, group, strict=True))
        for key in (("statement", normalise(a)), ("statement", normalise(b)), ("group", cluster))
    ]
    rows, columns = np.array(links).T
    size = count + len(nodes)
    graph = coo_array((np.ones(len(links), dtype=np.int8), (rows, columns)), shape=(size, size))
    return connected_components(graph, directed=False)[1][:count].astype(np.int64)


def grouped_folds(
    component: NDArray[np.int64], label: NDArray[np.bool_], seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(train, test) row numbers of up to five folds; empty when the data cannot be split.

    Components are kept whole and the classes spread evenly. A fold is left out when the rest of the
    data holds one class only, since nothing can be trained on that.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    count = len(np.unique(component))
    splits = min(MAX_FOLDS, count, int(label.sum()), int((~label).sum()))
    if splits < 2:
        return []
    folds = StratifiedGroupKFold(splits, shuffle=True, random_state=seed)
    return [
        (train, test)
        for train, test in folds.split(component, label, component)
        if len(test) and label[train].any() and not label[train].all()
    ]
