"""Workers that are slower by a factor: now and then (Bernoulli), or always (fixed)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import ConfigDict, model_validator

from netsim.delays.lanes import WIDTH, generator, lanes, mark, multiply
from netsim.delays.laws.law import Seconds
from netsim.delays.process import Delay, DelayConfig, sample_into
from netsim.fields import Probability, field, problem
from netsim.problems import Problem
from netsim.registry import register
from netsim.rng import Streams

_UNDERLYING = {"kind": "independent"}


@register("delay", "bernoulli_slowdown")
class BernoulliSlowdown:
    """Each worker-round is slower by a factor, independently with some probability."""

    source: ClassVar[str] = "Tandon et al., Gradient Coding, 2017, section 5 (artificial delays)"

    class Config(DelayConfig):
        """How often and how much."""

        model_config = ConfigDict(defer_build=True)

        base: Delay = field(_UNDERLYING, description="times before the slow-down")
        probability: Probability = field(0.05, description="share of slow worker-rounds")
        factor: float = field(3.0, description="slow times over normal times", ge=0, le=1e6)

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in the underlying times, multiplied where a cell is marked."""
        _, rounds, workers = out.shape
        sample_into(config.base, streams, f"{purpose}.base", out)
        slow = mark(streams, f"{purpose}.slow", config.probability, rounds, workers)
        multiply(out, slow[:, :, :workers], config.factor)


@register("delay", "fixed_slow")
class FixedSlow:
    """Some workers are always slower by a factor: named ones, or a share drawn per replication."""

    source: ClassVar[str] = "Reisizadeh et al., Coded Computation over Heterogeneous Clusters, 2019"

    class Config(DelayConfig):
        """Who and how much."""

        model_config = ConfigDict(defer_build=True)

        base: Delay = field(_UNDERLYING, description="times before the slow-down")
        workers: tuple[int, ...] = field(
            (), description="the slow workers, by number from 0", max_length=1_000_000
        )
        fraction: Probability = field(
            0.0, description="chance of every other worker to be slow for a whole replication"
        )
        factor: float = field(3.0, description="slow times over normal times", ge=0, le=1e6)

        @model_validator(mode="after")
        def _numbers(self) -> Self:
            for place, worker in enumerate(self.workers):
                if worker < 0:
                    raise problem(
                        "out-of-range", f"worker {worker} is negative", at=("workers", place)
                    )
            return self

    @staticmethod
    def sample(config: Any, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
        """Fill in the underlying times, multiplied for the slow workers."""
        workers = out.shape[2]
        sample_into(config.base, streams, f"{purpose}.base", out)
        slow = np.zeros((len(streams), workers), dtype=np.bool_)
        for replication, source in enumerate(streams):
            for lane, cells in lanes(workers):
                draws = generator(source, f"{purpose}.slow", lane).random(WIDTH)
                slow[replication, cells] = draws[: cells.stop - cells.start] < config.fraction
        slow[:, list(config.workers)] = True
        multiply(out, np.broadcast_to(slow[:, None, :], out.shape), config.factor)

    @staticmethod
    def problems(config: Any, rounds: int, workers: int) -> list[Problem]:
        """Return workers that do not exist."""
        return [
            Problem(
                f"worker {worker} is slow, but there are only workers 0 to {workers - 1}",
                ("workers", place),
                "out-of-range",
            )
            for place, worker in enumerate(config.workers)
            if worker >= workers
        ]
