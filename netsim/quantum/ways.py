"""Ways through a network of routers: what rules for paths ask, and the searches they share.

Ties are broken by names, and a way is looked for from the end whose name sorts first, so that both
directions agree. Yen's search for the k shortest ways was taken (Management Science 17, 712, 1971);
networkx is no dependency at run time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from netsim.fields import implementation
from netsim.quantum.decay import PS
from netsim.quantum.paths.rule import Wish
from netsim.quantum.states import State, swapped, werner

if TYPE_CHECKING:
    from netsim.quantum.schema import QuantumScenario, RequestConfig
    from netsim.quantum.wiring import Edge, Routers

Cost = Callable[[int, int], float]


class Ways:
    """Ways through the routers of a scenario.

    Parameters
    ----------
    routers
        With fibres between them.
    scenario
        That they are of.
    """

    def __init__(self, routers: Routers, scenario: QuantumScenario) -> None:
        self._routers, self._scenario = routers, scenario
        self._config = scenario.path
        self.rule: Any = implementation("path", scenario.path)
        self._found: dict[tuple[int, int], list[int] | None] = {}
        #: Share of a router's memories that are promised in an interval, and the time; set by
        #: who runs the network.
        self.load: Callable[[int, int, int], float] = lambda router, start, end: 0.0
        self.now: Callable[[], int] = lambda: 1 << 62

    def find(
        self, source: int, target: int, request: RequestConfig | None = None
    ) -> list[int] | None:
        """Return the way of the scenario's rule, from the end whose name sorts first."""
        one_sided = getattr(self.rule, "one_sided", False)
        if self.names[source] > self.names[target] and not one_sided:
            way = self.find(target, source, request)
            return None if way is None else way[::-1]
        if not getattr(self.rule, "changes", False):
            key = source, target
            if key not in self._found:
                self._found[key] = self.rule.find(self._config, self, source, target, Wish())
            return self._found[key]
        wish = Wish()
        if request is not None:
            start = request.start if request.start is not None else min(self.now(), 1 << 60)
            wish = Wish(request.fidelity, start, max(start, request.end or 1 << 61))
        found: list[int] | None = self.rule.find(self._config, self, source, target, wish)
        return found

    def since(self, source: int, target: int) -> int:
        """Return from when on (ps) a router knows a way to another."""
        known = getattr(self.rule, "since", None)
        return 0 if known is None else int(known(self._config, self, source, target))

    # What rules ask.

    @property
    def names(self) -> tuple[str, ...]:
        """The routers' names."""
        return self._routers.names

    @cached_property
    def beside(self) -> list[list[int]]:
        """Neighbours of every router."""
        graph = self._routers.graph
        if graph is None:
            last = len(self.names) - 1
            return [[n for n in (at - 1, at + 1) if 0 <= n <= last] for at in range(last + 1)]
        beside = graph.adjacency
        return [
            beside.node[beside.first[at] : beside.first[at + 1]].tolist()
            for at in range(graph.node_count)
        ]

    def length(self, one: int, other: int) -> float:
        """Return the metres of the fibre between two neighbours."""
        return self._routers.length(one, other)

    def edge(self, one: int, other: int) -> Edge:
        """Return the fibre between two neighbours, as if the first name asked."""
        low, high = sorted((one, other), key=lambda at: self.names[at])
        return self._routers.edge(low, high)

    def seconds(self, one: int, other: int) -> float:
        """Return the mean time (s) of a pair of two neighbours with one memory each.

        It is that of requests in the order of names, so that both directions agree.
        """
        low, high = sorted((one, other), key=lambda at: self.names[at])
        edge = self.edge(low, high)
        timing, model = self._routers.timing(edge, low, high), edge.model
        if not model.success:
            return float("inf")
        if edge.ideal:
            return timing.ideal * PS / model.success
        begun = model.success + (1 - model.success) * model.second if model.rounds == 2 else 0.0
        return (timing.first + begun * timing.second) * PS / model.success

    def fidelity(self, way: list[int]) -> float:
        """Return the fidelity of a pair over a way whose links' pairs are swapped when new."""
        swap = self._scenario.swap
        state: State | None = None
        for one, other in pairwise(way):
            link = self.edge(one, other).model.state
            if state is None:
                state = link
            elif swap.degradation is not None:
                state = werner(state[0] * link[0] * swap.degradation)
            else:
                state = swapped(state, link, swap.gate_fidelity, swap.measurement_fidelity)
        return 1.0 if state is None else state[0]

    # Searches.

    def shortest(
        self,
        source: int,
        target: int,
        cost: Cost,
        without: Collection[int] = (),
        beyond: Collection[tuple[int, int]] = (),
        along: Callable[[int, int], bool] | None = None,
    ) -> list[int] | None:
        """Return the cheapest way, the first by names among equals; None if there is none.

        Parameters
        ----------
        source, target
            Its ends.
        cost
            Of a fibre between two neighbours.
        without, beyond
            Routers, and steps, that it must not take.
        along
            Which fibres it may take; None: all.
        """
        names = self.names
        numbers = self._routers.numbers
        best: dict[int, tuple[float, tuple[str, ...]]] = {source: (0.0, (names[source],))}
        heap: list[tuple[float, tuple[str, ...], int]] = [(0.0, (names[source],), source)]
        while heap:
            total, way, node = heapq.heappop(heap)
            if node == target:
                return [numbers[name] for name in way]
            if best[node] != (total, way):
                continue
            for other in self.beside[node]:
                if other in without or (node, other) in beyond:
                    continue
                if along is not None and not along(node, other):
                    continue
                found = total + cost(node, other), (*way, names[other])
                if other not in best or found < best[other]:
                    best[other] = found
                    heapq.heappush(heap, (*found, other))
        return None

    def cheapest(self, source: int, target: int, cost: Cost, most: int) -> list[list[int]]:
        """Return up to `most` ways without loops, the cheapest first."""
        first = self.shortest(source, target, cost)
        if first is None:
            return []
        found = [first]
        waiting: list[tuple[float, list[str], list[int]]] = []
        while len(found) < most:
            last = found[-1]
            for at in range(len(last) - 1):
                root = last[: at + 1]
                taken = {(way[at], way[at + 1]) for way in found if way[: at + 1] == root}
                spur = self.shortest(last[at], target, cost, root[:-1], taken)
                if spur is None:
                    continue
                way = root[:-1] + spur
                entry = self.cost(way, cost), [self.names[n] for n in way], way
                if way not in found and entry not in waiting:
                    heapq.heappush(waiting, entry)
            if not waiting:
                break
            found.append(heapq.heappop(waiting)[2])
        return found

    @staticmethod
    def cost(way: list[int], cost: Cost) -> float:
        """Return what a way costs."""
        total = 0.0
        for one, other in pairwise(way):
            total += cost(one, other)
        return total
