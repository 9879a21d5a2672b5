"""Which samples each node's next batch holds: an order drawn anew for every node and epoch.

Orders come from stateless draws (`netsim.rng.draws`) of node and epoch, so a node's k-th batch is
the same whatever happens to others, and whenever it is asked for. Batches are rows of one array,
padded where a node's last batch of an epoch is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from netsim.rng import draws

Integers = NDArray[np.int64]

_NEVER: Final = -1
_EPOCH: Final = np.uint64(32)


class Batches:
    """The batches of all nodes.

    Parameters
    ----------
    parts
        Samples of each node, possibly none.
    batch_size
        Samples of a batch.
    key
        Key of the stream of draws.
    """

    def __init__(self, parts: Sequence[Integers], batch_size: int, key: int) -> None:
        nodes, longest = len(parts), max([1, *map(len, parts)])
        self.count = np.array([len(part) for part in parts], np.int64)
        self.size = min(batch_size, longest)
        #: Batches of one epoch, per node.
        self.per_epoch = -(-self.count // self.size)
        wide = -(-longest // self.size) * self.size
        self._samples = np.zeros((nodes, longest), np.int64)
        for node, part in enumerate(parts):
            self._samples[node, : len(part)] = part
        self._order = np.zeros((nodes, wide), np.int64)
        self._epoch = np.full(nodes, _NEVER)
        self._key = key

    def take(self, rows: Integers, turn: Integers) -> tuple[Integers, NDArray[Any]]:
        """Return samples (rows, batch) and which places hold one, of the rows' `turn`-th batches.

        Every one of `rows` holds data.
        """
        epoch, place = np.divmod(turn, self.per_epoch[rows])
        stale = self._epoch[rows] != epoch
        if stale.any():
            self._shuffle(rows[stale], epoch[stale])
        columns = (place * self.size)[:, None] + np.arange(self.size)
        samples = self._order[rows[:, None], columns]
        return samples, columns < self.count[rows, None]

    def _shuffle(self, rows: Integers, epoch: Integers) -> None:
        """Draw the orders of `rows` in their epochs."""
        places = np.arange(self._samples.shape[1], dtype=np.uint64)
        counters = (epoch.astype(np.uint64)[:, None] << _EPOCH) + places
        drawn = draws(self._key, rows[:, None], counters)
        # What is no sample comes last, behind any draw, since sorting keeps equals in order.
        drawn[places >= self.count[rows, None].astype(np.uint64)] = np.uint64(2**64 - 1)
        order = np.argsort(drawn, axis=1, kind="stable")
        self._order[rows, : order.shape[1]] = self._samples[rows[:, None], order]
        self._epoch[rows] = epoch
