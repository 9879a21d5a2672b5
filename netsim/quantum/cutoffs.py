"""When a router gives up its half of a pair: too old, too old for its way to both ends, or too bad.

A half's *local age* counts from the first emission of the attempt that made the pair; a pair that
was swapped together goes with the older of its parts, wherever it lies. By *end-to-end age* a half
is given up when the outcome of its measurement, made at once, could not reach both ends within the
cutoff: the messages that are yet to travel count, so no two are joined in vain. By *fidelity* a
half is given up when its pair has decayed to a threshold, as its router works out from what it
knows of the pair; a purification begins this count anew, when the router hears of it.

Each router acts by its own clock and what it was told, and tells the other by message.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netsim.engine.clock import NEVER
from netsim.quantum.decay import PS
from netsim.quantum.pair import Memory, Pair
from netsim.quantum.states import State


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What makes routers of a path give up halves.

    Parameters
    ----------
    slack
        By end-to-end age: how long (ps) the outcome of a measurement at a position takes to reach
        both ends, nothing for the ends themselves. None: by local age.
    fidelity
        Threshold, None: pairs may get as bad as they will.
    """

    slack: tuple[int, ...] | None = None
    fidelity: float | None = None

    def begin(self, pair: Pair, parts: tuple[Pair, Pair] | None = None) -> None:
        """Set the deadlines of a new pair, made by a link or of two `parts`."""
        ages = [one.cutoff for one in (pair.near, pair.far)]
        if self.slack is not None:
            late = [self.slack[one.position] for one in (pair.near, pair.far)]
            pair.old_near, pair.old_far = (
                NEVER if age is None else pair.birth + age - less
                for age, less in zip(ages, late, strict=True)
            )
        elif parts is not None:
            pair.old_near = pair.old_far = min(
                deadline for one in parts for deadline in (one.old_near, one.old_far)
            )
        else:
            pair.old_near, pair.old_far = (
                NEVER if age is None else pair.birth + age for age in ages
            )
        now = pair.created
        pair.last_near = self._last(pair, pair.old_near, now)
        pair.last_far = self._last(pair, pair.old_far, now)

    def renew(self, pair: Pair, memory: Memory, now: int) -> int:
        """Set the deadline of one half anew, whose pair has changed, and return it."""
        if memory is pair.near:
            pair.last_near = self._last(pair, pair.old_near, now)
            return pair.last_near
        pair.last_far = self._last(pair, pair.old_far, now)
        return pair.last_far

    def _last(self, pair: Pair, old: int, now: int) -> int:
        if self.fidelity is None:
            return old
        rates = [0.0, 0.0, 0.0]
        for memory in (pair.near, pair.far):
            if memory.decay is not None:
                for at, rate in enumerate(memory.decay.rates):
                    rates[at] += rate
        seconds = falls_to(self.fidelity, pair.seen(now), (rates[0], rates[1], rates[2]))
        return min(old, now + math.ceil(seconds / PS)) if seconds * 1e12 < NEVER - now else old


def slack_of(delays: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Return how long (ps) an outcome at each position of a path takes to reach both ends."""
    return (0, *(max(row[0], row[-1]) for row in delays[1:-1]), 0)


def falls_to(fidelity: float, state: State, rates: tuple[float, float, float]) -> float:
    """Return after how long (s) a pair has fallen to `fidelity`, infinity if it never does.

    Parameters
    ----------
    fidelity
        Threshold.
    state
        Of the pair now.
    rates
        At which its three correlations fall (1/s), both halves together.
    """
    i, z, x, y = state
    parts = list(zip((i + z - x - y, i - z - x + y, i - z + x - y), rates, strict=True))

    def above(seconds: float) -> float:
        total = math.fsum(part * math.exp(-rate * seconds) for part, rate in parts)
        return (1 + total) / 4 - fidelity

    if i <= fidelity:
        return 0.0
    slowest = min((rate for _, rate in parts if rate > 0), default=0.0)
    limit = (1 + math.fsum(part for part, rate in parts if rate == 0)) / 4
    if slowest == 0 or limit >= fidelity or above(64 / slowest) > 0:
        return math.inf
    low, high = 0.0, 64 / slowest
    time = low
    for _ in range(200):
        slope = -math.fsum(part * rate * math.exp(-rate * time) for part, rate in parts) / 4
        step = time - above(time) / slope if slope < 0 else low
        time = step if low < step < high else (low + high) / 2
        if above(time) > 0:
            low = time
        else:
            high = time
        if high - low < 1e-13 or abs(above(time)) < 1e-16:
            break
    return time
