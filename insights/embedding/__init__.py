"""The Embedder protocol: all that the rest of the application knows about embeddings."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Embedder(Protocol):
    """Turns texts into points whose cosine tells how alike their meanings are.

    Attributes:
        name: stored beside each embedding; vectors of two names are never compared.
        dimensions: length of one vector.
    """

    name: str
    dimensions: int

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Embed the texts, in their order.

        Args:
            texts: n texts, each with something other than whitespace in it; n may be 0.

        Returns:
            (n, dimensions) float32, each row of length 1, so a dot product is a cosine.

        Raises:
            ValueError: a text is empty or is not Unicode; the message says which one.
            ArithmeticError: the model gave a vector that is not finite.
        """
        ...
