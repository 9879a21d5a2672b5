"""Rare outliers, such as a cold start that takes half a minute, on top of any other process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from netsim.delays.lanes import mark, place
from netsim.delays.laws.law import Law, Seconds
from netsim.delays.process import Delay, DelayConfig, sample_into
from netsim.fields import Probability, field
from netsim.registry import register
from netsim.rng import Streams


@register("delay", "outlier")
class Outlier:
    """Each worker-round is an outlier with a small probability: a cold start of 25 to 40 s."""

    source: ClassVar[str] = "Krishnan et al., Sequential Gradient Coding, 2023 (cold starts seen)"

    class Config(DelayConfig):
        """How often, how long, and over which process."""

        model_config = ConfigDict(defer_build=True)

        base: Delay = field({"kind": "independent"}, description="times of all other worker-rounds")
        probability: Probability = field(
            2e-4, description="share of worker-rounds that are outliers"
        )
        law: Law = field(
            {"dist": "uniform", "low": "25 s", "high": "40 s"}, description="time of an outlier"
        )
        effect: Literal["replace", "add"] = field(
            "replace", description="whether the outlier replaces the time or comes on top of it"
        )

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in the underlying times with outliers put in."""
        _, rounds, workers = out.shape
        sample_into(config.base, streams, f"{purpose}.base", out)
        marks = mark(streams, f"{purpose}.outlier", config.probability, rounds, workers)
        place(out, marks, config.law, streams, f"{purpose}.outlier_time", config.effect)
