"""How long windows may be in a network, and what follows from that.

A window ends before anything sent in it can arrive: its length is the least of propagation, the
delay of the switch at the end, and service of the smallest packet, over the links that matter
(`netsim.fabric.kernel.window`). It is also at most `LONGEST`, since long windows bring no more and
want longer rings, and no longer than `MOST_PACKETS` of the smallest packets take on the fastest
link. `netsim.fabric.kernel.classes` shortens windows to the least timeout, so that a flow's last
timeout is announced by the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from netsim.fabric.fastest import hop_delay, service_time
from netsim.fabric.kernel.arrivals import BUCKETS

if TYPE_CHECKING:
    from netsim.fabric.packet import PacketConfig
    from netsim.topology.network import Network

LONGEST: Final = 2_000_000
MOST_PACKETS: Final = 4096


@dataclass(frozen=True, slots=True)
class Lookahead:
    """Lengths of windows, and bounds on what happens in one.

    Parameters
    ----------
    free, merged
        Length (ps) of windows in which switches go first, and hosts.
    near
        Packets that a receiver can miss and have within a window.
    switch, starts, host
        Packets that a switch takes in, that its slow ports begin to send besides, and that a host
        sends, at most.
    shift
        Binary logarithm of the time of one of `BUCKETS` buckets that cover a window.
    """

    free: int
    merged: int
    near: int
    switch: int
    starts: int
    host: int
    shift: int


def shortened(
    network: Network,
    packet: PacketConfig,
    ahead: Lookahead,
    widths: tuple[int, int],
    *,
    acknowledged: bool,
) -> tuple[int, int]:
    """Return how long windows may be in `network` where they were `widths` long so far.

    Bounds on what happens in one window, which arrays were made by, stay as they were: where links
    have become faster, windows become shorter instead. They are never lengthened, since no result
    depends on it.
    """
    new = lookahead(network, packet, acknowledged=acknowledged)
    quickest = _quickest(network, packet, acknowledged=acknowledged)
    arriving = _arriving(network, packet)
    packets = ahead.host // 2 - 2
    most = max(1, min((packets + 1) * quickest - 1, (ahead.near - 1) * arriving - 1))
    return min(widths[0], new.free, most), min(widths[1], new.merged, most)


def lookahead(network: Network, packet: PacketConfig, *, acknowledged: bool) -> Lookahead:
    """Return how far nodes may run ahead of each other."""
    smallest = min(packet.ack, packet.header) if acknowledged else packet.header
    service = service_time(smallest, network.link_rate)
    hop = hop_delay(network) + service
    quickest = _quickest(network, packet, acknowledged=acknowledged)
    most = min(LONGEST, MOST_PACKETS * quickest)
    hosts = network.nic_count
    free = max(1, min(most, int(hop[network.link_target >= hosts].min())))
    merged = max(1, min(most, int(hop[network.link_source >= hosts].min())))
    longest = max(free, merged)
    arriving = _arriving(network, packet)
    a_link = longest // quickest + 2
    widest = int(np.bincount(network.link_target)[hosts:].max())
    out = int(np.bincount(network.link_source)[hosts:].max())
    return Lookahead(
        free=free,
        merged=merged,
        near=longest // max(1, arriving) + 2,
        switch=widest * a_link,
        starts=out * a_link,
        host=2 * a_link,
        shift=max(0, (longest - 1).bit_length() - BUCKETS.bit_length() + 1),
    )


def _quickest(network: Network, packet: PacketConfig, *, acknowledged: bool) -> int:
    """Return the least time (ps) that a packet takes on any link."""
    smallest = min(packet.ack, packet.header) if acknowledged else packet.header
    # Without headers the smallest packet holds a byte: empty flows are refused then.
    return int(service_time(max(1, smallest), network.link_rate).min())


def _arriving(network: Network, packet: PacketConfig) -> int:
    """Return the least time (ps) that a full packet takes to a host."""
    full = packet.payload + packet.header
    return int(service_time(full, network.link_rate[network.host_downlink]).min())
