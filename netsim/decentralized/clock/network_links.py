"""Messages through a packet network: every one is a transfer of the fabric, peer i on host i.

A peer that drops takes back what it has on its way, as its disruption says, and so does a cut link
between two peers: the transfer is cancelled, and what is left of it takes no room in the network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsim.decentralized.clock.carrier import Luck, Meter
from netsim.decentralized.clock.world import Change, World
from netsim.rng import Streams

if TYPE_CHECKING:
    from netsim.fabric.door import Fabric, Transfer


class NetworkLinks:
    """A carrier whose messages are transfers.

    Parameters
    ----------
    fabric
        The network.
    world
        Who is there.
    streams
        Where losses that disruptions bring are drawn from.
    """

    def __init__(self, fabric: Fabric, world: World, streams: Streams) -> None:
        self.fabric, self._world = fabric, world
        self.meter: Meter | None = None
        self._luck = Luck(world, streams.key("decentralized.losses"), world.graph.node_count)
        self._flying: dict[int, tuple[Transfer, int, int, int, int]] = {}
        self._number = 0
        world.listeners.append(self._changed)

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return bool(self._flying)

    def send(
        self,
        source: int,
        target: int,
        size: int,
        then: Callable[[Any, bool], object],
        argument: Any,
        doomed: bool = False,
    ) -> int:
        """Send a message, as `Carrier.send`."""
        world = self._world
        transfer = self.fabric.transfer(source, target, size)
        if world.losing and self._luck.lost(source, target):
            doomed = True
        self._number = number = self._number + 1
        edge = world.edge(source, target)
        self._flying[number] = (transfer, source, target, edge, world.sender[source])
        if self.meter is not None:
            self.meter.sent(source, target, size)

        def over(event: Any) -> None:
            event.defused = True
            self._flying.pop(number, None)
            came = event.ok and not doomed
            if came and self.meter is not None:
                self.meter.received(target, size)
            then(argument, came)

        transfer.callbacks.append(over)
        return size

    def _changed(self, change: Change) -> None:
        """Take back what is lost with nodes that dropped and links that were cut."""
        died, cut, world = set(change.died), set(change.cut), self._world
        if not died and not cut:
            return
        gone = [
            transfer
            for transfer, source, target, edge, life in list(self._flying.values())
            if target in died or edge in cut or (source in died and world.sender[source] != life)
        ]
        for transfer in gone:
            transfer.cancel()
