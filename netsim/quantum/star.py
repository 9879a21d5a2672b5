"""A star at work: one router makes pairs with each of its leaves, and GHZ states of them.

As soon as the router has a pair of the wanted fidelity with every leaf it takes the oldest of each,
measures all its halves, and tells the leaves, which hold a GHZ state once they hear of it. Halves
of leaves decay until then; errors of pairs commute with the measurement, so it does not matter that
they are counted first. A measurement that fails costs all of its pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from netsim.engine.agenda import Agenda
from netsim.engine.clock import NEVER
from netsim.engine.environment import Environment
from netsim.quantum.decay import PS
from netsim.quantum.generation import EXPIRE, RESULT, LinkRun
from netsim.quantum.pair import Memory, Pair
from netsim.quantum.rules import Rules
from netsim.quantum.states import State, convolve, ghz_fidelity


@dataclass(frozen=True, slots=True)
class SharedState:
    """A GHZ state: when it was measured and heard of, its fidelity, and what led to it."""

    created: int
    ended: int
    leaves: int
    fidelity: float
    attempts: int
    wait: float


def noisy_ghz(pairs: list[State], gate: float, measurement: float) -> float:
    """Return the fidelity of the GHZ state that a router's noisy measurement makes of pairs.

    Parameters
    ----------
    pairs
        States of the pairs with each leaf.
    gate
        Chance that a gate works; otherwise all outcomes are mixed.
    measurement
        Chance that a bit is read right: a wrong phase is a phase error of one leaf, a wrong parity
        a bit error of another.
    """
    right, wrong = measurement, 1 - measurement
    phase, parity = (right, wrong, 0.0, 0.0), (right, 0.0, wrong, 0.0)
    read = [convolve(pair, parity if at else phase) for at, pair in enumerate(pairs)]
    works = gate ** (len(pairs) - 1)
    return float(works * ghz_fidelity(*read) + (1 - works) / 2 ** len(pairs))


class StarRun:
    """The routers of a star during one reservation.

    Parameters
    ----------
    env, agenda
        The clock, and where events go.
    sides
        By leaf: the router's memories for it, and its own.
    delays
        Classical delay to each leaf (ps).
    rules
        What routers do.
    numbers
        Numbers of pairs, in the order of creation.
    draws
        The luck of measurements.
    ended
        Told of every pair's end, its instant and its cause.
    made
        Told of every GHZ state, when all leaves have heard of it.
    """

    def __init__(
        self,
        env: Environment,
        agenda: Agenda,
        sides: list[tuple[list[Memory], list[Memory]]],
        delays: list[int],
        rules: Rules,
        numbers: Iterator[int],
        draws: np.random.Generator,
        ended: Callable[[Pair, int, str], None],
        made: Callable[[SharedState], None],
    ) -> None:
        self._env, self._at, self._sides, self._delays = env, agenda.at, sides, delays
        self._rules, self._numbers, self._draws = rules, numbers, draws
        self._ended, self._made = ended, made
        self.links: list[LinkRun] = []
        self.alive: dict[Pair, None] = {}
        self.over = False

    def memories(self, position: int) -> list[Memory]:
        """Return the memories of the router (0) or of a leaf (from 1 on)."""
        if position:
            return self._sides[position - 1][1]
        return [memory for up, _ in self._sides for memory in up]

    def begin(self) -> None:
        """Let all memories begin."""
        for up, down in self._sides:
            for memory in (*up, *down):
                memory.link.freed(memory)

    def stop(self, cause: str = "ended") -> None:
        """End everything: what is held now is gone, by that cause."""
        if self.over:
            return
        self.over = True
        for link in self.links:
            link.over = True
        for pair in self.alive:
            pair.lost = True
            self._ended(pair, self._env.now, cause)
        self.alive.clear()

    def heralded(self, up: Memory, down: Memory, emission: int, birth: int, attempts: int) -> None:
        """Take a link's new pair, and measure if there is one with every leaf."""
        now = self._env.now
        read = emission if up.link.from_emission else now
        number = next(self._numbers)
        pair = Pair(number, up, down, up.link.state, now, birth, read, 1, attempts)
        self.alive[pair] = None
        up.pair = up.known = down.pair = down.known = pair
        if self._rules.cutoffs is not None:
            self._rules.cutoffs.begin(pair)
            last = min(pair.last_near, pair.last_far)
            if last < NEVER:
                self._at(max(last, now), self._expire, pair, EXPIRE)
        self._look()

    def _look(self) -> None:
        now, chosen = self._env.now, []
        for up, _ in self._sides:
            held = [half.known for half in up if half.known is not None]
            good = [pair for pair in held if pair.fidelity(now) >= self._rules.target]
            if not good:
                return
            chosen.append(min(good, key=lambda pair: (pair.created, pair.number)))
        self._measure(chosen)

    def _measure(self, pairs: list[Pair]) -> None:
        now, rules = self._env.now, self._rules
        works = rules.success >= 1 or self._draws.random() < rules.success
        states = []
        for pair, delay in zip(pairs, self._delays, strict=True):
            self._end(pair, "swapped" if works else "failed")
            states.append(pair.read(now, now + delay))
            self._at(now + delay, self._free, pair.far, RESULT)
        if works:
            heralds = [pair.created for pair in pairs]
            state = SharedState(
                now,
                now + max(self._delays),
                len(pairs),
                noisy_ghz(states, rules.gate, rules.measurement),
                sum(pair.attempts for pair in pairs),
                (max(heralds) - min(heralds)) * PS,
            )
            self._at(state.ended, self._told, state, RESULT)
        for pair in pairs:
            self._free(pair.near)

    def _told(self, state: SharedState) -> None:
        if not self.over:
            self._made(state)

    def _expire(self, pair: Pair) -> None:
        """Give up a pair: at once where its time is over, at the other end by message."""
        if self.over or pair.lost:
            return
        now = self._env.now
        self._end(pair, "expired")
        for half, last in ((pair.near, pair.last_near), (pair.far, pair.last_far)):
            if last <= now:
                self._free(half)
            else:
                self._at(now + self._delays[pair.far.position - 1], self._free, half, RESULT)

    def _end(self, pair: Pair, cause: str) -> None:
        pair.lost = True
        self.alive.pop(pair, None)
        self._ended(pair, self._env.now, cause)

    def _free(self, memory: Memory) -> None:
        if not self.over:
            memory.pair = memory.known = None
            memory.link.freed(memory)
