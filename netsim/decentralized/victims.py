"""Which nodes an entry hits: named, counted, or a share of them, by a rule that ranks them."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from netsim.decentralized.disruption import Integers, NodesConfig, Scene
from netsim.decentralized.selection import Selector, choose
from netsim.fields import Probability, field, problem
from netsim.problems import Problem


class VictimsConfig(NodesConfig):
    """Which nodes, and what becomes of them."""

    select: Selector = field("random", description="rule that ranks the nodes, first ones are hit")
    mode: Literal["initial", "adaptive"] = field(
        "initial", description="rank once, or anew after each victim on what is left"
    )
    fraction: Probability | None = field(None, description="share of all nodes that is hit")
    count: int | None = field(None, description="number of nodes that are hit", ge=0)
    nodes: tuple[int, ...] | None = field(None, description="nodes that are hit, by number")

    @model_validator(mode="after")
    def _check_one_is_given(self) -> Self:
        given = [n for n in ("fraction", "count", "nodes") if getattr(self, n) is not None]
        if len(given) == 1:
            return self
        what = "none of them is given" if not given else f"'{given[1]}' is given as well"
        hint = "give one of fraction, count, nodes"
        raise problem(
            "unsatisfiable", f"how many nodes are hit? {what}", at=tuple(given[1:2]), hint=hint
        )


def victims(config: VictimsConfig, scene: Scene) -> Integers:
    """Return the nodes that are hit, those of `alive` only."""
    if config.nodes is not None:
        named = np.unique(np.array(config.nodes, np.int64))
        return named[scene.alive[named]]
    count = config.count
    if count is None:
        # Halves go to the even number, as in IEEE 754.
        count = round((config.fraction or 0.0) * scene.graph.node_count)
    return choose(
        config.select,
        scene.graph,
        scene.alive,
        count,
        adaptive=config.mode == "adaptive",
        generator=scene.generator(),
        sizes=scene.sizes,
    )


def unknown_nodes(nodes: tuple[int, ...] | None, count: int) -> list[Problem]:
    """Return which of `nodes` are no node of a graph of `count`."""
    return [
        Problem(
            f"there is no node {node:,}",
            ("nodes", index),
            "out-of-range",
            f"nodes are numbered 0 to {count - 1:,}",
        )
        for index, node in enumerate(nodes or ())
        if not 0 <= node < count
    ]
