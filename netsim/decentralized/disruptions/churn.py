"""Nodes come and go: each is on for a while and off for a while, by laws of its own draws.

Lengths are in rounds, drawn and rounded up to at least one. In the long run a node is on for the
share up / (up + down) of the time, and with lengths without memory (geometric) the number of nodes
that are on is binomial.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from netsim.decentralized.disruption import NodesConfig, Scene, Span
from netsim.fields import Probability, field
from netsim.registry import register


@register("disruption", "churn")
class Churn:
    """Every node alternates between on and off."""

    source: ClassVar[str] = "alternating renewal processes; Stutzbach, Rejaie, IMC 2006"
    example: ClassVar[dict[str, Any]] = {"at": {"round": 0}}

    class Config(NodesConfig):
        """Mean lengths, their law, and which nodes."""

        up: float = field(20.0, description="mean number of rounds that a node is on", ge=1)
        down: float = field(5.0, description="mean number of rounds that a node is off", ge=1)
        law: Literal["geometric", "weibull", "lognormal"] = field(
            "geometric", description="law of both lengths"
        )
        shape: float = field(
            1.0, description="shape of weibull, or sigma of lognormal", gt=0, le=10
        )
        fraction: Probability = field(1.0, description="share of the nodes that come and go")

    @staticmethod
    def spans(config: Config, scene: Scene) -> list[Span]:
        """Return a span for every time that a node is off."""
        count = scene.graph.node_count
        some = scene.generator().permutation(count)[: round(config.fraction * count)]
        end = scene.rounds
        if config.recover_after is not None:
            end = min(end, config.at.round + config.recover_after)
        found = []
        for node in np.sort(some).tolist():
            generator = scene.generator(node)
            at = config.at.round + _length(config, config.up, generator)
            while at < end:
                back = min(at + _length(config, config.down, generator), end)
                found.append(Span(0, "", at, back, nodes=np.array([node], np.int64)))
                at = back + _length(config, config.up, generator)
        return found


def _length(config: Churn.Config, mean: float, generator: np.random.Generator) -> int:
    """Return a random number of rounds, at least 1."""
    if config.law == "geometric":
        return int(generator.geometric(1 / mean))
    if config.law == "weibull":
        from math import gamma

        drawn = generator.weibull(config.shape) * mean / gamma(1 + 1 / config.shape)
    else:
        drawn = generator.lognormal(np.log(mean) - config.shape**2 / 2, config.shape)
    return max(1, round(drawn))
