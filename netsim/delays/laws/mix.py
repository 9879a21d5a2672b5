"""A mixture of laws: each draw follows one of several, chosen by weight."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from pydantic import ConfigDict, model_validator

from netsim.delays.laws.law import Law, LawConfig, Seconds, draw, mean, problems
from netsim.fields import Config as Block
from netsim.fields import field, problem
from netsim.problems import Problem
from netsim.registry import register


class Component(Block):
    """One law of a mixture and its weight."""

    # The union of laws holds this one as well, so it is complete only when all are registered.
    model_config = ConfigDict(defer_build=True)

    weight: float = field(
        description="share of the draws, relative to the other weights", ge=0, le=1e9
    )
    law: Law = field(description="the law")


@register("law", "mix")
class Mix:
    """A mixture: ``{mix: [{weight: 0.9, law: {...}}, {weight: 0.1, law: {...}}]}``."""

    source: ClassVar[str] = "McLachlan, Peel, Finite Mixture Models, 2000"
    example: ClassVar[dict[str, Any]] = {
        "mix": ({"weight": 1.0, "law": {"dist": "constant", "value": "1 s"}},)
    }

    class Config(LawConfig):
        """The components."""

        model_config = ConfigDict(defer_build=True)

        mix: tuple[Component, ...] = field(
            description="the laws and their weights", min_length=1, max_length=64
        )

        @model_validator(mode="after")
        def _some_weight(self) -> Self:
            if not sum(part.weight for part in self.mix) > 0:
                raise problem("unsatisfiable", "mix: all weights are zero", at=("mix",))
            return self

    @staticmethod
    def draw(config: Any, generator: np.random.Generator, count: int) -> Seconds:
        """Return draws of the components, each from a child stream of its own in cell order."""
        weights = np.array([part.weight for part in config.mix])
        edges = np.cumsum(weights / weights.sum())[:-1]
        chosen = np.searchsorted(edges, generator.random(count), side="right")
        values = np.empty(count)
        for index, (part, child) in enumerate(
            zip(config.mix, generator.spawn(len(config.mix)), strict=True)
        ):
            cells = np.flatnonzero(chosen == index)
            values[cells] = draw(part.law, child, cells.size)
        return values

    @staticmethod
    def mean(config: Any) -> float:
        """Return the weighted mean of the components' means."""
        total = sum(part.weight for part in config.mix)
        return float(
            sum(part.weight * mean(part.law) for part in config.mix if part.weight) / total
        )

    @staticmethod
    def problems(config: Any) -> list[Problem]:
        """Return what is wrong with the components."""
        return [
            found
            for place, part in enumerate(config.mix)
            for found in problems(part.law, ("mix", place, "law"))
        ]
