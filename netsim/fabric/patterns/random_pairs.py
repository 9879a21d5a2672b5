"""Random pairs of hosts with Poisson arrivals and a distribution of sizes: open-loop load."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import model_validator

from netsim.fabric.extent import Extent, share_across
from netsim.fabric.flows import MOST_FLOWS, Flows, too_late, too_many
from netsim.fabric.limits import below
from netsim.fabric.patterns.hosts import enough_hosts, random_destinations, several_leaves
from netsim.fabric.patterns.size_or_law import SizeOrLaw
from netsim.fields import Config as Block
from netsim.fields import (
    Frequency,
    PositiveTime,
    Probability,
    Time,
    field,
    implementation,
    problem,
)
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.topology.network import Network

#: Stands for gaps and times that are too long anyway, so that they stay finite.
_ENDLESS = 1e300


@register("traffic", "random_pairs")
class RandomPairs:
    """Flows between uniformly random pairs of hosts arrive as a Poisson process.

    A load of rho means that hosts send rho of what their links carry, in payload:
    ``arrivals per second = rho * sum of host link rates / (8 * mean size)``.
    """

    source: ClassVar[str] = (
        "M. Alizadeh et al., pFabric: Minimal Near-Optimal Datacenter Transport, SIGCOMM 2013, "
        "section 5.1"
    )
    example: ClassVar[dict[str, Any]] = {
        "size": {"dist": "constant", "size": "1 kB"},
        "rate": "10 kHz",
        "count": 10,
    }

    class Config(Block):
        """How many, how large and how often."""

        size: Annotated[Block, SizeOrLaw("sizes", key="dist")] = field(
            description="distribution of flow sizes; an amount alone is the size of all flows"
        )
        load: Probability | None = field(
            None, description="share of the hosts' links that payload fills; or give 'rate'"
        )
        rate: Frequency | None = field(None, description="flows per second; or give 'load'")
        count: int | None = field(
            None, description="number of flows; or give 'duration'", ge=1, le=MOST_FLOWS
        )
        duration: PositiveTime | None = field(
            None, description="time during which flows arrive; or give 'count'"
        )
        start: Time = field("0 s", description="when arrivals begin")
        inter_leaf: bool = field(False, description="no flow stays within its leaf")

        @model_validator(mode="after")
        def _one_of_each(self) -> Any:
            for first, second in (("load", "rate"), ("count", "duration")):
                given = [name for name in (first, second) if getattr(self, name) is not None]
                if len(given) != 1:
                    what = "both" if given else "neither"
                    hint = f"give one of '{first}' and '{second}'"
                    at = (second,) if given else ()
                    message = f"{what} of '{first}' and '{second}' are given"
                    raise problem("bad-value", message, at=at, hint=hint)
            for name in ("load", "rate"):
                if getattr(self, name) == 0:
                    raise problem("out-of-range", f"'{name}' must be positive", at=(name,))
            return self

    @staticmethod
    def check(config: Config, network: Network) -> list[Problem]:
        """Return what is wrong with `config` on `network`."""
        problems = enough_hosts(network)
        try:
            implementation("sizes", config.size, key="dist").mean(config.size)
        except ProblemsFound as found:
            problems += below(("size",), list(found.problems))
        if config.inter_leaf:
            problems += several_leaves(network)
        if problems:
            return problems
        gap = _mean_gap(config, network)
        if config.duration is not None:
            expected = config.duration / gap
            if expected > MOST_FLOWS / 2:
                return [too_many(int(expected), ("duration",))]
            return too_late(start=config.start, duration=config.duration)
        return too_late(start=config.start, count=_longest(config.count or 0, gap))

    @staticmethod
    def extent(config: Config, network: Network) -> Extent:
        """Return how much traffic is expected."""
        gap = _mean_gap(config, network)
        count = config.duration / gap if config.duration is not None else float(config.count or 0)
        span = config.duration if config.duration is not None else int(min(count * gap, _ENDLESS))
        sizes = implementation("sizes", config.size, key="dist")
        return Extent(
            flows=count,
            size=float(sizes.mean(config.size)),
            first=config.start,
            last=config.start + span,
            busiest=count / network.host_count,
            across=1.0 if config.inter_leaf else share_across(network),
            fixed=getattr(config.size, "dist", "") == "constant",
        )

    @staticmethod
    def generate(config: Config, network: Network, generator: np.random.Generator) -> Flows:
        """Return the flows in the order of their arrival."""
        problems = RandomPairs.check(config, network)
        if problems:
            raise ProblemsFound(*problems)
        start = _arrivals(config, _mean_gap(config, network), generator)
        count = len(start)
        src = generator.integers(network.host_count, size=count, dtype=np.int64)
        dst = random_destinations(network, src, generator, inter_leaf=config.inter_leaf)
        sizes = implementation("sizes", config.size, key="dist")
        return Flows(src, dst, sizes.draw(config.size, generator, count), start)


def arrivals_per_second(config: RandomPairs.Config, network: Network) -> float:
    """Return the rate of the Poisson process."""
    if config.rate is not None:
        return config.rate
    mean = float(implementation("sizes", config.size, key="dist").mean(config.size))
    total = float(np.sum(network.link_rate[network.host_uplink].astype(np.float64)))
    return float(config.load or 0) * total / (8 * max(mean, 1.0))


def _mean_gap(config: RandomPairs.Config, network: Network) -> float:
    """Return the mean time between arrivals, in ps."""
    per_second = arrivals_per_second(config, network)
    return min(1e12 / per_second, _ENDLESS) if per_second > 0 else _ENDLESS


def _longest(count: int, gap: float) -> int:
    """Return a time in ps that `count` exponential gaps stay below in all but 1e-20 of all draws.

    Their sum exceeds ``count + t`` means with a probability of at most ``exp(count log(1 + t /
    count) - t)`` (Chernoff's bound).
    """
    return int(min((count + 10 * math.sqrt(count) + 50) * gap, _ENDLESS))


def _arrivals(
    config: RandomPairs.Config, gap: float, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return arrival times in ps: a given number of them, or all within the duration."""
    if config.count is not None:
        gaps = generator.exponential(gap, config.count)
        return config.start + np.cumsum(gaps).astype(np.int64)
    # Given their number, the arrivals of a Poisson process are uniform and independent.
    duration = config.duration or 0
    number = int(generator.poisson(duration / gap))
    return config.start + np.sort(generator.integers(duration, size=number, dtype=np.int64))
