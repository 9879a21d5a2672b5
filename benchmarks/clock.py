"""Events per CPU second of the clock: SimPy's beside an idle fabric, callbacks of an agenda."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Any

import simpy

from benchmarks.measure import REPEATS, Result, at_least, cpu

EVENTS = 300_000


def run() -> Iterator[Result]:
    """Yield the rates, each beside that of the plain thing, measured in turns."""
    beside, alone = _in_turns(_beside_a_fabric, lambda: _ticks(simpy.Environment()))
    yield at_least("plain simpy events beside an idle fabric", "events/CPU s", beside, 1.0e6)
    yield Result("plain simpy events in simpy alone", "events/CPU s", tuple(alone))
    ratios = [one / other for one, other in zip(beside, alone, strict=True)]
    yield Result("the former / the latter", "ratio", tuple(ratios))
    agenda, heap = _in_turns(_agenda, _bare_heap)
    yield at_least("empty callbacks of an agenda alone", "callbacks/CPU s", agenda, 3.0e6)
    yield Result("the same in a bare heap", "callbacks/CPU s", tuple(heap))


def _in_turns(one: Callable[[], Any], other: Callable[[], Any]) -> tuple[list[float], list[float]]:
    """Return the events per CPU second of what the two functions return, measured in turns."""
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for make, found in zip((one, other), rates, strict=True):
            seconds, _ = cpu(make())
            found.append(EVENTS / seconds)
    return rates


def _beside_a_fabric() -> Callable[[], Any]:
    from benchmarks.ports import fabric

    return _ticks(fabric(32).env)


def _ticks(env: Any) -> Callable[[], Any]:
    """Return a run in which one process waits again and again."""

    def process() -> Any:
        for _ in range(EVENTS):
            yield env.timeout(1)

    env.process(process())
    return env.run


def _agenda() -> Callable[[], Any]:
    """Return a run in which each callback puts down the next."""
    from netsim.engine.agenda import Agenda
    from netsim.engine.environment import Environment

    env = Environment()
    agenda = Agenda(env)
    left = [EVENTS]

    def happen(_: Any) -> None:
        left[0] -= 1
        if left[0]:
            agenda.at(env.now + 1, happen)

    agenda.at(1, happen)
    return env.run


def _bare_heap() -> Callable[[], Any]:
    heap: list[tuple[Any, ...]] = []
    numbers = count()
    left = [EVENTS]
    now = [0]

    def happen(_: Any) -> None:
        left[0] -= 1
        if left[0]:
            heappush(heap, (now[0] + 1, 0, next(numbers), happen, None))

    def loop() -> None:
        heappush(heap, (1, 0, next(numbers), happen, None))
        while heap:
            now[0], _, _, function, argument = heappop(heap)
            function(argument)

    return loop
