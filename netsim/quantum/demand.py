"""What applications see of a simulation: the clock, their own draws, and a way to ask for pairs."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.quantum.served import Served
from netsim.rng import Streams

if TYPE_CHECKING:
    from netsim.quantum.schema import RequestConfig
    from netsim.quantum.wiring import Routers


class Demand:
    """What an application sees of a simulation.

    Parameters
    ----------
    env, agenda
        The clock, and where events go.
    streams
        Where it draws from.
    routers
        Of the scenario.
    until
        When the run ends (ps), or None.
    send
        Who deals with a request.
    """

    def __init__(
        self,
        env: Environment,
        agenda: Agenda,
        streams: Streams,
        routers: Routers,
        until: int | None,
        send: Callable[[Served], None],
    ) -> None:
        self._env, self._agenda, self._streams = env, agenda, streams
        self.routers, self.until, self._send = routers, until, send
        self.asked: list[Served] = []
        #: Who deals with stars, once the simulation has set it.
        self.star: Callable[[RequestConfig], None]

    @property
    def now(self) -> int:
        """The simulated time in ps."""
        return self._env.now

    def at(self, time: int, function: Callable[[Any], object], argument: Any = None) -> None:
        """Call ``function(argument)`` at `time` (ps)."""
        self._agenda.at(time, function, argument)

    def draws(self, router: int, block: int) -> np.random.Generator:
        """Return the generator of a router's requests by one block."""
        entity = zlib.crc32(self.routers.stem(router).encode())
        return self._streams.generator("quantum.requests", entity, block)

    def come_up(
        self,
        config: RequestConfig,
        ends: tuple[int, int],
        over: Callable[[Served], None] | None = None,
        again: int | None = None,
        renew: Callable[[Served], RequestConfig] | None = None,
    ) -> Served:
        """Note a request that somebody has from now on, and return it; it is not sent yet."""
        served = Served(len(self.asked), config, ends, self.now, over, again, renew)
        self.asked.append(served)
        return served

    def send(self, served: Served) -> None:
        """Let a request that came up set out along its path."""
        self._send(served)
