"""What a defence is: how a node combines its own model with what it received, some of it forged.

A registered defence is a class with a `Config`, a `source`, and::

    combine(config, own, received, weight) -> array     one node's new model
    least(config) -> int                                models, its own among them, that it needs

`received` are the models that arrived (models, parameters), by ascending node; `weight` holds the
node's weight of each, as the rule of `weights` and lost messages have it. A node that has fewer
models than a defence needs (neighbours may be gone) takes what its docstring says. Defences take
the place of the weighted average; those that do not weigh leave `weight` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.schedule import Turn
from netsim.fields import Config, implementation

Array = NDArray[Any]


class DefenceConfig(Config):
    """How received models are combined."""


def combine(config: DefenceConfig, turn: Turn, sent: Array, own: Array, out: Array) -> None:
    """Write what every live node makes of its own model and what it received to `out`."""
    out[...] = own
    chosen = implementation("defence", config)
    for row, entries in _received(turn):
        heard = turn.pattern.node[entries]
        weight = turn.mixture.weight[entries].astype(sent.dtype)
        out[row] = chosen.combine(config, own[row], sent[heard], weight)


def _received(turn: Turn) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield live nodes with the entries of what they received from others, if anything."""
    pattern = turn.pattern
    came = ~pattern.own if turn.arrived is None else turn.arrived & ~pattern.own
    for row in np.flatnonzero(pattern.alive).tolist():
        entries = np.arange(pattern.first[row], pattern.first[row + 1])
        entries = entries[came[entries]]
        if len(entries):
            yield row, entries


def with_own(own: Array, received: Array) -> Array:
    """Return all models of a node, its own first."""
    return np.concatenate((own[None], received))
