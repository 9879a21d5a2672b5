"""Where heralds come from: runs of attempts drawn at once, or attempts played one by one.

With success chance p the failures before a pair are geometric, and of n failures a binomial number
reached a second round; both are drawn in blocks, by each memory for itself, so that its draws
depend on its own history alone. In which order failures with and without a second round came
matters only to somebody who looks in between, and is drawn then. A run that would outlast the clock
is a pair that never comes.
"""

from __future__ import annotations

import math
from copy import copy
from typing import Final

import numpy as np
from numpy.typing import NDArray

from netsim.engine.clock import NEVER
from netsim.quantum.links.clicks import Detectors
from netsim.quantum.links.kind import Model, Play
from netsim.rng import draws

BLOCK: Final = 128

Counts = NDArray[np.int64]


class Draws:
    """Runs of attempts of one memory.

    Parameters
    ----------
    model
        Odds of an attempt.
    generator
        The memory's own.
    spacing
        Least time between attempts (ps).
    key, entity
        Stream of which failures had a second round, and the memory's own part of it: these are
        asked for now and then, so each draw has a number.
    """

    def __init__(
        self,
        model: Model,
        generator: np.random.Generator,
        spacing: int,
        key: int = 0,
        entity: int = 0,
    ) -> None:
        self._model = model
        self._generator = generator
        self._most = NEVER // max(spacing, 1) // 4
        self._failures: list[int] = []
        self._seconds: list[int] = []
        self._size = 8
        self.key, self.entity = key, entity
        self._counter = 0
        self._luck: list[float] = []

    def plan(self) -> tuple[int, int] | None:
        """Return the failures before the next pair and those with a second round; None: never."""
        if self._model.success <= 0:
            return None
        if not self._failures:
            self._draw()
        failures, seconds = self._failures.pop(), self._seconds.pop()
        return None if failures < 0 else (failures, seconds)

    def plans(self, count: int) -> tuple[Counts, Counts] | None:
        """Return the failures, and second rounds among them, before each of `count` pairs.

        None where some of the pairs never come.
        """
        if self._model.success <= 0:
            return None
        failures, seconds, known = self._drawn(count)
        return (failures, seconds) if known.all() else None

    def block(self) -> tuple[Counts, Counts]:
        """Return the failures before the next pairs, -1: never, and those with a second round."""
        if self._model.success <= 0:
            return np.full(BLOCK, -1), np.zeros(BLOCK, np.int64)
        counts, seconds, known = self._drawn(self._size)
        self._size = BLOCK
        return np.where(known, counts, -1), seconds

    def _draw(self) -> None:
        failures, seconds = self.block()
        self._failures, self._seconds = failures[::-1].tolist(), seconds[::-1].tolist()

    def _drawn(self, count: int) -> tuple[Counts, Counts, NDArray[np.bool_]]:
        p, uniform = self._model.success, self._generator.random(count)
        # A certain attempt has no logarithm of its failing.
        failures = np.floor(np.log1p(-uniform) / math.log1p(-p)) if p < 1 else 0 * uniform
        known = failures < self._most
        counts = np.where(known, failures, 0).astype(np.int64)
        seconds = np.zeros(count, np.int64)
        if self._model.second > 0:
            seconds = self._generator.binomial(counts, self._model.second)
        return counts, seconds, known

    def reaches_second(self, plan: tuple[int, int]) -> bool:
        """Return whether the next failure of `plan` had a second round."""
        failures, seconds = plan
        if seconds in (0, failures):
            return seconds > 0
        if not self._luck:
            numbers = np.arange(self._counter, self._counter + BLOCK)
            bits = draws(self.key, self.entity, numbers) >> np.uint64(11)
            self._luck = (bits * 2.0**-53)[::-1].tolist()
            self._counter += BLOCK
        return self._luck.pop() * failures < seconds


class Played:
    """Attempts of one memory, photon by photon.

    Parameters
    ----------
    play
        Who plays the rounds.
    modes
        Modes of an attempt; one that succeeds is enough.
    detectors
        Those of the link's station, whose clicks make them blind for a while; None: they never are.
    """

    def __init__(self, play: Play, modes: int = 1, detectors: Detectors | None = None) -> None:
        self._play, self._modes, self._detectors = play, modes, detectors
        if detectors is not None and hasattr(play, "station"):
            play.station.detectors = detectors
        #: Modes of the present attempt that have passed their first round.
        self._passed: list[Play] = []

    def first(self, time: int = 0) -> bool:
        """Play the first round of an attempt whose photons come at `time`, in every mode."""
        if self._detectors is not None:
            self._detectors.time = time
        if self._modes == 1:
            return self._play.first()[0]
        self._passed = []
        for _ in range(self._modes):
            if self._play.first()[0]:
                # What one mode remembers for its second round must outlive the next mode's first.
                self._passed.append(copy(self._play))
        return bool(self._passed)

    def second(self, time: int = 0) -> bool:
        """Play the second round, of those modes that passed the first."""
        if self._detectors is not None:
            self._detectors.time = time
        if self._modes == 1:
            return self._play.second()[0]
        return any(play.second()[0] for play in self._passed)
