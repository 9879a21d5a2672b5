"""Reservations of stars: the router asks all leaves at once and begins when all have answered.

A leaf that has too few memories refuses, and then the whole is refused once its answer is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.engine.agenda import Agenda
from netsim.metrics.recorder import Recorder
from netsim.quantum.assembly import Assembly
from netsim.quantum.generation import END, RESULT
from netsim.quantum.reservation import TimeCards
from netsim.quantum.served import Served
from netsim.quantum.star import SharedState, StarRun
from netsim.quantum.wiring import Routers

if TYPE_CHECKING:
    from netsim.quantum.demand import Demand
    from netsim.quantum.schema import RequestConfig


class Stars:
    """The stars of a simulation.

    Parameters
    ----------
    demand
        What applications see.
    agenda
        Where events go.
    routers, assembly, cards
        Of the scenario.
    recorder
        Where table `ghz` goes.
    until
        When the run ends (ps), or None.
    """

    def __init__(
        self,
        demand: Demand,
        agenda: Agenda,
        routers: Routers,
        assembly: Assembly,
        cards: TimeCards,
        recorder: Recorder,
        until: int | None,
    ) -> None:
        self._demand, self._agenda, self._routers = demand, agenda, routers
        self._assembly, self._cards, self._until = assembly, cards, until
        self._recorder, self._rows = recorder, list[dict[str, Any]]()

    def ask(self, request: RequestConfig) -> None:
        """Ask a router and its leaves for memories, now."""
        centre, leaves = self._routers.star(request)
        served = self._demand.come_up(request, (centre, leaves[-1]))
        served.path = [centre, *leaves]
        served.star = True
        hops = [self._routers.edge(centre, leaf).delay for leaf in leaves]
        served.delays = [hops]
        start = request.start if request.start is not None else 2 * max(hops)
        end = min(one for one in (request.end, self._until) if one is not None)
        served.tally.start, served.tally.end, served.asked = start, end, start
        memories = self._routers.star_memories(request, centre, len(leaves))
        taken = [self._cards.set_aside(centre, memories * len(leaves), start, end)]
        answers = served, taken, memories
        for at, delay in enumerate(hops):
            self._agenda.at(delay, self._arrive, (*answers, at + 1))
        self._agenda.at(max(start, 2 * max(hops)), self._answered, (served, taken), RESULT)

    def _arrive(self, asked: tuple[Served, list[list[int] | None], int, int]) -> None:
        """Let a leaf set memories aside."""
        served, taken, memories, position = asked
        start, end = served.tally.start, served.tally.end
        found = self._cards.set_aside(served.path[position], memories, start, end)
        while len(taken) <= position:
            taken.append(None)
        taken[position] = found

    def _answered(self, asked: tuple[Served, list[list[int] | None]]) -> None:
        """Begin, if nobody refused."""
        served, taken = asked
        start, end = served.tally.start, served.tally.end
        granted = [one for one in taken if one is not None]
        if len(granted) < len(served.path):
            served.refusals, served.done = 1, True
            for router, indices in zip(served.path, taken, strict=True):
                if indices is not None:
                    self._cards.give_back(router, indices, start, end)
            return
        served.taken = granted
        run = served.run = self._assembly.star_run(served, lambda state: self._made(served, state))
        if served.config.end is not None or end != self._until:
            self._agenda.at(end, self._close, served, END)
        run.begin()

    def _made(self, served: Served, state: SharedState) -> None:
        """Take a GHZ state that all leaves have heard of."""
        tally, wanted = served.tally, served.config.pairs
        self._rows.append(
            {
                "state": len(self._rows),
                "request": served.number,
                "leaves": state.leaves,
                "created": state.created,
                "ended": state.ended,
                "fidelity": state.fidelity,
                "attempts": state.attempts,
                "wait": state.wait,
            }
        )
        tally.add((state.fidelity, 0.0, 0.0, 0.0), state.ended)
        if wanted is not None and tally.pairs >= wanted:
            tally.served = tally.end = state.ended
            self._close(served)

    @staticmethod
    def _close(served: Served) -> None:
        run: Any = served.run
        if isinstance(run, StarRun) and not run.over:
            run.stop()
            served.done = True

    def finish(self) -> None:
        """Write table `ghz`, where it is wanted."""
        if self._rows and self._recorder.wants("ghz"):
            columns = {name: [row[name] for row in self._rows] for name in self._rows[0]}
            self._recorder.write("ghz", columns)
