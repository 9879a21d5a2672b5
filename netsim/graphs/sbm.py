"""Stochastic block model: groups that are thick inside and thin between.

Pairs inside groups and pairs across groups are two sequences of trials, each with one probability,
so that the time goes with the edges and not with the pairs. Both are numbered by their later node.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.graphs.graph import Graph, Integers, graph_of
from netsim.graphs.kind import GraphConfig, MaybeLength, Stream, length_field, too_few
from netsim.graphs.trials import pair_count, successes
from netsim.problems import Problem
from netsim.registry import register


@register("graph", "sbm")
class StochasticBlockModel:
    """Groups; a pair inside one is joined with probability p_in, another with p_out."""

    source: ClassVar[str] = (
        "P. W. Holland, K. B. Laskey, S. Leinhardt, Stochastic blockmodels: first steps, "
        "Social Networks 5, 1983"
    )
    example: ClassVar[dict[str, Any]] = {"blocks": 2, "p_in": 0.5, "p_out": 0.1}

    class Config(GraphConfig):
        """Groups, probabilities, and length of edges."""

        blocks: int | tuple[int, ...] = field(
            description="number of groups (node i is in group i modulo it), or the size of each "
            "(the first nodes are the first group)"
        )
        p_in: Probability = field(description="probability that a pair of one group is joined")
        p_out: Probability = field(description="probability that a pair of two groups is joined")
        length: MaybeLength = length_field()

    @staticmethod
    def size(config: Config) -> int | None:
        """Return the sum of sizes, where they are given."""
        return None if isinstance(config.blocks, int) else sum(config.blocks)

    @staticmethod
    def problems(config: Config, nodes: int) -> list[Problem]:
        """Return what is wrong with the groups."""
        sizes = (config.blocks,) if isinstance(config.blocks, int) else config.blocks
        if not sizes or min(sizes) < 1:
            return [Problem("a group is empty", ("blocks",), "out-of-range", "at least 1 of each")]
        if isinstance(config.blocks, int):
            return too_few(nodes, config.blocks, f"{config.blocks:,} groups")
        return []

    @staticmethod
    def pairs(config: Config, nodes: int) -> float:
        """Return the mean number of edges."""
        group = groups(config, nodes)
        inside = sum(pair_count(size) for size in np.bincount(group).tolist())
        return config.p_in * inside + config.p_out * (pair_count(nodes) - inside)

    @staticmethod
    def build(config: Config, nodes: int, stream: Stream) -> Graph:
        """Return a random graph, with the column `block` of its nodes.

        With more nodes in the last group, or in further ones, it begins with the same edges.
        """
        group = groups(config, nodes)
        members = [np.flatnonzero(group == block) for block in range(int(group.max()) + 1)]
        peers = np.empty(nodes, np.int64)
        for own in members:
            peers[own] = np.arange(len(own))
        later, place = _drawn(stream(0), config.p_in, peers)
        inside = _pick(later, place, group, members, among=True)
        across, place = _drawn(stream(1), config.p_out, np.arange(nodes) - peers)
        outside = _pick(across, place, group, members, among=False)
        return graph_of(
            nodes,
            np.concatenate((inside, outside)),
            np.concatenate((later, across)),
            node_columns={"block": group},
        )


def groups(config: StochasticBlockModel.Config, nodes: int) -> Integers:
    """Return the group of every node."""
    if isinstance(config.blocks, int):
        return np.arange(nodes) % config.blocks
    return np.repeat(np.arange(len(config.blocks)), config.blocks)


def _drawn(
    generator: np.random.Generator, probability: float, trials: Integers
) -> tuple[Integers, Integers]:
    """Return the later node and the place among its trials of every success."""
    ends = np.cumsum(trials)
    found = successes(generator, probability, int(ends[-1]))
    later = np.searchsorted(ends, found, side="right")
    return later, found - (ends - trials)[later]


def _pick(
    later: Integers, place: Integers, group: Integers, members: list[Integers], *, among: bool
) -> Integers:
    """Return which node is number `place` among the members of the later node's group, or not."""
    picked = np.empty(len(later), np.int64)
    for block, own in enumerate(members):
        here = np.flatnonzero(group[later] == block)
        if among:
            picked[here] = own[place[here]]
        else:
            # Before the t-th member stand own[t] - t others: so many members precede the place.
            before = np.searchsorted(own - np.arange(len(own)), place[here], side="right")
            picked[here] = place[here] + before
    return picked
