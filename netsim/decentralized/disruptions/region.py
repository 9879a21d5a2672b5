"""A region is struck: nodes within a circle drop, at once, as a front grows, or by chance.

With `speed` the front starts at the centre and grows by that much a round, with `velocity` it grows
in time, up to the radius (fire, flood). With `spread` s a node at distance d drops with probability
exp(-d^2 / (2 s^2)).
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.disruption import NodesConfig, Scene, Span
from netsim.engine.clock import SECOND
from netsim.fields import Length, Speed, field
from netsim.graphs.graph import Graph
from netsim.problems import Problem
from netsim.registry import register


@register("disruption", "region")
class Region:
    """All nodes near a place drop."""

    clock: ClassVar[bool] = True
    source: ClassVar[str] = "Neumayer, Zussman, Modiano, Assessing the vulnerability, ToN 19, 2011"
    example: ClassVar[dict[str, Any]] = {
        "at": {"round": 0},
        "x": "0 m",
        "y": "0 m",
        "radius": "10 m",
    }

    class Config(NodesConfig):
        """Where, how far, how fast."""

        x: Length = field(description="centre of the region")
        y: Length = field(description="centre of the region, in the other direction")
        radius: Length = field(description="how far it reaches")
        speed: Length | None = field(
            None, description="how far its front comes in a round; default: all at once"
        )
        velocity: Speed | None = field(
            None,
            description="how fast its front comes, of what happens at a time; in place of speed",
        )
        spread: Length | None = field(
            None, description="length by which the chance to be hit fades; default: all are hit"
        )

    @staticmethod
    def problems(config: Config, graph: Graph | None, nodes: int) -> list[Problem]:
        """Return whether nobody knows where the nodes are, or the front stands still."""
        found = []
        if graph is not None and graph.x is None:
            message = "nothing says where the nodes are, so no region can be struck"
            hint = "take a topology with places, such as random_geometric"
            found.append(Problem(message, (), "unsatisfiable", hint, also=("topology",)))
        other, unit = ("speed", "round") if config.at.clock else ("velocity", "second")
        if getattr(config, other) is not None:
            fit = "velocity" if config.at.clock else "speed"
            message = f"'{other}' is a way in a {unit}, and 'at' does not count these"
            found.append(Problem(message, (other,), "unsatisfiable", f"give {fit} in its place"))
        for name in ("speed", "spread"):
            if getattr(config, name) == 0:
                message = f"with {name} 0 it never gets anywhere"
                found.append(Problem(message, (name,), "out-of-range", "give a length, or none"))
        return found

    @staticmethod
    def spans(config: Config, scene: Scene) -> list[Span]:
        """Return one span per round in which nodes are reached."""
        graph = scene.graph
        if graph.x is None or graph.y is None:
            return []
        away = np.hypot(graph.x - config.x, graph.y - config.y)
        hit = scene.alive & (away <= config.radius)
        if config.spread is not None:
            chance = np.exp(-(away**2) / (2 * config.spread**2))
            hit &= scene.generator().random(graph.node_count) < chance
        delay = np.zeros(graph.node_count, np.int64)
        if config.velocity is not None:
            delay = np.ceil(away / config.velocity * SECOND).astype(np.int64)
        elif config.speed is not None:
            delay = np.ceil(away / config.speed).astype(np.int64)
        found = []
        for later in np.unique(delay[hit]).tolist():
            nodes = np.flatnonzero(hit & (delay == later))
            begin = scene.begin + later
            end = scene.end(config, begin, int(nodes[0]))
            found.append(Span(0, "", begin, end, nodes=nodes))
        return [one for one in found if scene.clock or one.begin < scene.rounds]
