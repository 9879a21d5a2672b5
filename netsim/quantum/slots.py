"""Time slots: all links of the network try at once, then all routers swap, then all pairs go.

A slot begins every `external + internal`, counted from time 0, for all routers alike. Links try in
its first part; a herald that comes with its end still counts. Routers swap in the second one, and
what has not been handed over by its end is given up. Each slot begins from idle, so slots are
independent: with k attempts a slot, chances p of a link and s of a swap, a path of n links delivers
with chance ``(1 - (1 - p)^k)^n s^(n-1)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from netsim.engine.agenda import Agenda
from netsim.engine.environment import Environment
from netsim.quantum.generation import REQUEST
from netsim.quantum.path import PathRun

#: A part ends after all that happens at its last instant.
_LAST: Final = 2 * REQUEST


class Slots:
    """The slots of one reservation.

    Parameters
    ----------
    env, agenda
        The clock, and where events go.
    external, internal
        Lengths of the two parts (ps).
    make
        Makes the routers of the path, idle.
    """

    def __init__(
        self,
        env: Environment,
        agenda: Agenda,
        external: int,
        internal: int,
        make: Callable[[], PathRun],
    ) -> None:
        self._env, self._at = env, agenda.at
        self._external, self._internal = external, internal
        self._make = make
        self.over = False
        self._run: PathRun | None = None

    def begin(self) -> None:
        """Begin with the first slot that is to come."""
        whole = self._external + self._internal
        self._at(-(-self._env.now // whole) * whole, self._begin, None, _LAST)

    def _begin(self, _: object) -> None:
        if self.over:
            return
        now, before = self._env.now, self._run
        self._run = run = self._make()
        run.joining = False
        if before is not None:
            # A memory that emitted late in the last slot may still have to recover.
            for old, new in zip(before.all_memories(), run.all_memories(), strict=True):
                new.excitable = old.excitable
        run.begin([now] * run.routers)
        self._at(now + self._external, self._join, run, _LAST)
        self._at(now + self._external + self._internal, self._end, run, _LAST)

    def _join(self, run: PathRun) -> None:
        if not run.over:
            run.join()

    def _end(self, run: PathRun) -> None:
        run.stop("expired")
        self._begin(None)

    def stop(self) -> None:
        """End everything."""
        self.over = True
        if self._run is not None:
            self._run.stop()

    def memories(self, position: int) -> list[object]:
        """Return the memories of a router as they are in this slot."""
        return [] if self._run is None else list(self._run.memories(position))
