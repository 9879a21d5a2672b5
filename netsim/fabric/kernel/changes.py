"""Changes of a network between calls of its kernel: what Python works out for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.fabric.flow_scale import FlowScales, way_of
from netsim.fabric.kernel import change
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.assemble import drain_times
from netsim.fabric.kernel.layout import port_cells
from netsim.fabric.kernel.lookahead import shortened

if TYPE_CHECKING:
    from netsim.fabric.kernel.assemble import Assembly
    from netsim.fabric.packet import PacketConfig
    from netsim.fabric.wiring import Wiring


class Changes:
    """Tells a kernel what has changed in its network.

    Parameters
    ----------
    parts
        The kernel.
    wiring
        The network as it is now.
    packet
        Sizes of packets.
    traced
        Whether rows of packets are recorded.
    """

    def __init__(
        self, parts: Assembly, wiring: Wiring, packet: PacketConfig, *, traced: bool
    ) -> None:
        from netsim.fabric.kernel.builder import build

        self._parts = parts
        self._wiring = wiring
        self._packet = packet
        self._run = build(
            parts.policy, parts.protocol, parts.slow, traced=traced, entry=change.change
        )

    def set_rate(self, link: int, now: int) -> None:
        """Let the kernel's link have the rate that it has by the wiring, from `now` on."""
        network = self._wiring.network
        state, row = self._parts.store.state, int(self._parts.layout.link[link])
        rate, old = int(network.link_rate[link]), int(state.setup[row * at.SETUP + at.RATE])
        longest = int(state.links[row * at.LINK + at.QUEUE_MAX])
        self._tell(link, now, change.SET)
        # Kept as time: the same bytes take another one. In Python's integers, which never wrap.
        state.links[row * at.LINK + at.QUEUE_MAX] = min(at.UNBOUNDED, -(-longest * old // rate))

    def set_up(self, link: int, now: int) -> None:
        """Let the kernel's link work or not, as it does by the wiring, from `now` on."""
        up = bool(self._wiring.network.link_up[link])
        self._tell(link, now, change.SET if up else change.TAKE_DOWN)

    def remeasure(self) -> None:
        """Measure flows that come by the network as it is, and let no window be too long for it."""
        parts, network, fixed = self._parts, self._wiring.network, self._parts.store.state.fixed
        drain = drain_times(network, parts.limits)
        parts.classes.measure_by(FlowScales(network, self._packet, way_of(parts.policy), drain))
        widths = int(fixed[at.FREE_WIDTH]), int(fixed[at.MERGED_WIDTH])
        fixed[at.FREE_WIDTH], fixed[at.MERGED_WIDTH] = shortened(
            network, self._packet, parts.ahead, widths, acknowledged=parts.acknowledged
        )

    def _tell(self, link: int, now: int, what: int) -> None:
        """Let the kernel have the port of `link` as it is by the wiring."""
        network, parts = self._wiring.network, self._parts
        state = parts.store.state
        rate, switch = int(network.link_rate[link]), network.link_source[link] >= network.nic_count
        wire = self._packet.payload + self._packet.header
        pace, capacity, above, always = port_cells(
            parts.limits, link, rate, wire, switch=bool(switch)
        )
        clock = state.clock
        clock[at.CHANGE_LINK] = parts.layout.link[link]
        clock[at.CHANGE_RATE] = rate
        clock[at.CHANGE_PACE] = pace
        clock[at.CHANGE_CAPACITY] = capacity if network.link_up[link] else at.SHUT
        clock[at.CHANGE_ABOVE] = above
        clock[at.CHANGE_ALL] = always
        self._run(state, now, what)
