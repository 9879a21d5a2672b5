"""Ports alone: every host sends and receives at a rate, a latency away from all others."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import model_validator

from netsim.fields import Config as Block
from netsim.fields import Rate, Time, field, problem
from netsim.registry import register
from netsim.topology.network import Network
from netsim.topology.plain_ports import PlainPorts
from netsim.topology.reuse import reused


class GroupsConfig(Block):
    """Groups of ranks, and the links inside them."""

    size: int | None = field(None, description="ranks of each group", ge=1, le=65_536)
    sizes: tuple[int, ...] | None = field(
        None, description="ranks of each group where they differ", min_length=1, max_length=65_536
    )
    latency: Time = field(description="one-way latency inside a group")
    rate: Rate = field(description="rate of a rank's port inside its group, each way")

    @model_validator(mode="after")
    def _one_of_both(self) -> Any:
        if (self.size is None) == (self.sizes is None):
            raise problem(
                "bad-value",
                "groups need either 'size' or 'sizes'",
                hint="size: 8 for groups of eight, sizes: [4, 6] for two of four and of six",
            )
        for index, size in enumerate(self.sizes or ()):
            if size < 1:
                raise problem("out-of-range", "a group has one rank at least", at=("sizes", index))
        return self


@register("topology", "ideal")
class Ideal:
    """A core that never blocks, and one port each way per rank."""

    source: ClassVar[str] = (
        "R. W. Hockney, The communication challenge for MPP: Intel Paragon and Meiko CS-2, "
        "Parallel Computing 20, 1994"
    )
    example: ClassVar[dict[str, Any]] = {"ranks": 8, "latency": "2.5 us", "rate": "25 GB/s"}

    class Config(Block):
        """Number of ranks, latency and rate."""

        ranks: int = field(description="number of ranks, one on each host", ge=1, le=65_536)
        latency: Time = field(description="one-way latency; between groups, if there are any")
        rate: Rate = field(
            description="rate of a rank's port, each way; between groups, if there are any"
        )
        groups: GroupsConfig | None = field(
            None, description="groups of ranks (servers) with faster links inside"
        )

        @model_validator(mode="after")
        def _groups_hold_all(self) -> Any:
            groups = self.groups
            if groups is None:
                return self
            if groups.size is not None and self.ranks % groups.size:
                raise problem(
                    "bad-value",
                    f"groups of {groups.size} do not divide {self.ranks} ranks",
                    at=("groups", "size"),
                    hint="list the groups: sizes: [...]",
                )
            if groups.sizes is not None and sum(groups.sizes) != self.ranks:
                raise problem(
                    "bad-value",
                    f"the groups have {sum(groups.sizes)} ranks, but there are {self.ranks}",
                    at=("groups", "sizes"),
                    hint="their sizes add up to 'ranks'",
                )
            return self

    @staticmethod
    @reused
    def build(config: Config) -> Network:
        """Return hosts around one switch; what their links cannot say stands in `ports`."""
        ranks = config.ranks
        ports = _ports(config)
        host, core = np.arange(ranks, dtype=np.int64), np.full(ranks, ranks, np.int64)
        half = config.latency // 2
        return Network(
            hosts=tuple(f"rank{i}" for i in range(ranks)),
            switches=("core",),
            link_source=np.concatenate([host, core]),
            link_target=np.concatenate([core, host]),
            link_rate=np.full(2 * ranks, int(ports.rate.sum()), np.int64),
            link_delay=np.repeat(np.array([half, config.latency - half], np.int64), ranks),
            link_up=np.ones(2 * ranks, np.bool_),
            switch_latency=np.zeros(1, np.int64),
            kind="ideal",
            ports=ports,
        )


def _ports(config: Ideal.Config) -> PlainPorts:
    """Return the ports of the ranks."""
    groups = config.groups
    if groups is None:
        latency, rate = [config.latency], [config.rate]
        sizes = [config.ranks]
    else:
        latency, rate = [groups.latency, config.latency], [groups.rate, config.rate]
        size = groups.size or 1
        sizes = list(groups.sizes or [size] * (config.ranks // size))
    group = np.repeat(np.arange(len(sizes)), sizes)
    return PlainPorts(group, np.array(latency, np.int64), np.array(rate, np.int64))
