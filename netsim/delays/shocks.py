"""Shocks common to many workers: a whole round, or a rack that shares a switch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import ConfigDict

from netsim.delays.lanes import Marks, generator, mark, multiply, place, width
from netsim.delays.laws.law import Law, Seconds
from netsim.delays.process import Delay, DelayConfig, sample_into
from netsim.fields import Probability, field
from netsim.registry import register
from netsim.rng import Streams


class ShockConfig(DelayConfig):
    """What a shock does to a worker that it hits."""

    model_config = ConfigDict(defer_build=True)

    base: Delay = field({"kind": "independent"}, description="times without shocks")
    probability: Probability = field(0.05, description="chance of a shock, each round anew")
    factor: float = field(
        1.0, description="a hit worker's time is multiplied by this", ge=0, le=1e6
    )
    extra: Law = field(
        {"dist": "constant", "value": "1 s"},
        description="and this is added to it, drawn per worker",
    )


def _strike(
    config: ShockConfig, out: Seconds, hit: Marks, streams: Sequence[Streams], purpose: str
) -> None:
    multiply(out, hit[:, :, : out.shape[2]], config.factor)
    place(out, hit, config.extra, streams, f"{purpose}.extra", "add")


@register("delay", "round_shock")
class RoundShock:
    """In some rounds a share of all workers is slow together.

    A shocked round hits each worker with probability `fraction` independently, so that the number
    hit is binomial and adding a worker changes nobody else's luck.
    """

    source: ClassVar[str] = "Dean, Barroso, The Tail at Scale, 2013 (shared causes of slowness)"

    class Config(ShockConfig):
        """How often, whom and how much."""

        fraction: Probability = field(0.2, description="chance of a worker to be hit by a shock")

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in the underlying times, slowed in the shocked rounds."""
        _, rounds, workers = out.shape
        sample_into(config.base, streams, f"{purpose}.base", out)
        hit = mark(streams, f"{purpose}.hit", config.fraction, rounds, workers)
        for replication, source in enumerate(streams):
            shocked = generator(source, f"{purpose}.round").random(rounds) < config.probability
            hit[replication] &= shocked[:, None]
        _strike(config, out, hit, streams, purpose)


@register("delay", "rack_shock")
class RackShock:
    """Workers of one rack are slow together, each rack independently."""

    source: ClassVar[str] = "Dean, Barroso, The Tail at Scale, 2013 (shared causes of slowness)"

    class Config(ShockConfig):
        """How often, which racks and how much."""

        per_rack: int = field(16, description="workers in a rack", ge=1, le=1_000_000)

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in the underlying times, slowed for all workers of a shocked rack."""
        _, rounds, workers = out.shape
        sample_into(config.base, streams, f"{purpose}.base", out)
        wide = width(workers)
        racks = -(-wide // config.per_rack)
        shocked = mark(streams, f"{purpose}.rack", config.probability, rounds, racks)
        of_worker = np.arange(wide) // config.per_rack
        _strike(config, out, shocked[:, :, of_worker], streams, purpose)
