"""Who carries messages between peers: the family's own links, or a packet network.

A carrier is handed a message and calls back once, when it has arrived or is known to be lost. What
is lost with a node that drops, or with a link that is cut, it finds by their lives
(`netsim.decentralized.clock.world`). What becomes of messages never depends on what is in them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from netsim.decentralized.clock.world import World
from netsim.decentralized.disruption import Loss
from netsim.rng import draw

#: 2^-64, which makes a draw a number from 0 to 1.
UNIT = 2.0**-64


class Meter(Protocol):
    """Somebody who pays for messages."""

    def sent(self, source: int, target: int, size: int) -> None:
        """Note that `source` sends `size` bytes to `target`."""
        ...

    def received(self, target: int, size: int) -> None:
        """Note that `target` receives `size` bytes."""
        ...


class Carrier(Protocol):
    """Carries messages."""

    meter: Meter | None

    def send(
        self,
        source: int,
        target: int,
        size: int,
        then: Callable[[Any, bool], object],
        argument: Any,
        doomed: bool = False,
    ) -> int:
        """Send `size` bytes and return how many travel for them.

        ``then(argument, arrived)`` is called when they have arrived, or would have. `doomed` says
        that the message is to be lost on its way.
        """
        ...


class Luck:
    """Losses that disruptions bring in time: one draw per message, and channels with bursts.

    Parameters
    ----------
    world
        Which disruptions are on.
    key
        Of the stream of draws.
    nodes
        Number of nodes.
    """

    def __init__(self, world: World, key: int, nodes: int) -> None:
        self._world, self._key, self._nodes = world, key, nodes
        self._count: dict[int, int] = {}
        self._bad: dict[tuple[int, int], bool] = {}

    def lost(self, source: int, target: int) -> bool:
        """Return whether the next message from `source` to `target` is lost."""
        edge = self._world.edge(source, target)
        if edge < 0:
            return False
        arc = 2 * edge + int(self._world.graph.edges[edge, 0] != source)
        found = False
        for span in self._world.losing:
            if span.loss is None or arc not in span.arcs:
                continue
            number = self._count[arc] = self._count.get(arc, 0) + 1
            found |= self._one(span.loss, (span.entry, arc), number)
        return found

    def _one(self, loss: Loss, channel: tuple[int, int], number: int) -> bool:
        entity = channel[1] + (channel[0] << 40)
        chance = loss.p
        if loss.burst is not None:
            to_bad, to_good, good, bad = loss.burst
            drawn = draw(self._key, entity, 2 * number + 1) * UNIT
            state = self._bad.get(channel)
            if state is None:
                state = drawn * (to_bad + to_good) < to_bad
            else:
                state = drawn >= to_good if state else drawn < to_bad
            self._bad[channel] = state
            chance = bad if state else good
        return draw(self._key, entity, 2 * number) * UNIT < chance
