"""Gradients that say little of a node: cut to a norm, and drowned in Gaussian noise.

g = g min(1, clip / |g|) + noise clip n, n standard normal, for every gradient of a batch. This is
the Gaussian mechanism on what one batch can say; with ``batch_size: 1`` on what one sample can, as
in private stochastic descent (Abadi et al., Deep Learning with Differential Privacy, CCS 2016). Its
mean over larger batches of gradients that are cut one by one is not here: it takes an array of
batch times parameters per node. Noise belongs to the node and the number of its batch, so nobody
else's noise or batches depend on who is there. Nothing is said of epsilon: that needs an accountant
of all rounds and of what neighbours learn from the models that they get.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.local import LocalConfig
from netsim.rng import normals

Array = NDArray[Any]
Integers = NDArray[np.int64]


class Privacy:
    """Cuts and drowns gradients.

    Parameters
    ----------
    local
        Norm and noise.
    key
        Key of the stream of noise.
    """

    def __init__(self, local: LocalConfig, key: int) -> None:
        self._clip, self._noise, self._key = local.clip, local.noise, key

    def apply(self, gradient: Array, rows: Integers, turn: Integers) -> None:
        """Change `gradient` in place: row k is of node ``rows[k]`` and its ``turn[k]``-th batch."""
        if self._clip is None:
            return
        length = np.linalg.norm(gradient, axis=1, keepdims=True)
        gradient *= np.minimum(1, self._clip / np.maximum(length, 1e-300)).astype(gradient.dtype)
        if self._noise:
            size = gradient.shape[1]
            counters = turn[:, None] * size + np.arange(size)
            drawn = normals(self._key, rows[:, None], counters)
            gradient += (self._noise * self._clip * drawn).astype(gradient.dtype)
