"""Who holds what as the data says: group g of the samples goes to the g-th holder."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netsim.learning.partition import Integers, PartitionConfig, Situation
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register


@register("partition", "given")
class Given:
    """Takes the division that comes with the data: a column of a file, or its groups."""

    source: ClassVar[str] = "Caldas et al., LEAF, 2018, whose data comes divided by user"
    situated: ClassVar[bool] = True

    class Config(PartitionConfig):
        """No fields."""

    @staticmethod
    def split(
        config: Config,
        label: Integers,
        holders: int,
        generator: np.random.Generator,
        situation: Situation,
    ) -> list[Integers]:
        """Return the groups; draws nothing."""
        group = situation.group
        if group is None:
            message = "the data does not say who holds what"
            hint = "name its column (holder: NAME), or take another partition"
            raise ProblemsFound(Problem(message, ("data", "partition"), "unsatisfiable", hint))
        if int(group.max(initial=0)) >= holders:
            message = f"the data is of {int(group.max()) + 1:,} holders, and there are {holders:,}"
            hint = "take as many nodes that hold data"
            raise ProblemsFound(Problem(message, ("data", "partition"), "unsatisfiable", hint))
        return [np.flatnonzero(group == one) for one in range(holders)]
