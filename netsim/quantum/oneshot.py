"""First pairs of many independent trials at once, as arrays over the trials.

With one memory a side, swaps that always succeed, no cutoff and no purification, what happens in a
trial is fixed up to the heralds of its links: who asks whom when, and what everybody knows, follow
by maxima and sums. States are kept as their three correlations, which decay and swapping multiply.
A million trials of five routers then cost what a few hundred cost as events.

Where pairs fall below the wanted fidelity, nothing is returned: they wait for others, and the
trials are played one after another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from netsim.quantum.decay import PS, Decay
from netsim.quantum.heralding import Draws
from netsim.quantum.links.kind import Model
from netsim.quantum.rules import Rules
from netsim.quantum.states import Floats, State
from netsim.quantum.timing import Timing

#: Trials at once, so that memory stays flat.
CHUNK: Final = 1 << 16

Times = NDArray[np.int64]
Correlations = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Hop:
    """One link of the path: its times, odds and draws."""

    timing: Timing
    model: Model
    draws: Draws
    ideal: bool


@dataclass(slots=True)
class _Pair:
    """A pair of every trial: when it came, when its ends know, and its correlations."""

    near: int
    far: int
    created: Times
    known_near: Times
    known_far: Times
    read_near: Times
    read_far: Times
    birth: Times
    attempts: Times
    state: Correlations
    wait: Floats


@dataclass(frozen=True, slots=True)
class First:
    """The first pairs: instants from the start of each trial (ps), states, and what led to them."""

    created: Times
    ended: Times
    state: tuple[Floats, Floats, Floats, Floats]
    attempts: Times
    birth: Times
    wait: Floats


class Trials:
    """Trials of one path.

    Parameters
    ----------
    hops
        Its links.
    delays
        Classical delay between any two positions (ps).
    rules
        What routers do; swaps always succeed and nothing expires.
    decays
        Of a stored half by position.
    """

    def __init__(
        self, hops: list[Hop], delays: list[list[int]], rules: Rules, decays: list[Decay]
    ) -> None:
        self._hops, self._delays, self._rules, self._decays = hops, delays, rules, decays
        self._short = False
        self._heralds: list[Times] = []

    def draw(self, count: int) -> First | None:
        """Return the first pairs of `count` trials, or None where no schedule is fixed."""
        self._short = False
        held: list[_Pair] = []
        for position, hop in enumerate(self._hops):
            pair = self._link(position, hop, count)
            if pair is None:
                return None
            held.append(pair)
        self._heralds = [pair.created for pair in held]
        for position in self._order():
            left = next(pair for pair in held if pair.far == position)
            right = next(pair for pair in held if pair.near == position)
            at = held.index(left)
            held[at : at + 2] = [self._join(left, right, position)]
        (last,) = held
        ended = np.maximum(last.known_near, last.known_far)
        self._check(self._stored(last, last.known_near, last.known_far))
        state = _weights(self._stored(last, last.known_near, last.known_far))
        if self._short:
            return None
        return First(last.created, ended, state, last.attempts, last.birth, last.wait)

    def _order(self) -> list[int]:
        """Return the inner positions in an order in which their partners are ready."""
        partners = self._rules.partners
        inner = list(range(1, len(self._hops)))
        if partners is None:
            return inner
        return sorted(inner, key=lambda one: partners[one][1] - partners[one][0])

    def _link(self, position: int, hop: Hop, count: int) -> _Pair | None:
        plans = hop.draws.plans(count)
        if plans is None:
            return None
        failures, seconds = plans
        timing, rounds = hop.timing, hop.model.rounds
        if hop.ideal:
            herald = timing.ideal * (failures + 1)
            emission = birth = herald - timing.ideal
        else:
            first = timing.on_slot(2 * timing.delay + timing.lead)
            birth = first + timing.first * failures + timing.second * seconds
            emission = birth + (timing.second if rounds == 2 else 0)
            herald = emission + timing.flight
        read = emission if hop.model.from_emission else herald
        return _Pair(
            position,
            position + 1,
            herald,
            herald,
            herald,
            read,
            read,
            birth,
            failures + 1,
            _correlations(hop.model.state, count),
            np.zeros(count),
        )

    def _join(self, left: _Pair, right: _Pair, position: int) -> _Pair:
        """Swap at `position` in every trial."""
        rules = self._rules
        to_left = self._delays[position][left.near]
        to_right = self._delays[position][right.far]
        if rules.partners is None:
            # Whoever has a pair on either side measures, whatever happened to the other ends.
            measured = np.maximum(self._heralds[position - 1], self._heralds[position])
        else:
            start = np.maximum(left.known_far, right.known_near)
            measured = start
            if rules.handshake:
                one = _answered(start, to_left, left.known_near)
                other = _answered(start, to_right, right.known_far)
                measured = np.maximum(one, other)
            self._check(self._stored(left, start, start))
            self._check(self._stored(right, start, start))
        a = self._inner(left, measured, far=True)
        b = self._inner(right, measured, far=False)
        return _Pair(
            left.near,
            right.far,
            np.maximum(measured, np.maximum(left.created, right.created)),
            np.maximum(np.maximum(measured, right.known_near) + to_left, left.known_near),
            np.maximum(np.maximum(measured, left.known_far) + to_right, right.known_far),
            left.read_near,
            right.read_far,
            np.minimum(left.birth, right.birth),
            left.attempts + right.attempts,
            self._swapped(a, b),
            np.abs(left.created - right.created) * PS,
        )

    def _inner(self, pair: _Pair, until: Times, far: bool) -> Correlations:
        """Return a pair whose half at the measuring router was stored `until` then."""
        position, read = (pair.far, pair.read_far) if far else (pair.near, pair.read_near)
        return _decayed(pair.state, self._decays[position], until - read)

    def _stored(self, pair: _Pair, near: Times, far: Times) -> Correlations:
        state = _decayed(pair.state, self._decays[pair.near], near - pair.read_near)
        return _decayed(state, self._decays[pair.far], far - pair.read_far)

    def _swapped(self, a: Correlations, b: Correlations) -> Correlations:
        rules = self._rules
        if rules.degradation is not None:
            fidelity = _weights(a)[0] * _weights(b)[0] * rules.degradation
            same = (4 * fidelity - 1) / 3
            return same, same, same
        read = 2 * rules.measurement - 1
        factors = rules.gate * read, rules.gate * read * read, rules.gate * read
        x, y, z = (one * other * f for one, other, f in zip(a, b, factors, strict=True))
        return x, y, z

    def _check(self, state: Correlations) -> None:
        """Note whether a pair falls below the wanted fidelity in some trial."""
        self._short = self._short or bool((_weights(state)[0] < self._rules.target).any())


def _answered(start: Times, delay: int, known: Times) -> Times:
    """Return when a request sent at `start` is granted: asked again and again until known."""
    arrival = start + delay
    if delay == 0:
        return np.maximum(arrival, known)
    late = np.maximum(known - arrival, 0)
    granted: Times = arrival + -(-late // (2 * delay)) * (2 * delay)
    return granted + delay


def _correlations(state: State, count: int) -> Correlations:
    i, z, x, y = state
    whole = np.ones(count)
    return (i + z - x - y) * whole, (i - z - x + y) * whole, (i - z + x - y) * whole


def _decayed(state: Correlations, decay: Decay, stored: Times) -> Correlations:
    seconds = stored * PS
    if decay.none:
        return state
    a, b, c = state
    return (
        a * np.exp(-decay.parity * seconds),
        b * np.exp(-decay.diagonal * seconds),
        c * np.exp(-decay.phase * seconds),
    )


def _weights(state: Correlations) -> tuple[Floats, Floats, Floats, Floats]:
    a, b, c = state
    return (1 + a + b + c) / 4, (1 + a - b - c) / 4, (1 - a - b + c) / 4, (1 - a + b - c) / 4
