"""Rare classes that only hubs hold, or only leaves, to see how far knowledge travels.

The last `rare` classes go to the share `share` of the holders with the most neighbours (``to:
hubs``) or the fewest (``to: leaves``), the lower node first among equals, in equal parts; all other
classes are divided among all holders alike.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from netsim.fields import Probability, field
from netsim.learning.partition import Floats, Integers, PartitionConfig, Situation, dealt
from netsim.problems import Problem
from netsim.registry import register


@register("partition", "by_centrality")
class ByCentrality:
    """Some classes are held only by the best- or the worst-connected nodes."""

    source: ClassVar[str] = "Palmieri et al., Impact of Network Topology, 2024"
    situated: ClassVar[bool] = True

    class Config(PartitionConfig):
        """Which classes, and who holds them."""

        rare: int = field(2, description="classes that few hold, the last ones", ge=1)
        share: Probability = field(
            0.1, description="share of the holders that hold them, at least one", gt=0
        )
        to: Literal["hubs", "leaves"] = field(
            "hubs", description="whether those with the most or the fewest neighbours hold them"
        )

    @staticmethod
    def problems(config: Config, samples: int, classes: int, holders: int) -> list[Problem]:
        """Return whether any class is left for all."""
        if config.rare < classes:
            return []
        message = f"{config.rare} rare classes of {classes} leave none for all"
        return [Problem(message, ("rare",), "out-of-range", f"at most {classes - 1}")]

    @staticmethod
    def split(
        config: Config,
        label: Integers,
        holders: int,
        generator: np.random.Generator,
        situation: Situation,
    ) -> list[Integers]:
        """Return parts."""
        degree: Floats | None = situation.degree
        if degree is None:
            degree = np.zeros(holders)
        sign = -1 if config.to == "hubs" else 1
        chosen = np.lexsort((np.arange(holders), sign * degree))
        chosen = np.sort(chosen[: max(1, round(config.share * holders))])
        order = generator.permutation(len(label))
        parts: list[list[Integers]] = [[np.zeros(0, np.int64)] for _ in range(holders)]
        classes = int(label.max(initial=0)) + 1
        for one in range(classes):
            who = chosen if one >= classes - config.rare else np.arange(holders)
            dealt(parts, who, order[label[order] == one], one)
        return [np.concatenate(own) for own in parts]
