"""From the scenario to numbers: routers, fibres, delays, paths, and the odds and times of links."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from netsim.fields import implementation
from netsim.graphs import kind as graphs
from netsim.graphs.graph import Graph
from netsim.quantum.bounds import plob, transmissivity
from netsim.quantum.decay import PS, Decay, pauli, relaxation
from netsim.quantum.links.kind import Hardware, LinkConfig, Model
from netsim.quantum.schema import MemoryConfig, QuantumScenario, RequestConfig
from netsim.quantum.states import with_shares
from netsim.quantum.timing import Timing
from netsim.rng import Streams

#: Delays beyond it are longer than any run.
_LONGEST = 10**18


@dataclass(frozen=True)
class Edge:
    """A fibre between two routers, with everything that does not depend on who uses it."""

    name: str
    length: float
    hardware: Hardware
    model: Model
    delay: int
    flight: int
    round_trip: int


class Routers:
    """The routers of a scenario, the fibres between them, and the ways along these.

    Parameters
    ----------
    scenario
        A validated scenario.
    streams
        Where random graphs draw from.
    """

    def __init__(self, scenario: QuantumScenario, streams: Streams) -> None:
        self._scenario = scenario
        self._fibre = scenario.chain or scenario.fibre
        self._edges: dict[float, tuple[Hardware, Model]] = {}
        if scenario.chain is not None:
            count, self.graph = scenario.chain.routers, None
            width = len(str(count - 1))
            self.names = tuple(f"r{number:0{width}d}" for number in range(count))
        else:
            assert scenario.topology is not None
            self.graph = graphs.build(scenario.topology, streams, "quantum.graph")
            self.names = self.graph.names

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Router numbers by name."""
        return {name: number for number, name in enumerate(self.names)}

    def capacity(self, router: int) -> int:
        """Return how many memories a router has."""
        count = self._scenario.memory.count
        if self._scenario.chain is None:
            return count
        return count if router in (0, len(self.names) - 1) else 2 * count

    def ends(self, request: RequestConfig) -> tuple[int, int]:
        """Return the routers of a request, by default the first and the last."""
        source = self.numbers[request.source] if request.source is not None else 0
        last = len(self.names) - 1
        return source, self.numbers[request.target] if request.target is not None else last

    def way_of(self, request: RequestConfig) -> list[int] | None:
        """Return the path of a request, or of one among random ones; None if there is none."""
        if not request.random:
            return self.path(*self.ends(request))
        source = self.numbers[request.source] if request.source is not None else 0
        others = self.reachable(source)
        return self.path(source, others[0]) if others else None

    def path(self, source: int, target: int) -> list[int] | None:
        """Return the shortest way by fibre length, the first by names among equals; or None.

        It is looked for from the router whose name sorts first, so both directions agree.
        """
        if self.graph is None:
            step = 1 if target > source else -1
            return list(range(source, target + step, step))
        if self.names[source] > self.names[target]:
            way = self.path(target, source)
            return None if way is None else way[::-1]
        return _shortest(self.graph, self.names, source, target)

    def reachable(self, router: int) -> list[int]:
        """Return the other routers that fibres lead to from `router`, ascending."""
        if self.graph is None:
            return [other for other in range(len(self.names)) if other != router]
        beside, seen, open_ = self.graph.adjacency, {router}, [router]
        while open_:
            node = open_.pop()
            for other in beside.node[beside.first[node] : beside.first[node + 1]].tolist():
                if other not in seen:
                    seen.add(other)
                    open_.append(other)
        return sorted(seen - {router})

    def hops(self, path: Sequence[int]) -> list[int]:
        """Return the classical delay (ps) of each hop of a path."""
        return [self.message(self.length(one, other)) for one, other in pairwise(path)]

    def length(self, one: int, other: int) -> float:
        """Return the length (m) of the fibre between two neighbours."""
        if self._scenario.chain is not None:
            return self._scenario.chain.segment
        assert self.graph is not None
        assert self.graph.length is not None
        beside = self.graph.adjacency
        first, last = beside.first[one], beside.first[one + 1]
        at = first + int((beside.node[first:last] == other).argmax())
        return float(self.graph.length[beside.edge[at]])

    def message(self, length: float) -> int:
        """Return the classical delay (ps) between routers `length` metres of fibre apart."""
        classical = self._scenario.classical
        if classical.delay is not None:
            return classical.delay
        return self.light(length) + classical.processing

    def light(self, length: float) -> int:
        """Return how long light needs (ps)."""
        return min(_LONGEST, round(length / self._fibre.light_speed / PS))

    def edge(self, one: int, other: int) -> Edge:
        """Return the fibre between two neighbours."""
        length = self.length(one, other)
        if length not in self._edges:
            link = self._scenario.link
            chosen = implementation("link", link)
            hardware = hardware_of(self._scenario, length, getattr(chosen, "place", 0.5))
            model = chosen.model(link, hardware)
            if link.modes > 1:
                either = -math.expm1(link.modes * math.log1p(-min(model.success, 1 - 1e-16)))
                emissions = model.emissions * link.modes
                model = replace(model, success=either, emissions=emissions)
            self._edges[length] = hardware, model
        hardware, model = self._edges[length]
        low, high = sorted((self.stem(one), self.stem(other)))
        delay = self.message(length)
        link, light = self._scenario.link, self.light(length)
        flight = getattr(implementation("link", link), "flight", _midway)
        return Edge(
            f"{low}-{high}",
            length,
            hardware,
            model,
            delay,
            flight(link, light, delay),
            max(2 * light, flight(link, light, light)),
        )

    def stem(self, router: int) -> str:
        """Return a router's name for streams: of a chain without the zeros that its length adds."""
        return self.names[router] if self.graph is not None else f"r{router}"

    def timing(self, edge: Edge, requester: int, responder: int) -> Timing:
        """Return when attempts happen on `edge` for requests in that direction."""
        return Timing(
            edge.delay,
            edge.flight,
            recovery(self._scenario.memory),
            edge.round_trip,
            self.names[requester] < self.names[responder],
            self._scenario.link.slot or 1,
        )

    def delays(self, path: Sequence[int]) -> list[list[int]]:
        """Return the classical delays (ps) between all positions of a path."""
        place = [0.0]
        for one, other in pairwise(path):
            place.append(place[-1] + self.length(one, other))
        return [[0 if a == b else self.message(abs(a - b)) for b in place] for a in place]

    def bound(self, path: Sequence[int], memories: int) -> float:
        """Return what no protocol on `path` can exceed (bit/s).

        A station between two routers is a node as well, so the arms count: emissions per second,
        of all memories and rounds, times the capacity of an arm.
        """
        least = math.inf
        for one, other in pairwise(path):
            edge = self.edge(one, other)
            timing = self.timing(edge, one, other)
            ideal = self._scenario.link.control == "ideal"
            spacing = min(timing.first, timing.second)
            if ideal:
                spacing = timing.ideal
            rounds = edge.model.rounds if ideal else 1
            each = rounds * edge.model.emissions * memories / (max(spacing, 1) * PS)
            least = min(least, *(each * plob(eta) for eta in edge.hardware.arms))
        return least


def recovery(memory: MemoryConfig) -> int:
    """Return the least time (ps) between two emissions of a memory."""
    return max(1, round(1 / memory.frequency / PS))


def hardware_of(scenario: QuantumScenario, length: float, place: float) -> Hardware:
    """Return what an attempt on `length` metres of fibre depends on, its station at `place`."""
    fibre = scenario.chain or scenario.fibre
    memory, detector = scenario.memory, scenario.detector
    near, far = (
        memory.efficiency * transmissivity(share * length, fibre.attenuation) * detector.efficiency
        for share in (place, 1 - place)
    )
    dark = -math.expm1(-detector.dark_count * detector.resolution * PS)
    return Hardware((near, far), with_shares(memory.raw_fidelity, memory.errors), dark)


def _midway(config: LinkConfig, light: int, delay: int) -> int:
    """Return the time to a station midway and back: half of what light and messages need."""
    return (light + 1) // 2 + (delay + 1) // 2


def decay_of(scenario: QuantumScenario) -> Decay:
    """Return how a stored half decays."""
    memory = scenario.memory
    if scenario.swap.degradation is not None:
        return Decay()
    if memory.coherence is not None:
        return pauli(memory.coherence, memory.errors)
    if memory.t2 is not None:
        return relaxation(memory.t1 if memory.t1 is not None else math.inf, memory.t2)
    return Decay()


def _shortest(graph: Graph, names: Sequence[str], source: int, target: int) -> list[int] | None:
    beside = graph.adjacency
    assert graph.length is not None
    best: dict[int, tuple[float, tuple[str, ...]]] = {source: (0.0, (names[source],))}
    heap: list[tuple[float, tuple[str, ...], int]] = [(0.0, (names[source],), source)]
    numbers = graph.numbers
    while heap:
        length, way, node = heapq.heappop(heap)
        if node == target:
            return [numbers[name] for name in way]
        if best[node] != (length, way):
            continue
        for at in range(int(beside.first[node]), int(beside.first[node + 1])):
            other = int(beside.node[at])
            found = length + float(graph.length[beside.edge[at]]), (*way, names[other])
            if other not in best or found < best[other]:
                best[other] = found
                heapq.heappush(heap, (*found, other))
    return None
