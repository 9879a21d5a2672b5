"""One replication of the family `quantum`: requests, their reservations, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from simpy.core import StopSimulation

from netsim.engine.agenda import Agenda
from netsim.family import RunContext, Scalar
from netsim.fields import implementation
from netsim.quantum.assembly import Assembly
from netsim.quantum.decay import PS
from netsim.quantum.demand import Demand
from netsim.quantum.generation import END, EXPIRE, RESULT
from netsim.quantum.keys import chsh_of, teleportation_fidelity
from netsim.quantum.memory_samples import MemorySamples
from netsim.quantum.pair import Pair
from netsim.quantum.post import Post
from netsim.quantum.reservation import Asked, Signals, TimeCards
from netsim.quantum.results import Entanglements
from netsim.quantum.schema import QuantumScenario
from netsim.quantum.served import Served
from netsim.quantum.shared import Share
from netsim.quantum.shared_links import Common
from netsim.quantum.slots import Slots
from netsim.quantum.stars import Stars
from netsim.quantum.stock import Standing, Stock
from netsim.quantum.wiring import Routers

if TYPE_CHECKING:
    from netsim.fabric.door import Fabric
    from netsim.fabric.schema import NetworkConfig


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
        self._routers = routers = Routers(scenario, context.streams)
        delivered_only = scenario.record.pairs == "delivered"
        self._rows = Entanglements(context.recorder, routers.names, delivered_only)
        self._cards = TimeCards([routers.capacity(n) for n in range(len(routers.names))])
        routers.ways.load, routers.ways.now = self._cards.load, lambda: self._env.now
        self._post = Post(self._env, self._agenda)
        self._fabric: Fabric | None = None
        if scenario.network is not None:
            self._connect(scenario.network)
        self._signals = Signals(self._post, self._cards, lambda: self._env.now)
        self._assembly = Assembly(scenario, context, routers, self._agenda, self._rows)
        if self._fabric is not None:
            self._assembly.carrier = self._post
        self._common: Common | None = None
        if scenario.sharing == "statistical":
            self._common = Common(scenario, routers, self._assembly, self._rows)
        everybody = range(len(routers.names))
        self._stock: Stock | None = None
        if scenario.standing:
            stock = self._stock = self._assembly.stock(
                self._post,
                lambda pair, now, cause: self._rows.add(pair, now, cause, everybody, None, 0, 0),
            )
            if context.until is None:
                # Else they would make pairs for ever that nobody wants.
                last = max(request.end or 0 for request in scenario.requests)
                self._agenda.at(last, lambda _: stock.stop(), None, EXPIRE)
        self._standing: dict[Served, Standing] = {}
        self._under_way: dict[Served, Asked] = {}
        self._demand = Demand(
            self._env, self._agenda, context.streams, routers, context.until, self._send
        )
        self._stars = Stars(
            self._demand,
            self._agenda,
            routers,
            self._assembly,
            self._cards,
            context.recorder,
            context.until,
        )
        self._demand.star = self._stars.ask
        for block, request in enumerate(scenario.requests):
            kind = implementation("application", request.application)
            kind.begin(request, block, self._demand)

        self._samples = MemorySamples(context.recorder, routers.names)
        if context.recorder.wants("memories") and context.sample_every is not None:
            context.env.probe(context.sample_every, self._look)

    def _connect(self, network: NetworkConfig) -> None:
        """Let messages of routers travel through a network."""
        from netsim.fabric.connect import connect
        from netsim.quantum.carried import Transfers

        scenario, env = self._scenario, self._env
        hosts = range(len(self._routers.names))
        self._fabric = connect(network, self._context, hosts)
        self._post = Transfers(env, self._agenda, self._fabric, scenario.message.size)
        if self._context.until is None:
            # Background traffic would prolong the run.
            last = max(request.end or 0 for request in scenario.requests)
            stop = env.event()
            stop.callbacks.append(StopSimulation.callback)
            self._agenda.at(last, lambda _: stop.succeed(), None, EXPIRE + 1)

    def _look(self, now: int) -> None:
        """Sample every memory that is reserved, or of a link at work."""
        if self._common is not None:
            self._common.sample(self._samples, now)
            return
        for served in self._demand.asked:
            run = served.run
            if run is None or run.over or served.taken is None:
                continue
            for position, router in enumerate(served.path):
                memories = run.memories(position)
                for index, memory in zip(served.taken[position], memories, strict=False):
                    self._samples.add(router, index, memory, now)

    # Requests.

    def _send(self, served: Served) -> None:
        """Let a request set out along its path."""
        routers, config, now = self._routers, served.config, self._env.now
        if now < (known := routers.ways.since(*served.ends)):
            self._agenda.at(known, self._send, served)
            return
        path = routers.path(*served.ends, config)
        assert path is not None
        hops = routers.hops(path)
        served.path, served.delays = path, routers.delays(path)
        start = config.start if config.start is not None else now + 2 * sum(hops)
        if served.refusals and served.renew is None:
            start = max(start, now + 2 * sum(hops))
        if config.arrivals is None and not served.refusals and served.renew is None:
            served.asked = start
        end = self._end_of(served, start)
        served.tally.start, served.tally.end = start, end
        if end <= start and config.mode != "one_shot":
            # Who would draw another now would not stop doing so at the end of a run.
            served.done = served.renew is not None
            self._give_up(served)
            return
        asked = Asked(
            path,
            hops,
            0 if self._common else self._scenario.memories_of(config),
            start,
            end,
            lambda taken: self._granted(served, taken),
            lambda position: self._passed(served, position),
            lambda: self._refused(served),
            config.start is not None,
        )
        self._under_way[served] = asked
        self._signals.ask(asked)

    def _end_of(self, served: Served, start: int) -> int:
        config = served.config
        ends = [time for time in (config.end, self._context.until) if time is not None]
        if config.deadline is not None:
            ends.append(served.asked + config.deadline)
        end = min(ends, default=start)
        return max(end, start) if config.mode == "one_shot" else end

    def _refused(self, served: Served) -> None:
        """Ask again after a while, if somebody does so and there is time."""
        served.refusals += 1
        del self._under_way[served]
        again = served.again
        time = None if again is None else self._env.now + again
        if time is None or (served.renew is None and time >= self._end_of(served, 0)):
            self._give_up(served)
        elif self._context.until is None or time < self._context.until:
            self._agenda.at(time, self._send_again, served)

    def _send_again(self, served: Served) -> None:
        if served.renew is not None:
            served.config = served.renew(served)
        self._send(served)

    def _give_up(self, served: Served) -> None:
        """Let a request go that no routers have memories for."""
        served.tally.end = max(served.tally.start, served.tally.end)
        self._through(served)

    def _through(self, served: Served) -> None:
        if not served.done:
            served.done = True
            if served.over is not None:
                served.over(served)

    # Reservations.

    def _granted(self, served: Served, taken: list[list[int]]) -> None:
        """Set up the path of a request that its responder approves."""
        served.taken = taken
        served.memories = len(taken[0])
        phases = self._scenario.phases
        if served.config.mode != "one_shot":
            if self._common is not None:
                served.run = self._common.take_part(served, self._delivered)
            elif phases is not None:
                served.run = Slots(
                    self._env,
                    self._agenda,
                    phases.external,
                    phases.internal,
                    lambda: self._assembly.path_run(served, self._delivered),
                )
            elif self._stock is None and (stream := self._assembly.stream(served)) is not None:
                served.stream = stream
                return
            else:
                run = served.run = self._assembly.path_run(served, self._delivered)
                run.hold()
                if self._stock is not None:
                    config = served.config
                    self._standing[served] = self._stock.stand(
                        served.path, run, config.fidelity, config.use == "measure"
                    )
            end = served.tally.end
            if served.config.end is not None or end != self._context.until:
                self._agenda.at(end, self._close, served, END)

    def _passed(self, served: Served, position: int) -> None:
        """Let a router begin that the approval passes, or all of them at once in trials."""
        start, now = served.tally.start, self._env.now
        if served.stream is not None:
            served.wakes.append((max(start, now), position))
            if position == 0:
                self._play(served)
        elif isinstance(served.run, Slots):
            if position == 0:
                self._agenda.at(max(start, now), self._first_slot, served.run, RESULT)
        elif served.config.mode != "one_shot":
            self._agenda.at(max(start, now), self._wake, (served, position), RESULT)
        elif position == 0:
            # Every trial begins from idle everywhere at one instant.
            served.began = max(start, now)
            if not self._assembly.at_once(served):
                self._agenda.at(served.began, self._trial, served, RESULT)

    def _play(self, served: Served) -> None:
        """Play a stream from its beginning to its end."""
        assert served.stream is not None
        rows = partial(self._rows.add_stream, served.path, served.number)
        served.tally.add_stream(served.stream.play(served.wakes, rows))

    def _wake(self, woken: tuple[Served, int]) -> None:
        served, position = woken
        run: Any = served.run
        if isinstance(run, Share):
            run.know(position)
        else:
            run.wake(position)
            if self._stock is not None and not run.over:
                self._stock.know(self._standing[served], served.path[position])

    @staticmethod
    def _first_slot(slots: Slots) -> None:
        if not slots.over:
            slots.begin()

    def _trial(self, served: Served) -> None:
        served.began = now = self._env.now
        run = served.run = self._assembly.path_run(served, self._delivered)
        run.begin([now] * len(served.path))

    def _close(self, served: Served) -> None:
        """End a reservation."""
        if served.run is not None and not served.run.over:
            served.run.stop()
            if self._stock is not None:
                self._stock.leave(self._standing.pop(served), served.tally.pairs > 0)
            served.tally.end = min(served.tally.end, self._env.now)
            self._through(served)

    def _served(self, served: Served) -> None:
        """End a reservation whose pairs are there, and say so along the path."""
        if served.run is not None and not served.run.over:
            self._close(served)
            self._signals.end(self._under_way[served])

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
                self._trial(served)
            else:
                tally.end = now
        elif config.pairs is not None and tally.pairs >= config.pairs and tally.served is None:
            tally.served = tally.end = now
            self._agenda.at(now, self._served, served)

    # What came out.

    def progress(self) -> float | None:
        """Return the share of simulated time that is over, None if nothing says how long it is."""
        if self._context.until is None:
            return None
        return min(1.0, self._env.now / self._context.until)

    def finish(self) -> Mapping[str, Scalar]:
        """Write the tables and return the run's figures."""
        unfinished = False
        for served in self._demand.asked:
            if served.run is not None and not served.run.over:
                self._close(served)
            one_shot = served.config.mode == "one_shot" and served.accepted
            unfinished = unfinished or (one_shot and served.tally.pairs < served.config.trials)
        if self._stock is not None:
            self._stock.stop()
        if self._fabric is not None:
            self._fabric.finish(self._context.recorder)
        self._rows.flush()
        self._samples.flush()
        self._stars.finish()
        for served in self._demand.asked:
            self._write(served)
        accepted = [one for one in self._demand.asked if one.accepted]
        pairs = sum(one.tally.pairs for one in accepted)
        seconds = sum(one.tally.seconds for one in accepted)
        means = [(one.tally.mean, one.tally.pairs) for one in accepted]
        firsts = [one.tally.first - one.tally.start for one in accepted if one.tally.first]
        times = [one.tally.served - one.asked for one in accepted if one.tally.served is not None]
        total = sum(mean[0] * number for mean, number in means if mean is not None)
        keys = [self._keys(one)[0] for one in accepted if not one.star]
        figures: dict[str, Scalar] = {
            "pairs": pairs,
            "rate": sum(one.tally.rate for one in accepted),
            "fidelity_mean": total / pairs if pairs else None,
            "time_to_first": min(firsts) * PS if firsts else None,
            "time_to_serve": sum(times) * PS / len(times) if times else None,
            "accepted": len(accepted),
            "refused": len(self._demand.asked) - len(accepted),
            "key_rate": sum(row["rate"] for row in keys),
            "key_bound": sum(row["bound"] for row in keys),
        }
        if seconds < 0 or unfinished:
            figures["status"] = "unfinished"
        return figures

    def _keys(self, served: Served) -> list[dict[str, Any]]:
        return served.tally.key_rows(self._routers.bound(served.path, served.memories))

    def _write(self, served: Served) -> None:
        tally, config, names = served.tally, served.config, self._routers.names
        accepted = served.accepted
        one_shot = config.mode == "one_shot"
        mean = tally.mean
        wait = None
        if tally.first is not None:
            wait = tally.waited / tally.pairs if one_shot else (tally.first - tally.start) * PS
        self._context.recorder.write_row(
            "requests",
            {
                "request": served.number,
                "src": names[served.ends[0]],
                "dst": names[served.ends[1]],
                "arrival": served.asked,
                "start": tally.start,
                "end": max(tally.start, tally.end),
                "first_pair": tally.first,
                "accepted": accepted,
                "refusals": served.refusals,
                "hops": len(served.path or self._routers.path(*served.ends) or [0]) - 1,
                "pairs_wanted": config.trials if one_shot else config.pairs,
                "pairs": tally.pairs,
                "rate": tally.rate,
                "fidelity_mean": None if mean is None else mean[0],
                "wait": wait,
                "time_to_serve": None
                if tally.served is None
                else (tally.served - served.asked) * PS,
                "teleportation": None
                if mean is None or served.star
                else teleportation_fidelity(mean[0]),
                "chsh": None if mean is None or served.star else chsh_of(mean),
            },
        )
        if accepted and not served.star:
            for row in self._keys(served):
                self._context.recorder.write_row("keys", row)
