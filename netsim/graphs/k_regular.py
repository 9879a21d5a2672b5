"""Random regular graphs: every node has k neighbours, and is otherwise joined at random.

Each node has k stubs; shuffled stubs are paired, pairs that would be loops or double edges give
their stubs back, and these are paired again; where none can be, all starts anew (A. Steger,
N. C. Wormald, Generating random regular graphs quickly, Combin. Probab. Comput. 8, 1999: all graphs
are equally likely as the graph grows). Dense graphs are drawn as complements of thin ones, which
are as likely and start anew less often.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import field
from netsim.graphs.graph import Graph, Integers, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field
from netsim.graphs.trials import pair_count, pair_of
from netsim.problems import Problem
from netsim.registry import register


@register("graph", "k_regular")
class KRegular:
    """A random graph in which every node has k neighbours."""

    source: ClassVar[str] = (
        "A. Steger, N. C. Wormald, Generating random regular graphs quickly, Combinatorics, "
        "Probability and Computing 8, 1999"
    )

    class Config(GraphConfig):
        """Number of nodes, of neighbours, and length of edges."""

        k: int = field(description="neighbours of every node", ge=0, le=1_000_000)
        length: MaybeLength = length_field()

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what is wrong: too many neighbours, or an odd number of ends of edges."""
        if config.k >= nodes:
            message = f"{config.k:,} neighbours need more than {nodes:,} nodes"
            return [Problem(message, ("k",), hint=f"at most {nodes - 1:,}")]
        if nodes * config.k % 2:
            message = f"{nodes:,} nodes cannot each have {config.k:,} neighbours"
            return [Problem(message, ("k",), hint="an edge has two ends: nodes or k must be even")]
        return []

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return nodes k / 2, or all pairs where these are drawn as a complement."""
        return pair_count(nodes) if 2 * config.k > nodes - 1 else nodes * config.k / 2

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return a random regular graph."""
        dense = 2 * config.k > nodes - 1
        generator, keys = stream(), None
        while keys is None:
            keys = _pairing(generator, nodes, nodes - 1 - config.k if dense else config.k)
        if not dense:
            return graph_of(nodes, keys % nodes, keys // nodes)
        source, target = pair_of(np.arange(pair_count(nodes)))
        kept = ~np.isin(source + target * nodes, keys)
        return graph_of(nodes, source[kept], target[kept])


def _pairing(generator: np.random.Generator, nodes: int, k: int) -> Integers | None:
    """Return one pairing of all stubs as numbers ``u + v * nodes``, u < v; None if it got stuck."""
    stubs = np.repeat(np.arange(nodes), k)
    keys = np.empty(0, np.int64)
    while len(stubs):
        pairs = generator.permutation(stubs).reshape(-1, 2)
        low, high = pairs.min(axis=1), pairs.max(axis=1)
        key = low + high * nodes
        first = np.zeros(len(key), np.bool_)
        first[np.unique(key, return_index=True)[1]] = True
        good = (low != high) & first & ~np.isin(key, keys)
        if not good.any() and not _can_go_on(np.unique(stubs), keys, nodes):
            return None
        keys = np.concatenate((keys, key[good]))
        stubs = pairs[~good].ravel()
    return keys


def _can_go_on(left: Integers, keys: Integers, nodes: int) -> bool:
    """Return whether two of the nodes with stubs left are not joined yet."""
    low, high = pair_of(np.arange(pair_count(len(left))))
    return not np.isin(left[low] + left[high] * nodes, keys).all()
