"""From the scenario to numbers: routers, fibres, delays, paths, and the odds and times of links."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from netsim.fields import implementation
from netsim.graphs import kind as graphs
from netsim.graphs.graph import Graph
from netsim.quantum.bounds import plob, transmissivity
from netsim.quantum.decay import PS
from netsim.quantum.delays import given_delays
from netsim.quantum.equipment import Equipment, Fibre
from netsim.quantum.links.kind import Hardware, LinkConfig, Model
from netsim.quantum.schema import DetectorConfig, MemoryConfig, QuantumScenario, RequestConfig
from netsim.quantum.states import with_shares
from netsim.quantum.timing import Timing
from netsim.quantum.ways import Ways
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
    recovery: int
    link: LinkConfig
    blind: int = 0

    @property
    def played(self) -> bool:
        """Whether attempts are played: as the link says, or since clicks of others blind it."""
        return self.link.engine == "attempt" or self.blind > 0

    @property
    def ideal(self) -> bool:
        """Whether control costs nothing here."""
        return self.link.control == "ideal"


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
        self._edges: dict[tuple[int, int], Edge] = {}
        self._models: dict[tuple[Any, ...], Model] = {}
        self.graph: Graph | None = None
        if scenario.chain is not None:
            count = scenario.chain.routers
            width = len(str(count - 1))
            self.names = tuple(f"r{number:0{width}d}" for number in range(count))
        else:
            assert scenario.topology is not None
            self.graph = graphs.build(scenario.topology, streams, "quantum.graph")
            self.names = self.graph.names
        self.equipment = Equipment(scenario, self.names, self.graph)
        self._given = given_delays(scenario, self.graph)
        self.ways = Ways(self, scenario)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Router numbers by name."""
        return {name: number for number, name in enumerate(self.names)}

    def capacity(self, router: int) -> int:
        """Return how many memories of a router requests may use."""
        return self.whole(router) - self._scenario.standing

    def whole(self, router: int) -> int:
        """Return how many memories a router has, those that make pairs all the time included."""
        count = self.equipment.memory(router).count
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
        if request.star:
            return None
        if not request.random:
            return self.path(*self.ends(request), request)
        source = self.numbers[request.source] if request.source is not None else 0
        others = self.reachable(source)
        return self.path(source, others[0]) if others else None

    def star(self, request: RequestConfig) -> tuple[int, list[int]]:
        """Return the router of a star and its leaves, by default the one with most neighbours."""
        beside = self.ways.beside
        centre = max(range(len(self.names)), key=lambda one: (len(beside[one]), -one))
        if request.source is not None:
            centre = self.numbers[request.source]
        leaves = getattr(request.application, "leaves", ())
        return centre, [self.numbers[one] for one in leaves] or sorted(beside[centre])

    def star_memories(self, request: RequestConfig, centre: int, leaves: int) -> int:
        """Return the memories of a star for each leaf: by default all that its router has."""
        return request.memories or max(1, self.capacity(centre) // leaves)

    def path(
        self, source: int, target: int, request: RequestConfig | None = None
    ) -> list[int] | None:
        """Return the way that the scenario's rule takes from `source` to `target`; or None."""
        if self.graph is None:
            step = 1 if target > source else -1
            return list(range(source, target + step, step))
        return self.ways.find(source, target, request)

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
        return [self.between(a, b, self.length(a, b)) for a, b in pairwise(path)]

    def row(self, one: int, other: int) -> int | None:
        """Return the row in the graph of the fibre between two neighbours, None in a chain."""
        if self.graph is None:
            return None
        beside = self.graph.adjacency
        first, last = beside.first[one], beside.first[one + 1]
        return int(beside.edge[first + int((beside.node[first:last] == other).argmax())])

    def length(self, one: int, other: int) -> float:
        """Return the length (m) of the fibre between two neighbours."""
        if self._scenario.chain is not None:
            return self._scenario.chain.segment
        assert self.graph is not None
        assert self.graph.length is not None
        return float(self.graph.length[self.row(one, other)])

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
        """Return the fibre between two neighbours, the requester first."""
        if (one, other) not in self._edges:
            self._edges[one, other] = self._edge(one, other)
        return self._edges[one, other]

    def _edge(self, one: int, other: int) -> Edge:
        length, fibre = (
            self.length(one, other),
            self.equipment.fibre(one, other, self.row(one, other)),
        )
        near, far = self.equipment.memory(one), self.equipment.memory(other)
        chosen = implementation("link", fibre.link)
        hardware = hardware_of(fibre, near, far, length, getattr(chosen, "place", 0.5))
        key = hardware, fibre.link
        if key not in self._models:
            self._models[key] = _model(fibre.link, hardware)
        low, high = sorted((self.stem(one), self.stem(other)))
        delay = self.between(one, other, length)
        light = self.light(length)
        flight = getattr(chosen, "flight", _midway)
        return Edge(
            f"{low}-{high}",
            length,
            hardware,
            self._models[key],
            delay,
            flight(fibre.link, light, delay),
            max(2 * light, flight(fibre.link, light, light)),
            max(recovery(near), recovery(far)),
            fibre.link,
            blind_for(fibre.link, fibre.detector),
        )

    def apart(self, one: int, other: int) -> int:
        """Return the classical delay (ps) between any two routers, along the least fibre."""
        if one == other:
            return 0
        if self.graph is None:
            return self.message(abs(one - other) * self.length(0, 1))
        low, high = min(one, other), max(one, other)
        if self._given is not None and (low, high) in self._given:
            return self._given[low, high]
        way = self.ways.shortest(low, high, self.ways.length)
        return self.message(sum(self.length(a, b) for a, b in pairwise(way or [])))

    def between(self, one: int, other: int, length: float) -> int:
        """Return the classical delay (ps) of two routers with fibres of `length` (m) between."""
        if self._given is None:
            return self.message(length)
        found = self._given.get((min(one, other), max(one, other)))
        return self.message(length) if found is None else found

    def stem(self, router: int) -> str:
        """Return a router's name for streams: of a chain without the zeros that its length adds."""
        return self.names[router] if self.graph is not None else f"r{router}"

    def timing(self, edge: Edge, requester: int, responder: int) -> Timing:
        """Return when attempts happen on `edge` for requests in that direction."""
        return Timing(
            edge.delay,
            edge.flight,
            edge.recovery,
            edge.round_trip,
            self.names[requester] < self.names[responder],
            edge.link.slot or 1,
        )

    def delays(self, path: Sequence[int]) -> list[list[int]]:
        """Return the classical delays (ps) between all positions of a path."""
        place = [0.0]
        for one, other in pairwise(path):
            place.append(place[-1] + self.length(one, other))
        if self._given is None:
            return [[0 if a == b else self.message(abs(a - b)) for b in place] for a in place]
        at = list(zip(path, place, strict=True))
        return [[0 if a == b else self.between(a, b, abs(x - y)) for b, y in at] for a, x in at]

    def bound(self, path: Sequence[int], memories: int) -> float:
        """Return what no protocol on `path` can exceed (bit/s).

        A station between two routers is a node as well, so the arms count: emissions per second,
        of all memories and rounds, times the capacity of an arm.
        """
        least = math.inf
        for one, other in pairwise(path):
            edge = self.edge(one, other)
            timing = self.timing(edge, one, other)
            ideal = edge.ideal
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


def hardware_of(
    fibre: Fibre, one: MemoryConfig, other: MemoryConfig, length: float, place: float
) -> Hardware:
    """Return what an attempt on `length` metres of fibre depends on, its station at `place`."""
    detector = fibre.detector
    near, far = (
        memory.efficiency * _passing(fibre, share * length) * detector.efficiency
        for memory, share in ((one, place), (other, 1 - place))
    )
    dark = -math.expm1(-detector.dark_count * detector.resolution * PS)
    return Hardware((near, far), with_shares(fibre.raw_fidelity, one.errors), dark)


def _passing(fibre: Fibre, length: float) -> float:
    """Return the share of light that passes an arm of `length` (m), of fibre or of free space."""
    beam = fibre.link.free_space
    if beam is None or length == 0:
        return transmissivity(length, fibre.attenuation)
    return beam.passing(length)


def blind_for(link: LinkConfig, detector: DetectorConfig) -> int:
    """Return how long (ps) a detector is blind, 0 where the next photon comes later than that.

    Emission slots are all that brings photons of several memories close to each other.
    """
    dead = round(1 / detector.count_rate / PS)
    counts = getattr(implementation("link", link), "counts_dark", False)
    close = link.slot is not None and link.slot < dead and link.modes == 1
    return dead if counts and close else 0


def _model(link: LinkConfig, hardware: Hardware) -> Model:
    """Return the odds of an attempt in all of its modes."""
    model: Model = implementation("link", link).model(link, hardware)
    if link.modes == 1:
        return model
    # A failed attempt has a second round if any mode's first round passed.
    either, second = (
        -math.expm1(link.modes * math.log1p(-min(chance, 1 - 1e-16)))
        for chance in (model.success, model.second)
    )
    emissions = model.emissions * link.modes
    return replace(model, success=either, second=second, emissions=emissions)


def _midway(config: LinkConfig, light: int, delay: int) -> int:
    """Return the time to a station midway and back: half of what light and messages need."""
    return (light + 1) // 2 + (delay + 1) // 2
