"""One replication of the family `quantum`, wired together."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from itertools import count, pairwise
from typing import Any, cast

import numpy as np

from netsim.engine.agenda import Agenda
from netsim.family import RunContext, Scalar
from netsim.fields import implementation
from netsim.quantum.decay import PS, Decay
from netsim.quantum.generation import END, Channel, LinkRun
from netsim.quantum.heralding import Draws, Played
from netsim.quantum.memory_samples import MemorySamples
from netsim.quantum.oneshot import CHUNK, Hop, Trials
from netsim.quantum.pair import Memory, Pair
from netsim.quantum.path import PathRun, Rules
from netsim.quantum.reservation import TimeCards
from netsim.quantum.results import Entanglements, Tally
from netsim.quantum.schema import QuantumScenario, RequestConfig
from netsim.quantum.wiring import Edge, Routers, decay_of


class Served:
    """A request, its path and what it got.

    Parameters
    ----------
    number, config
        The request.
    path
        Routers, from the initiator on.
    taken
        Indices of reserved memories by position, None if it was refused.
    tally
        What was delivered.
    """

    def __init__(
        self,
        number: int,
        config: RequestConfig,
        path: list[int],
        taken: list[list[int]] | None,
        tally: Tally,
    ) -> None:
        self.number, self.config, self.path, self.taken = number, config, path, taken
        self.tally = tally
        self.delays: list[list[int]] = []
        self.active: list[int] = []
        self.run: PathRun | None = None
        self.trial = 0
        self.began = 0


class QuantumRun:
    """The requests at work, and the tables that follow them.

    Parameters
    ----------
    scenario
        The validated scenario.
    context
        Environment, random streams and recorder of the replication.
    """

    def __init__(self, scenario: QuantumScenario, context: RunContext) -> None:
        self._scenario, self._context = scenario, context
        self._env = context.env
        self._agenda = Agenda(context.env)
        self._routers = Routers(scenario, context.streams)
        self._decay = decay_of(scenario)
        self._numbers = count()
        delivered_only = scenario.record.pairs == "delivered"
        self._rows = Entanglements(context.recorder, self._routers.names, delivered_only)
        self._sources: dict[tuple[str, int], Draws | Played] = {}
        self._swap_draws: dict[int, np.random.Generator] = {}
        self._channels: dict[str, Channel] = {}
        self._edges: dict[tuple[int, int], Edge] = {}
        self._cards = TimeCards(
            [self._routers.capacity(n) for n in range(len(self._routers.names))]
        )
        self._served = [self._take(number, one) for number, one in enumerate(scenario.requests)]

        self._samples = MemorySamples(context.recorder, self._routers.names)
        if context.recorder.wants("memories") and context.sample_every is not None:
            context.env.probe(context.sample_every, self._look)

    def _look(self, now: int) -> None:
        """Sample every reserved memory."""
        for served in self._served:
            run = served.run
            if run is None or run.over or served.taken is None:
                continue
            for position, router in enumerate(served.path):
                memories = run.memories(position)
                for index, memory in zip(served.taken[position], memories, strict=True):
                    self._samples.add(router, index, memory, now)

    # Requests.

    def _take(self, number: int, config: RequestConfig) -> Served:
        """Send a request along its path at time 0, and begin when it is approved."""
        routers, scenario = self._routers, self._scenario
        path = routers.path(*routers.ends(config))
        assert path is not None
        delays = routers.delays(path)
        there = delays[0][-1]
        start = config.start if config.start is not None else 2 * there
        end = config.end or self._context.until or start
        one_shot = config.mode == "one_shot"
        if one_shot:
            end = max(end, start)
        memories = config.memories or scenario.memory.count
        taken = self._cards.reserve(path, memories, start, end)
        served = Served(number, config, path, taken, Tally(number, start, end))
        served.delays = delays
        served.active = [max(start, there + delays[position][-1]) for position in range(len(path))]
        if taken is not None:
            if one_shot:
                # Every trial begins from idle everywhere at one instant.
                served.active = [max(served.active)] * len(path)
            served.began = max(served.active)
            if one_shot and self._at_once(served):
                return served
            served.run = self._path_run(served)
            served.run.begin(served.active)
            if not one_shot or config.end is not None:
                self._agenda.at(end, self._close, served, END)
        return served

    def _close(self, served: Served) -> None:
        """End a reservation."""
        if served.run is not None and not served.run.over:
            served.run.stop()
            served.tally.end = min(served.tally.end, self._env.now)

    def _delivered(self, served: Served, pair: Pair, now: int) -> None:
        tally, config = served.tally, served.config
        tally.add(pair.state, now)
        if config.mode == "one_shot":
            tally.waited += (now - served.began) * PS
            run = served.run
            assert run is not None
            run.stop()
            served.trial += 1
            if served.trial < config.trials:
                served.began = now
                served.run = self._path_run(served)
                served.run.begin([now] * len(served.path))
            else:
                tally.end = now
        elif config.pairs is not None and tally.pairs >= config.pairs:
            tally.served = tally.end = now
            self._agenda.at(now, self._close, served)

    def _at_once(self, served: Served) -> bool:
        """Draw the first pairs as arrays, if nothing can come between, and return whether so."""
        config, scenario = served.config, self._scenario
        assert served.taken is not None
        rules = self._rules(served)
        plain = rules.success == 1 and rules.cutoff is None and rules.scheme is None
        scheduled = rules.partners is not None or not rules.handshake
        alone = len(served.taken[0]) == 1 and scenario.record.pairs == "delivered"
        # Whether some pair falls short must not depend on what is drawn.
        certain = rules.target <= 0 or self._decay.none
        unbounded = config.end is None and self._context.until is None
        if not (plain and scheduled and alone and certain and unbounded):
            return False
        if scenario.link.engine != "jump":
            return False
        path, hops = served.path, []
        for hop, (one, other) in enumerate(pairwise(path)):
            edge = self._edge(one, other)
            indices = served.taken[hop][0 if hop == 0 else 1 :]
            # By engine `jump` there are no others.
            source = cast("Draws", self._source(edge, indices[0]))
            timing = self._routers.timing(edge, one, other)
            hops.append(Hop(timing, edge.model, source, scenario.link.control == "ideal"))
        last = len(path) - 1
        decays = [
            self._memory(at, 0, False, config, last).decay or Decay() for at in range(len(path))
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

    # A path's routers.

    def _path_run(self, served: Served) -> PathRun:
        path, taken, config = served.path, served.taken, served.config
        assert taken is not None
        memories = len(taken[0])
        last = len(path) - 1
        sides = []
        for hop in range(last):
            indices = taken[hop] if hop == 0 else taken[hop][memories:]
            up = [self._memory(hop, at, True, config, last) for at in range(memories)]
            down = [self._memory(hop + 1, at, False, config, last) for at in range(memories)]
            sides.append((up, down, indices))
        trial, began, number = served.trial, served.began, served.number
        one_shot = config.mode == "one_shot"
        offset = began if one_shot else 0

        def ended(pair: Pair, now: int, cause: str) -> None:
            self._rows.add(pair, now, cause, path, number, trial, offset)

        run = PathRun(
            self._env,
            self._agenda,
            [(up, down) for up, down, _ in sides],
            served.delays,
            self._rules(served),
            self._numbers,
            [self._swap_generator(router) for router in path],
            self._generator("quantum.purification", number),
            ended,
            lambda pair, now: self._delivered(served, pair, now),
        )
        for hop, (up, down, indices) in enumerate(sides):
            run.links.append(self._link(path[hop], path[hop + 1], up, down, indices, run))
        return run

    def _memory(
        self, position: int, index: int, down: bool, config: RequestConfig, last: int
    ) -> Memory:
        measured = config.use == "measure" and position in (0, last)
        return Memory(position, index, down, Decay() if measured else self._decay)

    def _link(
        self,
        one: int,
        other: int,
        up: list[Memory],
        down: list[Memory],
        indices: list[int],
        run: PathRun,
    ) -> LinkRun:
        config = self._scenario.link
        edge = self._edge(one, other)
        timing = self._routers.timing(edge, one, other)
        channel = None
        if config.slot is not None:
            channel = self._channels.setdefault(edge.name, Channel(timing))
        sources: Any = [self._source(edge, index) for index in indices]
        return LinkRun(
            self._env,
            self._agenda,
            timing,
            edge.model,
            sources,
            up,
            down,
            run.heralded,
            channel,
            config.control == "ideal",
        )

    def _edge(self, one: int, other: int) -> Edge:
        if (one, other) not in self._edges:
            self._edges[one, other] = self._routers.edge(one, other)
        return self._edges[one, other]

    def _source(self, edge: Edge, index: int) -> Draws | Played:
        """Return where the heralds of a link and a requester's memory come from."""
        key = edge.name, index
        if key not in self._sources:
            config = self._scenario.link
            entity = zlib.crc32(edge.name.encode())
            generator = self._context.streams.generator("quantum.heralding", entity, index)
            if config.engine == "attempt":
                chosen = implementation("link", config)
                play = chosen.play(config, edge.hardware, generator)
                self._sources[key] = Played(play, config.modes)
            else:
                self._sources[key] = Draws(edge.model, generator, max(1, edge.delay))
        return self._sources[key]

    def _swap_generator(self, router: int) -> np.random.Generator:
        if router not in self._swap_draws:
            entity = zlib.crc32(self._routers.stem(router).encode())
            self._swap_draws[router] = self._generator("quantum.swap", entity)
        return self._swap_draws[router]

    def _generator(self, purpose: str, entity: int) -> np.random.Generator:
        return self._context.streams.generator(purpose, entity)

    def _rules(self, served: Served) -> Rules:
        swap, purification = self._scenario.swap, self._scenario.purification
        chosen = implementation("swap", swap, key="policy")
        scheme = None
        if purification is not None:
            scheme = implementation("purification", purification, key="scheme")
        return Rules(
            partners=chosen.ranks(swap, len(served.path)),
            # Any pair has at least a quarter, but for rounding.
            target=served.config.fidelity if served.config.fidelity > 0.25 else 0.0,
            success=swap.success,
            degradation=swap.degradation,
            gate=swap.gate_fidelity,
            measurement=swap.measurement_fidelity,
            handshake=swap.handshake,
            select=swap.select,
            cutoff=self._scenario.memory.cutoff,
            scheme=scheme,
            once=purification is not None and purification.mode == "once",
            tolerance=0.0 if purification is None else purification.tolerance,
            from_emission=self._routers.edge(served.path[0], served.path[1]).model.from_emission,
        )

    # What came out.

    def progress(self) -> float | None:
        """Return the share of simulated time that is over, None if nothing says how long it is."""
        if self._context.until is None:
            return None
        return min(1.0, self._env.now / self._context.until)

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables and return the run's figures."""
        unfinished = False
        for served in self._served:
            if served.run is not None and not served.run.over:
                unfinished = unfinished or served.config.mode == "one_shot"
                self._close(served)
        self._rows.flush()
        self._samples.flush()
        for served in self._served:
            self._write(served)
        accepted = [one for one in self._served if one.taken is not None]
        pairs = sum(one.tally.pairs for one in accepted)
        seconds = sum(one.tally.seconds for one in accepted)
        means = [(one.tally.mean, one.tally.pairs) for one in accepted]
        firsts = [one.tally.first - one.tally.start for one in accepted if one.tally.first]
        total = sum(mean[0] * number for mean, number in means if mean is not None)
        keys = [self._keys(one)[0] for one in accepted]
        figures: dict[str, Scalar] = {
            "pairs": pairs,
            "rate": sum(one.tally.rate for one in accepted),
            "fidelity_mean": total / pairs if pairs else None,
            "time_to_first": min(firsts) * PS if firsts else None,
            "accepted": len(accepted),
            "refused": len(self._served) - len(accepted),
            "key_rate": sum(row["rate"] for row in keys),
            "key_bound": sum(row["bound"] for row in keys),
        }
        if seconds < 0 or unfinished:
            figures["status"] = "unfinished"
        return figures

    def _keys(self, served: Served) -> list[dict[str, Any]]:
        assert served.taken is not None
        return served.tally.key_rows(self._routers.bound(served.path, len(served.taken[0])))

    def _write(self, served: Served) -> None:
        tally, config, names = served.tally, served.config, self._routers.names
        accepted = served.taken is not None
        one_shot = config.mode == "one_shot"
        mean = tally.mean
        wait = None
        if tally.first is not None:
            wait = tally.waited / tally.pairs if one_shot else (tally.first - tally.start) * PS
        self._context.recorder.write_row(
            "requests",
            {
                "request": served.number,
                "src": names[served.path[0]],
                "dst": names[served.path[-1]],
                "start": tally.start,
                "end": max(tally.start, tally.end),
                "first_pair": tally.first,
                "accepted": accepted,
                "refusals": int(not accepted),
                "hops": len(served.path) - 1,
                "pairs_wanted": config.trials if one_shot else config.pairs,
                "pairs": tally.pairs,
                "rate": tally.rate,
                "fidelity_mean": None if mean is None else mean[0],
                "wait": wait,
                "time_to_serve": None
                if tally.served is None
                else (tally.served - tally.start) * PS,
            },
        )
        if accepted:
            for row in self._keys(served):
                self._context.recorder.write_row("keys", row)
