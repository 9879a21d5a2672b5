"""From requests to routers at work: memories, links and rules of a path, with their draws.

Draws belong to what they are about: heralds to a link and a memory of its requester, swaps to a
router. So it does not matter to them who else makes pairs elsewhere.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from itertools import count, pairwise
from typing import Any, cast

import numpy as np

from netsim.engine.agenda import Agenda
from netsim.family import RunContext
from netsim.fields import implementation
from netsim.quantum.carried import CarriedNetwork, CarriedPath
from netsim.quantum.cutoffs import Cutoffs, slack_of
from netsim.quantum.decay import Decay
from netsim.quantum.generation import Channel, Heralded, LinkRun
from netsim.quantum.heralding import Draws, Played
from netsim.quantum.links.clicks import Detectors
from netsim.quantum.oneshot import CHUNK, Hop, Trials
from netsim.quantum.pair import Memory, Pair
from netsim.quantum.path import Ended, PathRun
from netsim.quantum.post import Post
from netsim.quantum.results import Entanglements
from netsim.quantum.rules import Rules
from netsim.quantum.schema import QuantumScenario, RequestConfig
from netsim.quantum.served import Served
from netsim.quantum.shared import SharedLink, SharedRun
from netsim.quantum.star import SharedState, StarRun
from netsim.quantum.stock import Stock
from netsim.quantum.streaming.stream import Hop as LinkHop
from netsim.quantum.streaming.stream import Streaming, worth
from netsim.quantum.wiring import Edge, Routers


class Assembly:
    """What paths are put together of.

    Parameters
    ----------
    scenario
        The validated scenario.
    context
        Environment, random streams and recorder of the replication.
    routers
        Of the scenario.
    agenda
        Where events go.
    rows
        Of table `entanglements`.
    """

    def __init__(
        self,
        scenario: QuantumScenario,
        context: RunContext,
        routers: Routers,
        agenda: Agenda,
        rows: Entanglements,
    ) -> None:
        self._scenario, self._context, self._routers = scenario, context, routers
        self._env, self._agenda, self._rows = context.env, agenda, rows
        self._numbers = count()
        self._sources: dict[tuple[str, int, bool], Draws | Played] = {}
        self._swap_draws: dict[int, np.random.Generator] = {}
        self._channels: dict[str, Channel] = {}
        self._detectors: dict[str, Detectors] = {}
        self._decays: dict[int, Decay] = {}
        #: Who carries messages of routers, where there is a network.
        self.carrier: Post | None = None

    def path_run(self, served: Served, delivered: Callable[[Served, Pair, int], None]) -> PathRun:
        """Return the routers of a request's path, for its reservation or one trial of it."""
        path, taken, config = served.path, served.taken, served.config
        assert taken is not None
        memories = len(taken[0])
        last = len(path) - 1
        sides = []
        for hop in range(last):
            indices = taken[hop] if hop == 0 else taken[hop][memories:]
            up = [self._memory(path, hop, at, True, config) for at in range(memories)]
            down = [self._memory(path, hop + 1, at, False, config) for at in range(memories)]
            sides.append((up, down, indices))
        trial, began, number = served.trial, served.began, served.number
        one_shot = config.mode == "one_shot"
        offset = began if one_shot else 0

        ended = self._rows.of_path(path, number, trial, offset)
        kind = PathRun if self.carrier is None else CarriedPath
        run = kind(
            self._env,
            self._agenda,
            [(up, down) for up, down, _ in sides],
            served.delays,
            self.rules(served),
            self._numbers,
            [self.swap_generator(router) for router in path],
            self._generator("quantum.purification", number),
            ended,
            lambda pair, now: delivered(served, pair, now),
        )
        if isinstance(run, CarriedPath):
            run.post, run.where = self._carrier, path
        for hop, (up, down, indices) in enumerate(sides):
            run.links.append(self.link(path[hop], path[hop + 1], up, down, indices, run.heralded))
        return run

    @property
    def _carrier(self) -> Post:
        assert self.carrier is not None
        return self.carrier

    def star_run(self, served: Served, made: Callable[[SharedState], None]) -> StarRun:
        """Return the routers of a star, whose centre comes first on its path."""
        path, taken, config = served.path, served.taken, served.config
        assert taken is not None
        memories, (delays,) = len(taken[1]), served.delays
        sides = []
        for position in range(1, len(path)):
            up = [self._memory(path, 0, at, True, config, False) for at in range(memories)]
            down = [self._memory(path, position, at, False, config) for at in range(memories)]
            sides.append((up, down))
        run = StarRun(
            self._env,
            self._agenda,
            sides,
            delays,
            self._rules_of(2, _target(config), self._cutoffs(path, [])),
            self._numbers,
            self.swap_generator(path[0]),
            self._rows.of_path(path, served.number, 0, 0),
            made,
        )
        for at, (up, down) in enumerate(sides):
            indices = taken[0][at * memories : (at + 1) * memories]
            link = self.link(path[0], path[at + 1], up, down, indices, run.heralded)
            link.place = at
            run.links.append(link)
        return run

    def _memory(
        self,
        path: list[int],
        position: int,
        index: int,
        down: bool,
        config: RequestConfig,
        end: bool | None = None,
    ) -> Memory:
        if end is None:
            end = config.star or position in (0, len(path) - 1)
        measured = config.use == "measure" and end
        decay = Decay() if measured else self.decay(path[position])
        cutoff = self._routers.equipment.memory(path[position]).cutoff
        return Memory(position, index, down, decay, cutoff)

    def decay(self, router: int) -> Decay:
        """Return how halves decay that a router stores."""
        if router not in self._decays:
            self._decays[router] = self._routers.equipment.decay(router)
        return self._decays[router]

    def shared_run(
        self,
        delays: Any,
        swap_draws: Any,
        ended: Ended,
        make: Callable[[int, int, SharedRun], SharedLink],
    ) -> SharedRun:
        """Return a network whose links serve all requests; each brings its own rules."""
        kind = SharedRun if self.carrier is None else CarriedNetwork
        run = kind(
            self._env,
            self._agenda,
            delays,
            self._rules_of(2, 0.0, self._cutoffs(range(len(self._routers.names)), [])),
            self._numbers,
            swap_draws,
            self._generator("quantum.purification", 0),
            ended,
            make,
        )
        if isinstance(run, CarriedNetwork):
            run.post, run.where = self._carrier, range(len(self._routers.names))
        return run

    def stock(self, post: Post, ended: Ended) -> Stock:
        """Return the memories that make pairs all the time."""
        scenario, routers = self._scenario, self._routers
        config, number = scenario.generation, scenario.standing
        policy = implementation("generation", config, key="policy")
        count = len(routers.names)

        def memory(router: int) -> Memory:
            cutoff = routers.equipment.memory(router).cutoff
            return Memory(router, 0, True, self.decay(router), cutoff)

        def draws(router: int) -> np.random.Generator:
            entity = zlib.crc32(routers.stem(router).encode())
            return self._generator("quantum.generation", entity)

        def make(up: Memory, down: Memory, index: int, heralded: Heralded) -> LinkRun:
            return self.link(up.position, down.position, [up], [down], [index], heralded)

        return Stock(
            self._env,
            self._agenda,
            post,
            routers.ways.beside,
            [(number, routers.capacity(router)) for router in range(count)],
            draws,
            lambda one, other: routers.edge(one, other).delay,
            memory,
            make,
            lambda weights, share: policy.learned(config, weights, share),
            self._numbers,
            ended,
        )

    def link(
        self,
        one: int,
        other: int,
        up: list[Memory],
        down: list[Memory],
        indices: list[int],
        heralded: Heralded,
    ) -> LinkRun:
        """Return the maker of a link's pairs, the requester first."""
        edge = self._routers.edge(one, other)
        timing = self._routers.timing(edge, one, other)
        channel = None
        if edge.link.slot is not None:
            channel = self._channels.setdefault(edge.name, Channel(timing))
        sources: Any = [self.source(edge, timing.forward, index) for index in indices]
        link = LinkRun(
            self._env,
            self._agenda,
            timing,
            edge.model,
            sources,
            up,
            down,
            heralded,
            channel,
            edge.ideal,
        )
        if self.carrier is not None:
            carrier = self.carrier

            def carry(function: Callable[[Any], object], argument: Any, order: int) -> None:
                carrier.send(one, other, edge.delay, function, argument, order)

            link.carrier = carry
        return link

    def source(self, edge: Edge, forward: bool, index: int) -> Draws | Played:
        """Return where the heralds of a link and a requester's memory come from.

        Requesters of either direction have their own.
        """
        key = edge.name, index, forward
        if key not in self._sources:
            entity = zlib.crc32(edge.name.encode())
            which = (index,) if forward else (index, 1)
            generator = self._context.streams.generator("quantum.heralding", entity, *which)
            if edge.played:
                play = implementation("link", edge.link).play(edge.link, edge.hardware, generator)
                detectors = None
                if edge.blind:
                    detectors = self._detectors.setdefault(edge.name, Detectors(edge.blind))
                self._sources[key] = Played(play, edge.link.modes, detectors)
            else:
                self._sources[key] = Draws(
                    edge.model,
                    generator,
                    max(1, edge.delay),
                    self._context.streams.key("quantum.second_rounds"),
                    # Of the link, the memory and the direction of requests.
                    (entity << 16) + 2 * index + (not forward),
                )
        return self._sources[key]

    def swap_generator(self, router: int) -> np.random.Generator:
        """Return the draws of a router's swaps."""
        if router not in self._swap_draws:
            entity = zlib.crc32(self._routers.stem(router).encode())
            self._swap_draws[router] = self._generator("quantum.swap", entity)
        return self._swap_draws[router]

    def _generator(self, purpose: str, entity: int) -> np.random.Generator:
        return self._context.streams.generator(purpose, entity)

    def rules(self, served: Served) -> Rules:
        """Return what routers do for a request."""
        cutoffs = self._cutoffs(served.path, served.delays)
        return self._rules_of(len(served.path), _target(served.config), cutoffs)

    def _rules_of(self, routers: int, target: float, cutoffs: Cutoffs | None) -> Rules:
        swap, purification = self._scenario.swap, self._scenario.purification
        chosen = implementation("swap", swap, key="policy")
        scheme = None
        if purification is not None:
            scheme = implementation("purification", purification, key="scheme")
        return Rules(
            partners=chosen.ranks(swap, routers),
            target=target,
            success=swap.success,
            degradation=swap.degradation,
            gate=swap.gate_fidelity,
            measurement=swap.measurement_fidelity,
            handshake=swap.handshake,
            select=swap.select,
            cutoffs=cutoffs,
            scheme=scheme,
            purification=purification,
        )

    def _cutoffs(self, path: Sequence[int], delays: list[list[int]]) -> Cutoffs | None:
        """Return what makes routers of a path give up halves, None: nothing."""
        memory, equipment = self._scenario.memory, self._routers.equipment
        ages = [equipment.memory(router).cutoff for router in path]
        if memory.cutoff_fidelity is None and not any(ages):
            return None
        slack = slack_of(delays) if memory.cutoff_by == "end_to_end_age" else None
        return Cutoffs(slack, memory.cutoff_fidelity)

    # Streams at once.

    def stream(self, served: Served) -> Streaming | None:
        """Return the whole stream of a request, where nothing can come between and it is long."""
        config, scenario = served.config, self._scenario
        rules, path = self.rules(served), served.path
        plain = rules.cutoffs is None and rules.scheme is None and rules.partners is not None
        alone = len(scenario.requests) == 1 and config.arrivals is None and not config.random
        watched = self._context.recorder.wants("memories") or scenario.network is not None
        if not plain or not alone or watched or rules.select != "lowest":
            return None
        edges = [self._routers.edge(*ends) for ends in pairwise(path)]
        timings = [
            self._routers.timing(edge, *ends)
            for edge, ends in zip(edges, pairwise(path), strict=True)
        ]
        if any(edge.played or edge.ideal or edge.link.slot is not None for edge in edges):
            return None
        tally, memories = served.tally, served.memories
        models = [edge.model for edge in edges]
        length = tally.end - tally.start
        if not worth(list(zip(timings, models, strict=True)), memories, length):
            return None
        hops = []
        assert served.taken is not None
        for at, (edge, timing) in enumerate(zip(edges, timings, strict=True)):
            indices = served.taken[at] if at == 0 else served.taken[at][memories:]
            up, down = self._sides(served, at)
            # Where nothing is played there are no others.
            sources = [cast("Draws", self.source(edge, timing.forward, one)) for one in indices]
            hops.append(LinkHop(timing, edge.model, sources, up, down))
        return Streaming(
            hops,
            served.delays,
            rules,
            [self.swap_generator(router) for router in path],
            tally.end,
            config.pairs,
            scenario.record.pairs == "all",
        )

    def _sides(self, served: Served, hop: int) -> tuple[list[Memory], list[Memory]]:
        """Return the memories of a link, the requester's and the responder's."""
        path, config, memories = served.path, served.config, range(served.memories)
        up = [self._memory(path, hop, at, True, config) for at in memories]
        return up, [self._memory(path, hop + 1, at, False, config) for at in memories]

    # First pairs at once.

    def at_once(self, served: Served) -> bool:
        """Draw the first pairs as arrays, if nothing can come between, and return whether so."""
        config, scenario = served.config, self._scenario
        assert served.taken is not None
        rules = self.rules(served)
        plain = rules.success == 1 and rules.cutoffs is None and rules.scheme is None
        plain = plain and self.carrier is None
        scheduled = rules.partners is not None or not rules.handshake
        alone = len(served.taken[0]) == 1 and scenario.record.pairs == "delivered"
        # Whether some pair falls short must not depend on what is drawn.
        certain = rules.target <= 0 or all(self.decay(at).none for at in served.path)
        unbounded = config.end is None and self._context.until is None
        if not (plain and scheduled and alone and certain and unbounded):
            return False
        path, hops = served.path, []
        if any(self._routers.edge(*ends).played for ends in pairwise(path)):
            return False
        for hop, (one, other) in enumerate(pairwise(path)):
            edge = self._routers.edge(one, other)
            indices = served.taken[hop][0 if hop == 0 else 1 :]
            timing = self._routers.timing(edge, one, other)
            # Where nothing is played there are no others.
            source = cast("Draws", self.source(edge, timing.forward, indices[0]))
            hops.append(Hop(timing, edge.model, source, edge.ideal))
        decays = [
            self._memory(path, at, 0, False, config).decay or Decay() for at in range(len(path))
        ]
        trials = Trials(hops, served.delays, rules, decays)
        done = 0
        while done < config.trials:
            first = trials.draw(min(CHUNK, config.trials - done))
            if first is None:
                return False
            self._rows.add_first(first, path, served.number, done)
            served.tally.add_first(first, served.began)
            done += len(first.ended)
        return True


def _target(config: RequestConfig) -> float:
    """Return the least fidelity; any pair has at least a quarter, but for rounding."""
    return config.fidelity if config.fidelity > 0.25 else 0.0
