"""Random waypoint: everybody goes straight to a random place, rests, and goes to the next one.

Speeds are uniform from the least to the largest. Slow legs last longer, so at a random moment the
mean of 1 / (time a metre) is what counts: without pauses a node's speed has the mean
(v2 - v1) / ln(v2 / v1), below that of the drawn speeds, which it only reaches at the start.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.mobility import Area, Floats, Legs, MobilityConfig, Mover, generators
from netsim.fields import Duration, Speed, field
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


class SpeedsConfig(MobilityConfig):
    """How fast nodes go."""

    speed: tuple[Speed, Speed] = field(
        ("1 m/s", "2 m/s"), description="least and largest speed of a leg"
    )


def speed_problems(config: SpeedsConfig) -> list[Problem]:
    """Return whether the largest speed is below the least."""
    least, largest = config.speed
    if least <= largest:
        return []
    message = f"{least:g} m/s is more than {largest:g} m/s"
    return [Problem(message, ("speed",), "out-of-range", "give the lower one first")]


@register("mobility", "random_waypoint")
class RandomWaypoint:
    """Nodes that go to random places, one after another."""

    source: ClassVar[str] = (
        "Johnson, Maltz, Dynamic source routing, 1996; Yoon, Liu, Noble, INFOCOM 2003 (speeds)"
    )
    example: ClassVar[dict[str, Any]] = {}

    class Config(SpeedsConfig):
        """Speeds and pauses."""

        pause: Duration = field("0 s", description="rest at every place")

    @staticmethod
    def problems(config: Config) -> list[Problem]:
        """Return what is wrong with the speeds."""
        return speed_problems(config)

    @staticmethod
    def mover(config: Config, places: Floats, area: Area, streams: Streams) -> Mover:
        """Return who knows where they are."""
        drawn = generators(streams, len(places))
        low, high = np.array(area[:2]), np.array(area[2:])

        def following(node: int) -> tuple[Floats, float, float]:
            generator = drawn[node]
            goal = low + generator.random(2) * (high - low)
            return goal, float(generator.uniform(*config.speed)), config.pause

        return Legs(places, following)
