"""Communities of the graph that know different classes, so that what they lack is far away.

Classes are dealt out to the communities in turn, the largest community first, and a class's samples
go to the holders of its communities in equal parts; where there are more communities than classes,
several share one. A share `mixed` of all samples is divided among all holders alike.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.fields import Probability, field
from netsim.learning.partition import Integers, PartitionConfig, Situation, dealt
from netsim.registry import register


@register("partition", "by_community")
class ByCommunity:
    """Each community of the graph holds classes of its own."""

    source: ClassVar[str] = "Palmieri et al., The Effect of Network Topologies, 2023"
    situated: ClassVar[bool] = True

    class Config(PartitionConfig):
        """How strictly."""

        mixed: Probability = field(
            0.0, description="share of the samples that is divided among all holders alike"
        )

    @staticmethod
    def split(
        config: Config,
        label: Integers,
        holders: int,
        generator: np.random.Generator,
        situation: Situation,
    ) -> list[Integers]:
        """Return parts."""
        community = situation.community
        if community is None:
            community = np.zeros(holders, np.int64)
        order = generator.permutation(len(label))
        alike = round(config.mixed * len(order))
        parts: list[list[Integers]] = [[piece] for piece in np.array_split(order[:alike], holders)]
        rest = order[alike:]
        size = np.bincount(community)
        there = np.flatnonzero(size)
        ranked = there[np.lexsort((there, -size[there]))]
        classes = int(label.max(initial=0)) + 1
        for one in range(classes):
            own = {int(ranked[one % len(ranked)])}
            own |= {int(c) for place, c in enumerate(ranked) if place % classes == one}
            who = np.flatnonzero(np.isin(community, sorted(own)))
            dealt(parts, who, rest[label[rest] == one], one)
        return [np.concatenate(own_parts) for own_parts in parts]
