"""Incast: many hosts answer one at the same time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netsim.fabric.extent import Extent, share_across
from netsim.fabric.flows import Flows, too_late
from netsim.fabric.patterns.hosts import enough_hosts
from netsim.fields import Config as Block
from netsim.fields import PositiveData, Time, field
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register
from netsim.topology.naming import find_host
from netsim.topology.network import unknown

if TYPE_CHECKING:
    from netsim.topology.network import Network


@register("traffic", "incast")
class Incast:
    """`fan_in` hosts, drawn at random, send to one receiver."""

    source: ClassVar[str] = (
        "V. Vasudevan et al., Safe and Effective Fine-grained TCP Retransmissions for Datacenter "
        "Communication, SIGCOMM 2009"
    )
    example: ClassVar[dict[str, Any]] = {"fan_in": 2, "size": "1 kB"}

    class Config(Block):
        """How many send how much to whom."""

        fan_in: int = field(description="number of senders", ge=1)
        size: PositiveData = field(description="bytes of each flow")
        receiver: int | str | None = field(
            None, description="host number or name; default: drawn at random"
        )
        start: Time = field("0 s", description="start of the first flow")
        stagger: Time = field("0 s", description="each next flow starts this much later")

    @staticmethod
    def check(config: Config, network: Network) -> list[Problem]:
        """Return what is wrong with `config` on `network`."""
        stagger = max(0, min(config.fan_in, network.host_count) - 1) * config.stagger
        problems = enough_hosts(network) + too_late(start=config.start, stagger=stagger)
        if config.fan_in > network.host_count - 1:
            message = f"a fan-in of {config.fan_in} needs {config.fan_in + 1} hosts"
            hint = f"at most {network.host_count - 1} on this topology"
            problems.append(Problem(message, ("fan_in",), "out-of-range", hint))
        problems += _receiver_problems(network, config.receiver)
        return problems

    @staticmethod
    def extent(config: Config, network: Network) -> Extent:
        """Return how much traffic it is."""
        count = config.fan_in
        last = config.start + (count - 1) * config.stagger
        return Extent(count, config.size, config.start, last, count, share_across(network))

    @staticmethod
    def generate(config: Config, network: Network, generator: np.random.Generator) -> Flows:
        """Return one flow per sender, in the order in which the senders were drawn."""
        problems = Incast.check(config, network)
        if problems:
            raise ProblemsFound(*problems)
        # The receiver is drawn in any case, so that naming it does not change the senders' draws.
        drawn = int(generator.integers(network.host_count))
        named = None if config.receiver is None else find_host(network, str(config.receiver))
        receiver = drawn if named is None else named
        others = generator.permutation(network.host_count - 1)[: config.fan_in].astype(np.int64)
        count = config.fan_in
        return Flows(
            src=others + (others >= receiver),
            dst=np.full(count, receiver, np.int64),
            size=np.full(count, config.size, np.int64),
            start=config.start + np.arange(count, dtype=np.int64) * config.stagger,
        )


def _receiver_problems(network: Network, receiver: int | str | None) -> list[Problem]:
    """Return the problem that `receiver` names no host, or might name two."""
    if receiver is None:
        return []
    try:
        number = find_host(network, str(receiver))
    except ProblemsFound as found:
        return [replace(problem, at=("receiver",)) for problem in found.problems]
    if number is not None and 0 <= number < network.host_count:
        return []
    span = f"hosts are 0 to {network.host_count - 1}, or {network.hosts[0]}, ..."
    return [replace(unknown("host", str(receiver), network.hosts, span), at=("receiver",))]
