"""Two-tier Clos network, every leaf joined to every spine (Al-Fares, Loukissas & Vahdat 2008).

`leaves` x `hosts_per_leaf` hosts, numbered leaf by leaf; `spines` spine switches; `bundle` parallel
links between each leaf and each spine. The oversubscription of a leaf is ``hosts_per_leaf * R_host
/ (spines * bundle * R_fabric)``.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

import numpy as np
from pydantic import model_validator

from netsim import registry
from netsim.fields import Config as Block
from netsim.fields import Rate, Time, field, problem
from netsim.registry import register
from netsim.topology.network import Network
from netsim.topology.reuse import reused

_ENDS = re.compile(r"\s*(\w+)\s*(->?)\s*(\w+)\s*(?:#\s*(\w+)\s*)?")
_NODE = re.compile(r"(host|leaf|spine)(0|[1-9]\d{0,6})")
_MOST_LINKS = 2_000_000


class LinkConfig(Block):
    """A full-duplex link."""

    rate: Rate = field("100 Gbps", description="bits per second in each direction")
    delay: Time = field("1 us", description="one-way propagation delay")


class FabricLinkConfig(Block):
    """A full-duplex link between two switches; what it does not say is as for host links."""

    rate: Rate | None = field(
        None, description="bits per second in each direction; default: the host link's"
    )
    delay: Time | None = field(
        None, description="one-way propagation delay; default: the host link's"
    )


class OverrideConfig(Block):
    """One link, or both directions of one, that differs from its tier."""

    link: str = field(
        description="'a-b' both directions, 'a->b' one, '#i' behind for one link of a bundle",
        max_length=80,
    )
    rate: Rate | None = field(None, description="bits per second; default: its tier's")
    delay: Time | None = field(None, description="one-way propagation delay; default: its tier's")
    up: bool | None = field(
        None,
        description="false: the link does not work and routing avoids it; default: as it was",
    )


@register("topology", "leaf_spine")
class LeafSpine:
    """Two tiers: every leaf switch joined to every spine switch."""

    source: ClassVar[str] = (
        "M. Al-Fares, A. Loukissas, A. Vahdat, A Scalable, Commodity Data Center Network "
        "Architecture, SIGCOMM 2008"
    )
    example: ClassVar[dict[str, Any]] = {
        "leaves": 2,
        "spines": 2,
        "hosts_per_leaf": 2,
        "host_link": {"rate": "100 Gbps", "delay": "500 ns"},
    }

    class Config(Block):
        """Shape, link speeds and exceptions."""

        leaves: int = field(description="number of leaf switches", ge=1, le=65_536)
        spines: int = field(description="number of spine switches", ge=1, le=65_536)
        hosts_per_leaf: int = field(description="hosts below each leaf", ge=1, le=65_536)
        bundle: int = field(
            1, description="parallel links between each leaf and each spine", ge=1, le=256
        )
        host_link: LinkConfig = field({}, description="link between a host and its leaf")
        fabric_link: FabricLinkConfig | None = field(
            None, description="link between a leaf and a spine; what is left out is as in host_link"
        )
        switch_latency: Time = field(
            "0 ps", description="time a packet spends inside each switch, on top of its service"
        )
        overrides: tuple[OverrideConfig, ...] = field(
            (), description="links that differ", max_length=100_000
        )

        @model_validator(mode="after")
        def _overrides_exist(self) -> Any:
            links = 2 * self.leaves * (self.hosts_per_leaf + self.spines * self.bundle)
            if links > _MOST_LINKS:
                raise problem(
                    "out-of-range",
                    f"this shape has {links:,} directed links",
                    hint=f"at most {_MOST_LINKS:,} can be simulated",
                )
            for index, override in enumerate(self.overrides):
                _check_name(self, override.link, ("overrides", index, "link"))
                _check_change(override, ("overrides", index))
            return self

    @staticmethod
    @reused
    def build(config: Config) -> Network:
        """Return the network: hosts, then leaves, then spines; links in both directions."""
        leaves, spines, hosts = config.leaves, config.spines, config.leaves * config.hosts_per_leaf
        fabric = _fabric_link(config)
        host = np.arange(hosts, dtype=np.int64)
        leaf_of_host = hosts + host // config.hosts_per_leaf
        # By parallel link, then leaf, then spine: so the ports of a leaf stand in the order of the
        # path index.
        _, leaf, spine = np.indices((config.bundle, leaves, spines), dtype=np.int64).reshape(3, -1)
        leaf, spine = hosts + leaf, hosts + leaves + spine
        edge, inner = 2 * hosts, 2 * len(leaf)
        rate = np.repeat(np.array([config.host_link.rate, fabric.rate], np.int64), [edge, inner])
        delay = np.repeat(np.array([config.host_link.delay, fabric.delay], np.int64), [edge, inner])
        up = np.ones(edge + inner, np.bool_)
        network = Network(
            hosts=tuple(f"host{i}" for i in range(hosts)),
            switches=(
                *(f"leaf{i}" for i in range(leaves)),
                *(f"spine{i}" for i in range(spines)),
            ),
            link_source=np.concatenate([host, leaf_of_host, leaf, spine]),
            link_target=np.concatenate([leaf_of_host, host, spine, leaf]),
            link_rate=rate,
            link_delay=delay,
            link_up=up,
            switch_latency=np.full(leaves + spines, config.switch_latency, np.int64),
            kind="leaf_spine",
            leaves=leaves,
            spines=spines,
            hosts_per_leaf=config.hosts_per_leaf,
            bundle=config.bundle,
        )
        return _overridden(network, config.overrides) if config.overrides else network


def _fabric_link(config: LeafSpine.Config) -> LinkConfig:
    """Return the links between switches: as host links, but for what `fabric_link` says."""
    given = config.fabric_link.model_dump(exclude_none=True) if config.fabric_link else {}
    return config.host_link.model_copy(update=given)


def _overridden(network: Network, overrides: tuple[OverrideConfig, ...]) -> Network:
    """Return `network` with the overrides applied in order, later ones winning."""
    from dataclasses import replace

    rate, delay, up = network.link_rate.copy(), network.link_delay.copy(), network.link_up.copy()
    for override in overrides:
        links = network.find_links(override.link)
        if override.rate is not None:
            rate[links] = override.rate
        if override.delay is not None:
            delay[links] = override.delay
        if override.up is not None:
            up[links] = override.up
    return replace(network, link_rate=rate, link_delay=delay, link_up=up)


def _check_change(override: OverrideConfig, at: tuple[str | int, ...]) -> None:
    """Raise the located problem if `override` leaves its link as it is."""
    if override.rate is None and override.delay is None and override.up is None:
        raise problem(
            "missing-field",
            f"the override of '{override.link}' changes nothing",
            at=at,
            hint="give it 'rate', 'delay' or 'up', or remove it",
        )


def _check_name(config: LeafSpine.Config, name: str, at: tuple[str | int, ...]) -> None:
    """Raise the located problem if `name` is no link of the shape `config`, without building it."""
    match = _ENDS.fullmatch(name)
    if match is None:
        raise problem(
            "bad-value",
            f"'{name}' names no link",
            at=at,
            hint="'leaf0-spine1' is both directions, 'leaf0->spine1' one, '#2' behind one of many",
        )
    first, second = _node(config, match[1], at), _node(config, match[3], at)
    if {first[0], second[0]} == {"leaf", "spine"}:
        parallel = config.bundle
    elif {first[0], second[0]} == {"host", "leaf"}:
        host, leaf = (first, second) if first[0] == "host" else (second, first)
        own = host[1] // config.hosts_per_leaf
        if own != leaf[1]:
            raise problem(
                "unknown-name",
                f"no link '{name}'",
                at=at,
                hint=f"host{host[1]} is joined to leaf{own}",
            )
        parallel = 1
    else:
        raise problem(
            "unknown-name",
            f"no link '{name}'",
            at=at,
            hint="links join a host and its leaf, or a leaf and a spine",
        )
    if match[4] is not None and not (match[4].isdigit() and int(match[4][:9]) < parallel):
        hint = f"#0 to #{parallel - 1}" if parallel > 1 else "there is only one; leave '#' away"
        raise problem("unknown-name", f"no link '{name}'", at=at, hint=hint)


def _node(config: LeafSpine.Config, name: str, at: tuple[str | int, ...]) -> tuple[str, int]:
    """Return kind and number of the node `name`, or raise the located problem."""
    counts = {
        "host": config.leaves * config.hosts_per_leaf,
        "leaf": config.leaves,
        "spine": config.spines,
    }
    match = _NODE.fullmatch(name)
    if match is not None and int(match[2]) < counts[match[1]]:
        return match[1], int(match[2])
    if match is not None:
        hint = f"{match[1]}0 to {match[1]}{counts[match[1]] - 1}"
    else:
        number = re.sub(r"\D", "", name)[:6] or "0"
        candidates = [
            f"{kind}{int(number)}" for kind, count in counts.items() if int(number) < count
        ]
        hint = registry.did_you_mean(name, candidates) or "nodes are host0.., leaf0.., spine0.."
    raise problem("unknown-name", f"no node named '{name}'", at=at, hint=hint)
