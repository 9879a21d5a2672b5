"""What an attack is: nodes that train and mix as told, and send something else.

A registered attack is a class with a `Config`, a `source`, and::

    __init__(config, key)                              key of the stream that it draws from
    forge(vectors, attackers, honest, turn) -> array   what the attackers send, a row each

and optionally ``labels(config, label, classes) -> array``: it poisons its nodes' samples instead of
what they send. `vectors` are what all would send, so an attack may know everything (`honest`: the
live nodes that are no attackers); `turn` is the round. What is forged goes through the compressor
as any message does, and its sender hears itself as it is.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from netsim.decentralized.selection import Selector, choose
from netsim.decentralized.victims import unknown_nodes
from netsim.fields import Config, Probability, field, problem
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.rng import Streams

Array = NDArray[Any]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class AttackConfig(Config):
    """Who attacks."""

    select: Selector = field("random", description="rule that ranks the nodes, first ones attack")
    mode: Literal["initial", "adaptive"] = field(
        "initial", description="rank once, or anew after each attacker on what is left"
    )
    fraction: Probability | None = field(None, description="share of all nodes that attack")
    count: int | None = field(None, description="number of nodes that attack", ge=0)
    nodes: tuple[int, ...] | None = field(None, description="nodes that attack, by number")

    @model_validator(mode="after")
    def _check_one_is_given(self) -> Self:
        given = [n for n in ("fraction", "count", "nodes") if getattr(self, n) is not None]
        if len(given) == 1:
            return self
        what = "none of them is given" if not given else f"'{given[1]}' is given as well"
        hint = "give one of fraction, count, nodes"
        message = f"how many nodes attack? {what}"
        raise problem("unsatisfiable", message, at=tuple(given[1:2]), hint=hint)


class Attack(Protocol):
    """What attackers send."""

    def forge(self, vectors: Array, attackers: Integers, honest: Integers, turn: int) -> Array:
        """Return what the attackers send in round `turn`, a row each."""
        ...


def attackers_of(
    config: AttackConfig, graph: Graph, sizes: Floats | None, streams: Streams
) -> Integers:
    """Return the nodes that attack, ascending."""
    if config.nodes is not None:
        return np.unique(np.array(config.nodes, np.int64))
    count = config.count
    if count is None:
        count = round((config.fraction or 0.0) * graph.node_count)
    found = choose(
        config.select,
        graph,
        np.ones(graph.node_count, np.bool_),
        count,
        adaptive=config.mode == "adaptive",
        generator=streams.generator("decentralized.attack"),
        sizes=sizes,
    )
    return np.sort(found)


def problems(config: AttackConfig, nodes: int) -> list[Problem]:
    """Return which nodes that are named are not there, or that fewer are than are to attack."""
    if config.count is not None and config.count > nodes:
        message = f"{config.count:,} nodes cannot attack: there are {nodes:,}"
        return [Problem(message, ("count",), "out-of-range", f"at most {nodes:,}")]
    return unknown_nodes(config.nodes, nodes)
