"""What is done to models, put down as time passes and carried out many at once.

Where nobody waits, the clock does not need models: it says which node trains, sends or merges, and
when. These operations are kept, some thousand at a time, and carried out by *levels*: one that
needs what another one makes is a level above it, and all of a level are done in one call for many
nodes (``execution: replay``). Carried out one by one (``lockstep``) they give the same bits, since
no node's numbers depend on who else is in a call. A message holds a *version*, a row of a pool,
which is free again when its last reader is through.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.peers import Peers

Array = NDArray[Any]

#: Kinds of operations, in the order in which those of a level are carried out.
SAVE, LOAD, MERGE, TRAIN, STEP, PAIR, ADD, RESET, CALL = range(9)
#: All of a model.
WHOLE: Final = (0, -1)
#: Operations that are kept before they are carried out.
AHEAD: Final = 4096

_ORDER: Final = itemgetter(0, 1, 2)


class Operations:
    """Operations on the models of all nodes.

    Parameters
    ----------
    peers
        Whose models they are.
    ahead
        How many are kept at the most.
    """

    def __init__(self, peers: Peers, ahead: int) -> None:
        self._peers, self._ahead = peers, ahead
        self._nodes = len(peers.theta)
        self._kept: list[tuple[Any, ...]] = []
        #: Level of the last write of every node, and of anything that was done to it.
        self._written, self._touched = [0] * self._nodes, [0] * self._nodes
        self._floor = self._highest = 0
        #: Level at which a version is there; versions that are free, and those that will be.
        self._there: dict[int, int] = {}
        self._free: list[int] = []
        self._leaving: list[int] = []
        self._readers: dict[int, int] = {}
        self._versions = 0
        self._pool: Array = np.empty((0, peers.theta.shape[1]), peers.theta.dtype)
        self._saves = [0] * self._nodes

    # What a clock says ----------------------------------------------------------------------------

    def save(self, node: int, readers: int = 1) -> int:
        """Return a version of the model of `node` as it is sent, for so many `readers`."""
        if self._free:
            version = self._free.pop()
        else:
            version, self._versions = self._versions, self._versions + 1
        level = max(self._written[node], self._floor) + 1
        self._touched[node] = max(self._touched[node], level)
        self._there[version] = level
        self._readers[version] = readers
        number = self._saves[node]
        self._saves[node] += 1
        self._put(level, SAVE, WHOLE, node, version, number)
        return version

    def share(self, version: int, readers: int = 1) -> None:
        """Let a version have more readers."""
        self._readers[version] += readers

    def release(self, version: int) -> None:
        """Let one reader of a version be through with it."""
        self._readers[version] -= 1
        if not self._readers[version]:
            del self._readers[version]
            self._leaving.append(version)

    def load(self, node: int, version: int) -> None:
        """Replace a model."""
        self._put(self._write(node, version), LOAD, WHOLE, node, version)

    def merge(self, node: int, version: int, share: float, part: tuple[int, int] = WHOLE) -> None:
        """Let a node's model be ``(1 - share)`` of itself and `share` of a version."""
        self._put(self._write(node, version), MERGE, part, node, version, share)

    def train(self, node: int, number: int) -> None:
        """Let a node train for the `number`-th time."""
        self._put(self._write(node), TRAIN, WHOLE, node, number)

    def step(self, node: int, version: int, number: int) -> None:
        """Let a node take a step along the gradient of its `number`-th batch at a version."""
        self._put(self._write(node, version), STEP, WHOLE, node, version, number)

    def pair(self, one: int, other: int) -> None:
        """Let two nodes have their mean."""
        level = max(self._write(one), self._write(other))
        for node in (one, other):
            self._written[node] = self._touched[node] = level
        self._put(level, PAIR, WHOLE, one, other)

    def add(self, node: int, new: int, old: int, share: float) -> None:
        """Add `share` of the difference of two versions to a node's model."""
        level = max(self._write(node, new), self._write(node, old))
        self._written[node] = self._touched[node] = level
        self._put(level, ADD, WHOLE, node, new, old, share)

    def reset(self, node: int) -> None:
        """Give a node its first model."""
        self._put(self._write(node), RESET, WHOLE, node)

    def call(self, function: Callable[[], object]) -> None:
        """Call `function` behind all that came before, and before all that follows."""
        level = self._floor = self._highest + 1
        self._put(level, CALL, WHOLE, function)

    def _write(self, node: int, version: int = -1) -> int:
        """Return the level of an operation that changes a node's model, and note it."""
        level = max(self._touched[node], self._floor, self._there.get(version, 0)) + 1
        self._written[node] = self._touched[node] = level
        return level

    def _put(self, level: int, kind: int, part: tuple[int, int], *what: Any) -> None:
        self._kept.append((level, kind, part, *what))
        if level > self._highest:
            self._highest = level
        if len(self._kept) >= self._ahead:
            self.flush()

    # What is done ---------------------------------------------------------------------------------

    def flush(self) -> None:
        """Carry out all that was put down."""
        kept, self._kept = self._kept, []
        if self._versions > len(self._pool):
            room = max(self._versions, 2 * len(self._pool), 16)
            pool = np.empty((room, self._pool.shape[1]), self._pool.dtype)
            pool[: len(self._pool)] = self._pool
            self._pool = pool
        kept.sort(key=_ORDER)
        for (_, kind, part), some in groupby(kept, _ORDER):
            _DOES[kind](self, part, list(some))
        self._written, self._touched = [0] * self._nodes, [0] * self._nodes
        self._floor = self._highest = 0
        self._there.clear()
        self._free += self._leaving
        self._leaving = []

    def _save(self, part: tuple[int, int], some: list[Any]) -> None:
        _, _, _, nodes, versions, numbers = zip(*some, strict=True)
        self._pool[list(versions)] = self._peers.as_sent(list(nodes), list(numbers))

    def _load(self, part: tuple[int, int], some: list[Any]) -> None:
        _, _, _, nodes, versions = zip(*some, strict=True)
        self._peers.theta[list(nodes)] = self._pool[list(versions)]

    def _merge(self, part: tuple[int, int], some: list[Any]) -> None:
        _, _, _, nodes, versions, shares = zip(*some, strict=True)
        first, last = part
        columns = slice(None) if part == WHOLE else slice(first, last)
        theta = self._peers.theta
        share = np.array(shares)[:, None]
        own = theta[list(nodes), columns]
        own *= (1 - share).astype(theta.dtype)
        heard = self._pool[list(versions), columns]
        heard *= share.astype(theta.dtype)
        own += heard
        theta[list(nodes), columns] = own

    def _train(self, part: tuple[int, int], some: list[Any]) -> None:
        # In the order of nodes, as whoever trains all of them at once expects it.
        pairs = sorted((one[3], one[4]) for one in some)
        rows, numbers = np.array(pairs, np.int64).T
        peers = self._peers
        peers.objective.local(peers.theta, rows, numbers)

    def _step(self, part: tuple[int, int], some: list[Any]) -> None:
        _, _, _, nodes, versions, numbers = zip(*some, strict=True)
        rows, peers = np.array(nodes), self._peers
        slope = peers.objective.gradient(self._pool[list(versions)], rows, np.array(numbers))
        peers.theta[rows] -= peers.lr * slope

    def _pair(self, part: tuple[int, int], some: list[Any]) -> None:
        _, _, _, ones, others = zip(*some, strict=True)
        theta = self._peers.theta
        mean = theta[list(ones)]
        mean += theta[list(others)]
        mean *= 0.5
        theta[list(ones)] = mean
        theta[list(others)] = mean

    def _add(self, part: tuple[int, int], some: list[Any]) -> None:
        for _, _, _, node, new, old, share in some:
            difference = self._pool[new] - self._pool[old]
            self._peers.theta[node] += self._pool.dtype.type(share) * difference

    def _reset(self, part: tuple[int, int], some: list[Any]) -> None:
        rows = [one[3] for one in some]
        self._peers.theta[rows] = self._peers.start[rows]

    def _call(self, part: tuple[int, int], some: list[Any]) -> None:
        for one in some:
            one[3]()


_DOES: Final[dict[int, Callable[[Operations, tuple[int, int], list[Any]], None]]] = {
    SAVE: Operations._save,
    LOAD: Operations._load,
    MERGE: Operations._merge,
    TRAIN: Operations._train,
    STEP: Operations._step,
    PAIR: Operations._pair,
    ADD: Operations._add,
    RESET: Operations._reset,
    CALL: Operations._call,
}
