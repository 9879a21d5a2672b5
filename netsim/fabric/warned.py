"""What misleads in runs of a packet network: told before a run, or from its rows.

Each warning names the field that changes it. What depends on the network itself is judged on the
links that are there, and on the hosts that have traffic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim import units
from netsim.fabric.effective import PacketDefaults
from netsim.fabric.flow_scale import way_of
from netsim.fabric.scale import costs, edges, longest_trip
from netsim.fields import implementation
from netsim.warnings import Caution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from netsim.fabric.schema import NetworkConfig
    from netsim.topology.network import Network

#: Share of the data packets whose loss is worth a word.
MOST_DROPPED: Final = 0.01

#: How much longer one host may make the longest round trip before it is odd.
ODD: Final = 1.5


def packet_warnings(
    config: NetworkConfig, network: Network, seed: int = 0, below: str = ""
) -> list[Caution]:
    """Return what misleads when `config` is simulated packet by packet.

    Parameters
    ----------
    config, network
        The network's blocks, and what they describe.
    seed
        Of the scenario, for traffic that is drawn.
    below
        What stands before the paths of fields: ``network.`` in families that have more than that.
    """
    found = [
        *_reordering(config, network, below),
        *_all_at_once(config, network, below),
    ]
    defaults = PacketDefaults(config, network, seed)
    return [*found, *_odd_host(defaults, below), *_marks_too_late(defaults, below)]


def of_runs(rows: Sequence[Mapping[str, Any]], warmup: int) -> list[Caution]:
    """Return what the rows of table `runs` of family `fabric` show."""
    found = []
    asked = sum(row["flows"] for row in rows)
    if not asked and warmup:
        message = (
            f"no flow starts after the warm-up of {units.readable(warmup, 'time')}, so summaries "
            "are of nothing; shorten it"
        )
        found.append(Caution("warmup", message, "record.warmup"))
    missing = sum(row["unfinished"] for row in rows)
    if missing:
        message = (
            f"{missing:,} of {asked:,} flows were not finished or failed, and the times are those "
            "of the others; raise 'until', or see the column 'reason' of table flows"
        )
        found.append(Caution("unfinished", message))
    share = max(row["drop_share"] for row in rows)
    if share > MOST_DROPPED:
        message = (
            f"{share:.1%} of the data packets were dropped, so times depend on how losses are "
            "repaired; raise queue.capacity, mark earlier (queue.ecn), or send less at once"
        )
        found.append(Caution("drops", message))
    return found


def _reordering(config: NetworkConfig, network: Network, below: str) -> Iterator[Caution]:
    policy = implementation("routing", config.routing, key="policy")
    transport: Any = config.transport
    reaches = getattr(implementation("transport", transport), "loss_by_order", None)
    threshold = reaches(transport) if reaches is not None else 0
    if threshold and way_of(policy) == "all" and network.spines != 1:
        yield Caution(
            "reorder-as-loss",
            f"transport {transport.kind} takes {threshold} packets out of order for loss, and "
            f"routing {config.routing.policy} reorders: "  # type: ignore[attr-defined]
            "windows shrink for nothing, and flows take longer than the fabric lets them; try "
            f"{below}transport.dup_threshold: 0",
        )


def _all_at_once(config: NetworkConfig, network: Network, below: str) -> Iterator[Caution]:
    for index, block in enumerate(config.traffic):
        pattern = getattr(block, "pattern", "")
        if pattern == "all_to_all" and not getattr(block, "step", 1) and network.host_count > 2:
            each = network.host_count - 1
            yield Caution(
                "all-at-once",
                f"every host starts its {each:,} flows at one instant, which no collective does: "
                "windows add up, and queues and losses are those of that burst; let rounds follow "
                "one another with 'step' ('stagger' keeps a host's flows together)",
                f"{below}traffic[{index}]",
            )


def _odd_host(defaults: PacketDefaults, below: str) -> Iterator[Caution]:
    """Warn where the longest round trip, which all ports' queues are measured by, is one host's."""
    network, packet = defaults.network, defaults.config.packet
    paths = [path for path in ("queue.capacity", "queue.ecn.kmin") if path in defaults.of_ports]
    hosts = defaults.hosts
    if not paths or len(hosts) < 3:
        return
    adds = np.sum(edges(network, *costs(network, packet)), axis=0)[hosts]
    odd = int(np.argmax(adds))
    fields = " and ".join(below + path for path in paths)
    rest = longest_trip(network, packet, np.delete(hosts, odd))
    if rest and defaults.trip > ODD * rest:
        trip, other = units.readable(defaults.trip, "time"), units.readable(rest, "time")
        yield Caution(
            "odd-host",
            f"{network.nodes[hosts[odd]]} alone makes the longest base round trip {trip} in place "
            f"of {other}, and the queues of all ports are measured by it: they hold and wait "
            f"{defaults.trip / rest:.1f} times as much; set {fields}",
        )


def _marks_too_late(defaults: PacketDefaults, below: str) -> Iterator[Caution]:
    limits = defaults.limits
    if limits.capacity is None or limits.kmin is None:
        return
    if (np.asarray(limits.kmin) >= np.asarray(limits.capacity)).any():
        yield Caution(
            "ecn-above-capacity",
            "queues are full before they mark, so senders learn of congestion by losses alone; "
            f"set {below}queue.ecn.kmin below {below}queue.capacity",
            f"{below}queue.ecn.kmin",
        )
