"""Routers whose messages travel through a network, beside whatever else is sent there.

Requests and answers of reservations, swaps and purifications, and the first request for a memory
of a link's pair, are transfers between the routers' hosts. Negotiation of emissions, heralds, and
asking again after a failed attempt stay on the link's own channel, whose delay is constant:
attempts follow each other too fast to be sent one by one, and a run of them could not be drawn at
once. Routers ask before they swap, so each has heard of a pair before it is asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from netsim.quantum.generation import MEASURE, REQUEST, RESULT
from netsim.quantum.path import PathRun
from netsim.quantum.post import Post
from netsim.quantum.shared import SharedRun

if TYPE_CHECKING:
    from simpy.events import Event

    from netsim.engine.agenda import Agenda
    from netsim.engine.environment import Environment
    from netsim.fabric.door import Fabric
    from netsim.quantum.pair import Memory, Pair
    from netsim.quantum.swap import Swap


class Transfers(Post):
    """Messages as transfers of a fabric; router i is on host i.

    Parameters
    ----------
    env, agenda
        The clock, and where events go.
    fabric
        The network.
    size
        Of a message (B).
    """

    def __init__(self, env: Environment, agenda: Agenda, fabric: Fabric, size: int) -> None:
        super().__init__(env, agenda)
        self.fabric, self._size = fabric, size

    def send(
        self,
        source: int,
        target: int,
        delay: int,
        function: Callable[[Any], object],
        argument: Any,
        order: int = 0,
    ) -> None:
        """Call ``function(argument)`` when all of a message is at `target`; `delay` is ignored."""
        if source == target:
            self._agenda.at(self._env.now, function, argument, order)
            return

        def arrive(event: Event) -> None:
            if event.ok:
                self._agenda.at(self._env.now, function, argument, order)

        self.fabric.transfer(source, target, self._size).callbacks.append(arrive)


class Way(int):
    """A delay (ps) that knows which routers it is between."""

    source: int
    target: int


class Carried(PathRun):
    """What differs where messages are carried."""

    certain: ClassVar[bool] = False
    #: Who carries, and the router of each position.
    post: Post
    where: Sequence[int]

    def delay(self, one: Memory, other: Memory) -> int:
        """Return the constant delay between two memories' routers, with which these are."""
        way = Way(super().delay(one, other))
        way.source, way.target = self.where[one.position], self.where[other.position]
        return way

    def back(self, delay: int) -> int:
        """Return the way back."""
        if not isinstance(delay, Way):
            return delay
        way = Way(delay)
        way.source, way.target = delay.target, delay.source
        return way

    def ask(self, delay: int, function: Callable[[Any], object], argument: Any) -> None:
        """Send a request."""
        self._send(delay, function, argument, REQUEST)

    def tell(self, delay: int, function: Callable[[Any], object], argument: Any) -> None:
        """Send an answer or a result."""
        self._send(delay, function, argument, RESULT)

    def _send(
        self, delay: int, function: Callable[[Any], object], argument: Any, order: int
    ) -> None:
        if isinstance(delay, Way):
            self.post.send(delay.source, delay.target, delay, function, argument, order)
        else:
            self._at(self._env.now + delay, function, argument, order)

    def _asked(self, asked: tuple[Swap, Memory, Pair, int]) -> None:
        if not asked[0].lost:
            super()._asked(asked)

    def _refuse(self, asked: tuple[Swap, Memory, Pair, int]) -> None:
        self.tell(self.back(asked[3]), self._denied, asked)

    def _denied(self, asked: tuple[Swap, Memory, Pair, int]) -> None:
        if not self.over and not asked[0].lost:
            self.ask(asked[3], self._asked, asked)

    def _accept(self, swap: Swap, memory: Memory, delay: int) -> None:
        memory.claim = swap
        swap.accepted.append(memory)
        self.tell(self.back(delay), self._answered, swap)

    def _answered(self, swap: Swap) -> None:
        swap.ready += 1
        if swap.ready == 2:
            self._at(self._env.now, self._measure, swap, MEASURE)

    def _inform(self, middle: Memory, half: Memory, due: int, pair: Pair) -> None:
        self.tell(self.delay(middle, half), self._told, (pair, half))


class CarriedPath(Carried):
    """A path whose messages are carried."""


class CarriedNetwork(Carried, SharedRun):
    """A shared network whose messages are carried."""
