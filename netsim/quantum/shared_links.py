"""The shared network of a scenario: how memories are split over links, and delays between routers.

Each router divides its memories evenly among its links that requests may use, the first of them in
the order of routers getting what is left over; a link has as many memories as the end with fewer.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.quantum.pair import Memory, Pair
from netsim.quantum.shared import Ends, Share, SharedLink, SharedRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsim.quantum.assembly import Assembly
    from netsim.quantum.memory_samples import MemorySamples
    from netsim.quantum.results import Entanglements
    from netsim.quantum.schema import QuantumScenario
    from netsim.quantum.served import Served
    from netsim.quantum.wiring import Routers


def memories_of_links(scenario: QuantumScenario, routers: Routers) -> dict[Ends, int]:
    """Return how many memories each end of a link has, for links that requests may use."""
    used = _used(scenario, routers)
    share: dict[tuple[int, int], int] = {}
    for router in range(len(routers.names)):
        beside = sorted(b if a == router else a for a, b in used if router in (a, b))
        whole = routers.capacity(router)
        for at, other in enumerate(beside):
            share[router, other] = whole // len(beside) + (at < whole % len(beside))
    return {(a, b): min(share[a, b], share[b, a]) for a, b in used}


def _used(scenario: QuantumScenario, routers: Routers) -> list[Ends]:
    """Return the links that requests may use: those of fixed paths, or all."""
    fixed = not getattr(routers.ways.rule, "changes", False)
    if fixed and not any(request.random for request in scenario.requests):
        paths = [routers.way_of(request) or [] for request in scenario.requests]
        return sorted({(min(ends), max(ends)) for path in paths for ends in pairwise(path)})
    beside = routers.ways.beside
    return [(a, b) for a, some in enumerate(beside) for b in some if a < b]


class _Row:
    """Delays (ps) from one router to the others, as they are asked for."""

    def __init__(self, routers: Routers, one: int) -> None:
        self._routers, self._one = routers, one
        self._known: dict[int, int] = {}

    def __getitem__(self, other: int) -> int:
        if other not in self._known:
            self._known[other] = self._routers.apart(self._one, other)
        return self._known[other]


class _Delays:
    def __init__(self, routers: Routers) -> None:
        self._routers = routers
        self._rows: dict[int, _Row] = {}

    def __getitem__(self, one: int) -> _Row:
        if one not in self._rows:
            self._rows[one] = _Row(self._routers, one)
        return self._rows[one]


class _SwapDraws:
    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly

    def __getitem__(self, router: int) -> np.random.Generator:
        return self._assembly.swap_generator(router)


class Common:
    """The network that all requests of a scenario share.

    Parameters
    ----------
    scenario, routers, assembly, rows
        Of the simulation.
    """

    def __init__(
        self,
        scenario: QuantumScenario,
        routers: Routers,
        assembly: Assembly,
        rows: Entanglements,
    ) -> None:
        self._routers, self._assembly, self._rows = routers, assembly, rows
        self.memories = memories_of_links(scenario, routers)
        self._rank = {ends: at for at, ends in enumerate(sorted(self.memories))}
        self._everybody = range(len(routers.names))
        delays: Any = _Delays(routers)
        draws: Any = _SwapDraws(assembly)
        self.run = assembly.shared_run(delays, draws, self._ended, self._link)

    def _ended(self, pair: Pair, now: int, cause: str) -> None:
        share = pair.request
        number = None if share is None else share.number
        self._rows.add(pair, now, cause, self._everybody, number, 0, 0)

    def _link(self, low: int, high: int, run: SharedRun) -> SharedLink:
        one, other = low, high
        if self._routers.names[low] > self._routers.names[high]:
            one, other = high, low
        number = self.memories[min(low, high), max(low, high)]
        decay, memory = self._assembly.decay, self._routers.equipment.memory
        up, down = (
            [Memory(at, index, far, decay(at), memory(at).cutoff) for index in range(number)]
            for at, far in ((one, True), (other, False))
        )
        link = self._assembly.link(one, other, up, down, list(range(number)), run.heralded)
        link.place = self._rank[min(low, high), max(low, high)]
        return SharedLink(up, down, link)

    def take_part(self, served: Served, delivered: Callable[[Served, Pair, int], None]) -> Share:
        """Let a request take part that its responder has approved, and return its share."""
        rules = self._assembly.rules(served)
        share = Share(
            served.number,
            served.path,
            rules,
            lambda pair, now: delivered(served, pair, now),
            self.run,
        )
        self.run.join_in(share)
        served.memories = max(self.memories[min(ends), max(ends)] for ends in pairwise(served.path))
        return share

    def sample(self, samples: MemorySamples, now: int) -> None:
        """Look at the memories of every link at work."""
        for router in self._everybody:
            for index, memory in enumerate(self.run.at_router(router)):
                samples.add(router, index, memory, now)
