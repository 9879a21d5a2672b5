"""What is counted while time passes: messages, bytes, and how long nodes compute and wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from netsim.engine.environment import Environment

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """What the clock says when a round is complete, or when one looks.

    Parameters
    ----------
    t
        Now (ps).
    struck
        When what acted on this round struck (ps); -1 where nothing did.
    end
        When each node was through with the round (ps); -1 for those that were not.
    sent, received, lost, bytes_sent, bytes_received
        Messages and bytes of each node so far.
    compute, wait
        How long each node has trained and waited for others so far (ps).
    """

    t: int
    struck: int
    end: Integers
    sent: Integers
    received: Integers
    lost: Integers
    bytes_sent: Integers
    bytes_received: Integers
    compute: Integers
    wait: Integers


class Busy(Protocol):
    """Somebody who wants to know who computes."""

    def computing(self, node: int, begins: bool) -> None:
        """Note that `node` begins or ends to compute."""
        ...


class Ledger:
    """Counts per node.

    Parameters
    ----------
    nodes
        How many.
    env
        The clock.
    overhead
        Bytes that a message carries besides its model.
    """

    def __init__(self, nodes: int, env: Environment, overhead: int = 0) -> None:
        self._env, self._overhead = env, overhead
        self._sent, self._received, self._lost = ([0] * nodes for _ in range(3))
        self._bytes_sent, self._bytes_received = ([0] * nodes for _ in range(2))
        self._compute, self._wait, self._since = [0] * nodes, [0] * nodes, [-1] * nodes
        self.busy: Busy | None = None

    def send(self, node: int, size: int) -> None:
        """Count a message that takes `size` bytes on its way."""
        self._sent[node] += 1
        self._bytes_sent[node] += size

    def receive(self, node: int, size: int) -> None:
        """Count a message of `size` bytes besides what each carries."""
        self._received[node] += 1
        self._bytes_received[node] += size + self._overhead

    def lose(self, node: int) -> None:
        """Count a message of `node` that did not arrive."""
        self._lost[node] += 1

    def compute(self, node: int, begins: bool) -> None:
        """Note that `node` begins to compute, or ends it."""
        now, since = self._env.now, self._since[node]
        if since >= 0:
            self._compute[node] += now - since
        elif not begins:
            return
        self._since[node] = now if begins else -1
        if self.busy is not None:
            self.busy.computing(node, begins)

    def waited(self, node: int, span: int) -> None:
        """Count `span` ps that `node` waited for others."""
        self._wait[node] += span

    def times(self, now: int, struck: int = -1, end: Integers | None = None) -> Times:
        """Return the counts up to now."""
        nodes = len(self._sent)
        compute = [
            so_far + (now - since if since >= 0 else 0)
            for so_far, since in zip(self._compute, self._since, strict=True)
        ]
        lists = (
            self._sent,
            self._received,
            self._lost,
            self._bytes_sent,
            self._bytes_received,
            compute,
            self._wait,
        )
        arrays = (np.array(one, np.int64) for one in lists)
        return Times(now, struck, np.full(nodes, -1) if end is None else end, *arrays)
