"""Permutation traffic: every host sends one flow and receives one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netsim.fabric.extent import Extent, share_across
from netsim.fabric.flows import Flows, too_late
from netsim.fabric.patterns.crossing import crossing_permutation
from netsim.fabric.patterns.hosts import (
    derangement,
    enough_hosts,
    leaves_balance,
)
from netsim.fields import Config as Block
from netsim.fields import PositiveData, Time, field
from netsim.problems import Problem, ProblemsFound
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.topology.network import Network


@register("traffic", "permutation")
class Permutation:
    """Host i sends to pi(i), pi drawn at random without fixed points, or i + shift."""

    source: ClassVar[str] = (
        "W. Dally, B. Towles, Principles and Practices of Interconnection Networks, 2004"
    )
    example: ClassVar[dict[str, Any]] = {"size": "1 kB"}

    class Config(Block):
        """Size and times of the flows, and which permutation."""

        size: PositiveData = field(description="bytes of each flow")
        start: Time = field("0 s", description="start of the flow of host 0")
        stagger: Time = field("0 s", description="host i starts i times this later")
        shift: int | None = field(
            None, description="host i sends to host i + shift, modulo their number", ge=1
        )
        inter_leaf: bool = field(False, description="no flow stays within its leaf")

    @staticmethod
    def check(config: Config, network: Network) -> list[Problem]:
        """Return what is wrong with `config` on `network`."""
        stagger = (network.host_count - 1) * config.stagger
        problems = enough_hosts(network) + too_late(start=config.start, stagger=stagger)
        if problems:
            return problems
        if config.shift is None:
            return leaves_balance(network) if config.inter_leaf else []
        if config.shift % network.host_count == 0:
            message = (
                f"a shift by {config.shift} sends each of {network.host_count} hosts to itself"
            )
            hint = f"1 to {network.host_count - 1}"
            return [Problem(message, ("shift",), "out-of-range", hint)]
        leaf = network.leaf_of_host
        stays = np.flatnonzero(leaf[_shifted(network.host_count, config.shift)] == leaf)
        if config.inter_leaf and len(stays):
            message = f"with this shift host {stays[0]} sends within its leaf"
            hint = "leave 'inter_leaf' away, or choose a multiple of the hosts per leaf"
            return [Problem(message, ("shift",), "unsatisfiable", hint)]
        return []

    @staticmethod
    def extent(config: Config, network: Network) -> Extent:
        """Return how much traffic it is."""
        count, leaf = network.host_count, network.leaf_of_host
        across = 1.0 if config.inter_leaf else share_across(network)
        if config.shift is not None:
            across = float(np.mean(leaf[_shifted(count, config.shift)] != leaf))
        last = config.start + (count - 1) * config.stagger
        return Extent(count, config.size, config.start, last, 1, across)

    @staticmethod
    def generate(config: Config, network: Network, generator: np.random.Generator) -> Flows:
        """Return one flow per host, in the order of the senders."""
        problems = Permutation.check(config, network)
        if problems:
            raise ProblemsFound(*problems)
        count = network.host_count
        if config.shift is not None:
            dst = _shifted(count, config.shift)
        elif config.inter_leaf:
            dst = crossing_permutation(network.leaf_of_host, generator)
        else:
            dst = derangement(count, generator)
        src = np.arange(count, dtype=np.int64)
        start = config.start + src * config.stagger
        return Flows(src, dst, np.full(count, config.size, np.int64), start)


def _shifted(count: int, shift: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return (np.arange(count, dtype=np.int64) + shift % count) % count
