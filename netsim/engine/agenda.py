"""A heap of callbacks: the simplest kernel, for families whose events are few and in Python.

SimPy makes an object with a list of callbacks for every event, and a process is a generator to be
resumed. A protocol whose parties only say "call this function with that at this time" needs
neither, so its entries are plain tuples ``(time, order, sequence, function, argument)`` and an
event costs about a third. At one instant callbacks of a lower `order` come first (the family says
what its classes are), then those that were put down first.

An agenda joins the environment as any kernel does, alone or beside a fabric. While a callback runs
``env.now`` is its time, so it may hand flows to a fabric or trigger SimPy's events; those come when
the agenda is through with the instant.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

from netsim.engine.clock import NEVER, Time
from netsim.engine.environment import Environment
from netsim.errors import SimulationError

#: Callbacks between two calls of the observers.
SLICE: Final = 1 << 14


class Agenda:
    """Callbacks on an environment's clock.

    Parameters
    ----------
    env
        The environment that this joins, behind kernels that are there.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._sequence = count()
        # The last entry is never reached and spares asking whether any are left.
        self._heap: list[tuple[Any, ...]] = [(NEVER, 0, -1, None, None)]
        #: No entry before this one has to be told to the environment.
        self._told: Time = NEVER
        self.now: Time = 0
        self.events = 0
        env.attach(self)

    def at(
        self, time: Time, function: Callable[[Any], object], argument: Any = None, order: int = 0
    ) -> None:
        """Call ``function(argument)`` at `time`.

        Parameters
        ----------
        time
            Instant (ps), now or later.
        function, argument
            What is called, and with what.
        order
            Class of the event: at one instant lower ones come first.
        """
        if type(time) is not int or not self._env._now <= time < NEVER:
            self._refuse(time)
        heappush(self._heap, (time, order, next(self._sequence), function, argument))
        if time < self._told:
            self._told = time
            self._env.stir()

    def peek(self) -> Time:
        """Return the time of the next callback, NEVER if there is none."""
        self._told = self._heap[0][0]
        return self._told

    def advance(self, limit: Time) -> bool:
        """Call what comes before `limit`, up to the instant that changes what others have to do."""
        heap, env, done = self._heap, self._env, 0
        time = heap[0][0]
        # Its own entries are seen by the loop.
        self._told = -1
        try:
            while time < limit:
                env._now = time
                _, _, _, function, argument = heappop(heap)
                done += 1
                function(argument)
                upcoming = heap[0][0]
                if upcoming != time and (env.stirred or done >= SLICE):
                    break
                time = upcoming
        finally:
            self.now = env.now
            self.events += done
        return False

    def deliver(self) -> None:
        """Do nothing: callbacks wake whom they want."""

    def _refuse(self, time: object) -> None:
        if type(time) is not int:
            raise SimulationError(f"a time is an integer of ps, not {time!r}")
        raise SimulationError(
            f"a callback at {time} ps is outside the time that is left: {self._env.now} ps to "
            f"{NEVER - 1} ps"
        )
