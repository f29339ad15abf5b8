"""Cross-validation folds that keep together the pairs of a decision and of a rare statement."""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from insights.text.normalise import normalise

MAX_FOLDS = 5


def fold_groups(
    left: Sequence[str], right: Sequence[str], decision: Sequence[Hashable]
) -> NDArray[np.int64]:
    """Return a number for each of n pairs, (n,), equal for pairs that must share a fold.

    Pairs share a fold when they share a decision, or the rarer of their two statements. Sharing any
    statement would be too much: in a real candidate graph nearly all pairs hang together that way,
    and nothing could be held out. A model could memorise the rarer statement; a common one, such as
    a key point, is in pairs of both labels.
    """
    first, second = [normalise(one) for one in left], [normalise(one) for one in right]
    seen = Counter(first) + Counter(second)
    rarer = [
        min(pair, key=lambda text: (seen[text], text)) for pair in zip(first, second, strict=True)
    ]
    return _linked(
        [(("text", text), ("decision", one)) for text, one in zip(rarer, decision, strict=True)]
    )


def linked_groups(
    left: Sequence[str], right: Sequence[str], decision: Sequence[Hashable]
) -> NDArray[np.int64]:
    """Return a number for each of n pairs, (n,), equal for pairs linked by decision or statement.

    Links are transitive, so no statement is in two groups: for data that leaves the machine.
    """
    return _linked(
        [
            (("text", normalise(a)), ("text", normalise(b)), ("decision", one))
            for a, b, one in zip(left, right, decision, strict=True)
        ]
    )


def _linked(keys: Sequence[tuple[tuple[str, Hashable], ...]]) -> NDArray[np.int64]:
    """Return the connected components of the graph of pairs and their keys."""
    nodes: dict[tuple[str, Hashable], int] = {}
    links = [
        (pair, len(keys) + nodes.setdefault(key, len(nodes)))
        for pair, found in enumerate(keys)
        for key in found
    ]
    rows, columns = np.array(links).T
    size = len(keys) + len(nodes)
    graph = coo_array((np.ones(len(links), dtype=np.int8), (rows, columns)), shape=(size, size))
    return connected_components(graph, directed=False)[1][: len(keys)].astype(np.int64)


def grouped_folds(
    group: NDArray[np.int64], label: NDArray[np.bool_], seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return (train, test) row numbers of up to five folds; none when the data cannot be split.

    Groups are kept whole and the classes spread evenly. A fold is left out when the rest of the
    data holds one class only, since nothing can be trained on that.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    splits = min(MAX_FOLDS, len(np.unique(group)), int(label.sum()), int((~label).sum()))
    if splits < 2:
        return []
    folds = StratifiedGroupKFold(splits, shuffle=True, random_state=seed)
    return [
        (train, test)
        for train, test in folds.split(group, label, group)
        if len(test) and label[train].any() and not label[train].all()
    ]
