"""Relief: groups that stay about where they are, and a few ferries that go between them.

Every node wanders to random places in a disc around its start; the last `ferries` nodes go from the
start of one random node to that of another, faster, and carry models between groups that do not
reach each other.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import numpy as np

from netsim.decentralized.mobilities.random_waypoint import SpeedsConfig, speed_problems
from netsim.decentralized.mobility import Area, Floats, Legs, Mover, generators
from netsim.fields import Duration, Length, Quantity, field
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams

FerrySpeed = Annotated[float, Quantity("speed", positive=True)]


@register("mobility", "relief")
class Relief:
    """Nodes that wander near their start, and ferries between them."""

    source: ClassVar[str] = (
        "Zhao, Ammar, Zegura, Message ferrying, MobiHoc 2004; Aschenbruck et al., 2007"
    )
    example: ClassVar[dict[str, Any]] = {}

    class Config(SpeedsConfig):
        """How far nodes wander, and who ferries."""

        radius: Length = field("50 m", description="how far a node goes from its start")
        pause: Duration = field("10 s", description="rest at every place")
        ferries: int = field(1, description="nodes that go between the others, the last ones", ge=0)
        ferry_speed: FerrySpeed = field("10 m/s", description="how fast they go")

    @staticmethod
    def problems(config: Config) -> list[Problem]:
        """Return what is wrong with the speeds."""
        return speed_problems(config)

    @staticmethod
    def mover(config: Config, places: Floats, area: Area, streams: Streams) -> Mover:
        """Return who knows where they are."""
        drawn, nodes = generators(streams, len(places)), len(places)
        low, high = np.array(area[:2]), np.array(area[2:])
        first = max(0, nodes - config.ferries)

        def following(node: int) -> tuple[Floats, float, float]:
            generator = drawn[node]
            if node >= first and first:
                goal = places[int(generator.integers(first))]
                return goal, config.ferry_speed, config.pause
            # A uniform place in the disc: the root makes up for how rings grow.
            away = config.radius * math.sqrt(generator.random())
            angle = 2 * math.pi * generator.random()
            goal = places[node] + away * np.array([math.cos(angle), math.sin(angle)])
            speed = float(generator.uniform(*config.speed))
            return np.clip(goal, low, high), speed, config.pause

        return Legs(places, following)
