"""Two-dimensional layout of vectors: similar meanings are near each other. No Django."""

import numpy as np

LANDMARKS = 2000
NEAREST = 3
PERPLEXITY = 30.0
CHUNK = 2048


def layout(vectors: np.ndarray) -> np.ndarray:
    """Return (n, 2) float32 in 0..1 for (n, d) float32 rows of length 1; the same every time.

    t-SNE (van der Maaten and Hinton 2008) places at most LANDMARKS of them; each other one lies
    between its nearest landmarks, weighted by the eighth power of the cosine.
    """
    count = len(vectors)
    if count < 4:
        line = np.linspace(0.25, 0.75, count, dtype=np.float32)
        return np.stack([line, np.full(count, 0.5, dtype=np.float32)], axis=1)
    from sklearn.manifold import TSNE

    chosen = np.random.default_rng(17).permutation(count)[:LANDMARKS]
    landmarks = vectors[chosen]
    perplexity = min(PERPLEXITY, (len(chosen) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, metric="cosine", random_state=17, n_jobs=1)
    at = tsne.fit_transform(landmarks)
    at -= at.min(axis=0)
    at /= max(float(at.max()), 1e-9)
    placed = np.empty((count, 2), dtype=np.float32)
    for start in range(0, count, CHUNK):
        cosine = vectors[start : start + CHUNK] @ landmarks.T
        near = np.argpartition(-cosine, min(NEAREST, len(chosen)) - 1, axis=1)[:, :NEAREST]
        weight = np.clip(np.take_along_axis(cosine, near, axis=1), 1e-3, None) ** 8
        weight /= weight.sum(axis=1, keepdims=True)
        placed[start : start + CHUNK] = np.einsum("nk,nkd->nd", weight, at[near])
    placed[chosen] = at
    return placed
