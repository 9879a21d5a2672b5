"""How long the nodes compute: given times, speeds, or any delay process, row by row.

A node's k-th training takes the k-th row of its column, whatever happens meanwhile. Rows are drawn
as they are needed; since draws have the prefix property, those that were used stay as they are.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import netsim.delays.process as delays
from netsim.decentralized.clock.timing import DEFAULT_COMPUTE, TimingConfig
from netsim.decentralized.clock.world import World
from netsim.decentralized.local import LocalConfig
from netsim.engine.clock import SECOND
from netsim.rng import Streams

#: Operations of training forth and back, a parameter and sample.
OPERATIONS: Final = 6
_ROWS: Final = 64


def samples_of(local: LocalConfig, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many samples each node's training goes through; at least one."""
    if local.steps is not None:
        taken = local.steps * np.minimum(sizes, local.batch_size)
    else:
        taken = (local.epochs or 1) * sizes
    at_least: NDArray[np.float64] = np.maximum(1.0, taken)
    return at_least


class Work:
    """Compute times.

    Parameters
    ----------
    config
        The block `timing`.
    world
        Who is slowed down.
    streams
        Where delays are drawn from.
    samples
        Samples times passes of a node's training.
    parameters
        Numbers of a model.
    """

    def __init__(
        self,
        config: TimingConfig,
        world: World,
        streams: Streams,
        samples: NDArray[np.float64],
        parameters: int,
    ) -> None:
        self._world, self._streams = world, streams
        nodes = world.graph.node_count
        compute: Any = config.compute
        self._process = compute if isinstance(compute, delays.DelayConfig) else None
        self._table: list[list[int]] = []
        self._each: list[int] = []
        if config.speed is not None:
            speed = np.broadcast_to(np.asarray(config.speed, np.float64), (nodes,))
            seconds = OPERATIONS * parameters * samples / speed
            self._each = [max(1, round(one * SECOND)) for one in seconds.tolist()]
        elif self._process is None:
            given = DEFAULT_COMPUTE if compute is None else compute
            self._each = list(given) if isinstance(given, tuple) else [given] * nodes

    def time(self, node: int, number: int) -> int:
        """Return how long the `number`-th training of `node` takes now, in ps."""
        factor = self._world.compute[node]
        if self._process is None:
            lasts = self._each[node]
        else:
            while number >= len(self._table):
                self._draw()
            lasts = self._table[number][node]
        return lasts if factor == 1.0 else max(1, round(lasts * factor))

    def _draw(self) -> None:
        """Draw twice as many rows as there are."""
        rows, nodes = max(_ROWS, 2 * len(self._table)), self._world.graph.node_count
        if self._process is not None:
            drawn = delays.sample(self._process, self._streams, rows, nodes)
            ps = np.maximum(1, np.rint(np.minimum(drawn, 4e6) * SECOND)).astype(np.int64)
            self._table = ps.tolist()

    def mean(self) -> list[float]:
        """Return the mean time of every node in seconds, from the first rows."""
        if self._process is not None and not self._table:
            self._draw()
        if self._table:
            found: list[float] = (np.array(self._table).mean(axis=0) / SECOND).tolist()
            return found
        return [one / SECOND for one in self._each]
