"""Evacuation: everybody goes to the nearest exit, after a while of their own, and stays there."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from netsim.decentralized.mobilities.random_waypoint import SpeedsConfig, speed_problems
from netsim.decentralized.mobility import Area, Floats, Legs, Mover, generators
from netsim.fields import Duration, Length, field
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams


@register("mobility", "evacuation")
class Evacuation:
    """Nodes that leave for the nearest exit."""

    source: ClassVar[str] = "Aschenbruck et al., Modelling mobility in disaster areas, 2007 (idea)"
    example: ClassVar[dict[str, Any]] = {"exits": (("0 m", "0 m"),)}

    class Config(SpeedsConfig):
        """Where to, how fast, and from when."""

        exits: tuple[tuple[Length, Length], ...] = field(
            description="places of the exits", min_length=1, max_length=1000
        )
        reaction: Duration = field(
            "30 s", description="mean time until a node leaves, which is exponential"
        )

    @staticmethod
    def problems(config: Config) -> list[Problem]:
        """Return what is wrong with the speeds."""
        return speed_problems(config)

    @staticmethod
    def mover(config: Config, places: Floats, area: Area, streams: Streams) -> Mover:
        """Return who knows where they are."""
        drawn = generators(streams, len(places))
        exits = np.array(config.exits)
        begun = [0] * len(places)

        def following(node: int) -> tuple[Floats, float, float] | None:
            generator, begun[node] = drawn[node], begun[node] + 1
            if begun[node] == 1:
                return places[node], 1.0, float(generator.exponential(config.reaction))
            if begun[node] == 2:
                away = np.hypot(*(exits - places[node]).T)
                return exits[int(away.argmin())], float(generator.uniform(*config.speed)), 0.0
            return None

        return Legs(places, following)
