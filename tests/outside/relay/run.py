"""One race."""

from __future__ import annotations

from netsim.delays.laws.law import draw
from netsim.fabric.connect import connect
from netsim.fields import implementation
from netsim.graphs.kind import build
from relay.orders import order as orders

SECOND = 1e12


class Race:
    """A baton on its way."""

    def __init__(self, scenario, context) -> None:
        self._scenario, self._context = scenario, context
        config: orders.OrderConfig = scenario.order
        once = implementation("order", config).runners(config, scenario.runners)
        self._order = once * scenario.laps
        generator = context.streams.generator("relay.hold")
        self._held = draw(scenario.hold, generator, len(self._order))
        self._fabric = None
        if scenario.network is not None:
            self._fabric = connect(scenario.network, context, range(scenario.runners))
        course, streams = scenario.course, context.streams
        self._course = None
        if course is not None:
            self._course = build(course, streams, "relay.graph", scenario.runners)
        self._times: list[int] = []
        context.env.process(self._run())

    def _run(self):
        env = self._context.env
        for place, runner in enumerate(self._order):
            yield env.timeout(round(self._held[place] * SECOND))
            following = self._order[(place + 1) % len(self._order)]
            if self._fabric is not None:
                yield self._fabric.transfer(runner, following, self._scenario.baton)
            self._times.append(env.now)

    def progress(self):
        """Return the share of the race that is over."""
        return len(self._times) / len(self._order)

    def finish(self):
        """Write the tables and return the time of the race."""
        count, recorder = len(self._times), self._context.recorder
        runners = self._order[:count]
        recorder.write(
            "handovers", {"handover": list(range(count)), "runner": runners, "t": self._times}
        )
        if recorder.wants("holdings"):
            chosen = [i for i in range(count) if runners[i] in self._scenario.record.runners]
            recorder.write(
                "holdings",
                {
                    "handover": chosen,
                    "runner": [runners[i] for i in chosen],
                    "held": [float(self._held[i]) for i in chosen],
                },
            )
        if self._fabric is not None:
            self._fabric.finish(recorder)
        return {
            "race_time": self._times[-1] / SECOND if count else None,
            "roads": None if self._course is None else self._course.edge_count,
        }
