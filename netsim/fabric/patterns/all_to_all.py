"""All-to-all: every host sends to every other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from netsim.fabric.extent import Extent, share_across
from netsim.fabric.flows import MOST_FLOWS, Flows, too_late, too_many
from netsim.fabric.patterns.hosts import enough_hosts
from netsim.fields import Config as Block
from netsim.fields import PositiveData, Time, field
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.topology.network import Network


@register("traffic", "all_to_all")
class AllToAll:
    """Every host sends one flow to every other, in N - 1 rounds of one flow per host.

    In round r = 1 .. N - 1 host i sends to host i + r (order `shift`), or to the r-th of the other
    hosts in an order that it draws (order `random`). Flows are numbered by round, then by host.
    """

    source: ClassVar[str] = (
        "R. Thakur, R. Rabenseifner, W. Gropp, Optimization of Collective Communication Operations "
        "in MPICH, 2005, section 3.4"
    )
    example: ClassVar[dict[str, Any]] = {"size": "1 kB"}

    class Config(Block):
        """Size, order and times."""

        size: PositiveData = field(description="bytes for each pair of hosts")
        order: Literal["shift", "random"] = field("shift", description="order of the destinations")
        start: Time = field("0 s", description="earliest start")
        stagger: Time = field("0 s", description="host i starts i times this later")
        step: Time = field("0 s", description="round r starts r times this later")

    @staticmethod
    def check(config: Config, network: Network) -> list[Problem]:
        """Return what is wrong with `config` on `network`."""
        rounds = network.host_count - 1
        pairs = network.host_count * rounds
        if pairs > MOST_FLOWS:
            return [too_many(pairs)]
        stagger, step = rounds * config.stagger, rounds * config.step
        late = too_late(start=config.start, stagger=stagger, step=step)
        return enough_hosts(network) + late

    @staticmethod
    def extent(config: Config, network: Network) -> Extent:
        """Return how much traffic it is."""
        each = network.host_count - 1
        last = config.start + each * (config.stagger + config.step)
        pairs = each * network.host_count
        return Extent(pairs, config.size, config.start, last, each, share_across(network))

    @staticmethod
    def generate(config: Config, network: Network, generator: np.random.Generator) -> Flows:
        """Return one flow per ordered pair of hosts."""
        problems = AllToAll.check(config, network)
        if problems:
            raise ProblemsFound(*problems)
        count = network.host_count
        distance, src = np.indices((count - 1, count), dtype=np.int64)
        distance += 1
        start = config.start + src * config.stagger + distance * config.step
        if config.order == "random":
            distance = generator.permuted(distance, axis=0)
        dst = (src + distance) % count
        size = np.full(src.size, config.size, np.int64)
        return Flows(src.ravel(), dst.ravel(), size, start.ravel())
