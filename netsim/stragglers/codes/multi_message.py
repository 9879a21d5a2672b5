"""Partial results: every worker returns each part as it is done, and a round ends when all are in.

Worker i holds d parts and works on them one after another, its own part first: in ``cyclic`` order
i, i+1, ..., i+d-1 (mod n); in ``staircase`` order only workers of even number go up, and those of
odd number go down, i, i-1, ..., i-d+1, so that neighbours come from both ends of what they share.
A round ends when every part has come from somebody, or at least k of the n parts (then the sum is
scaled by n over their number). A worker that is slow throughout a round still contributes what it
has done, which coded single results throw away.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

import netsim.delays.process as delays
from netsim.engine.clock import NEVER, SECOND
from netsim.family import RunContext, Simulation
from netsim.fields import field
from netsim.problems import Problem
from netsim.registry import register
from netsim.stragglers.codes.k_sync import at_most_all
from netsim.stragglers.codes.one_round import OneRound
from netsim.stragglers.codes.outcome import Outcome
from netsim.stragglers.codes.scheme import CodeConfig, Flags, Floats, Integers
from netsim.stragglers.shares import Shares

if TYPE_CHECKING:
    from netsim.stragglers.schema import StragglersScenario


@register("code", "multi_message")
class MultiMessage(OneRound):
    """Every worker returns its d parts one by one; the round ends when every part is in once."""

    source: ClassVar[str] = (
        "Ozfatura, Ulukus, Gunduz, Straggler-Aware Distributed Learning: Communication-Computation "
        "Latency Trade-off, 2020; Amiri, Gunduz, Computation Scheduling for Distributed Learning, "
        "2019 (cyclic and staircase orders)"
    )

    class Config(CodeConfig):
        """Storage, order and end of a round."""

        d: int = field(2, description="parts that every worker holds", ge=1)
        order: Literal["cyclic", "staircase"] = field(
            "cyclic", description="in which order a worker does its parts"
        )
        k: int | None = field(
            None, description="parts that end a round; default: all, for the exact gradient", ge=1
        )
        delay: Literal["per_part", "once"] = field(
            "per_part",
            description="a worker's drawn time is that of each part, or passes once before all",
        )

    @classmethod
    def problems(cls, config: Any, workers: int) -> list[Problem]:
        """Return a problem if d or k exceed the number of workers."""
        found = at_most_all(config.d, workers, "d")
        return found + (at_most_all(config.k, workers, "k") if config.k is not None else [])

    @classmethod
    def build(cls, scenario: StragglersScenario, context: RunContext) -> Simulation:
        """Return rounds of partial results."""
        from netsim.stragglers.partial_rounds import PartialRounds

        scheme = cls(scenario.code, scenario.workers)
        given = scenario.delays is not None and delays.taken_as_is(scenario.delays)
        part = 0 if given else round(scenario.compute.per_load / scenario.workers * SECOND)

        def play(_: int, times: Integers) -> Outcome:
            return scheme.end(scheme.results(times, part))

        return PartialRounds(scenario, context, scheme, play)

    @property
    def needed(self) -> int:
        """How many parts end a round."""
        return int(self.config.k or self.workers)

    @functools.cached_property
    def parts(self) -> Integers:
        """The parts of every worker in the order in which it does them, (workers, d)."""
        worker = np.arange(self.workers)[:, None]
        steps = np.arange(int(self.config.d))
        if self.config.order == "staircase":
            steps = np.where(worker % 2, -steps, steps)
        places: Integers = (worker + steps) % self.workers
        return places

    def results(self, times: Integers, part: int = 0) -> Integers:
        """Return when every worker returns each of its parts, (workers, d).

        `times` are those of the workers' first parts; where the delay passes once, every further
        part takes `part`. What never ends, or ends beyond the clock's range, is `NEVER`.
        """
        count = np.arange(1, int(self.config.d) + 1)
        first = times[:, None]
        if self.config.delay == "once":
            more = np.array([min(done * part, NEVER) for done in range(count.size)])
            return np.where(first > NEVER - more, NEVER, first + more)
        return np.where(first > NEVER // count, NEVER, first * count)

    def first_results(self, results: Integers) -> Integers:
        """Return when each part first comes in, from anybody."""
        first = np.full(self.workers, NEVER)
        np.minimum.at(first, self.parts, results)
        return first

    def end(self, results: Integers) -> Outcome:
        """Return how the round ends; what is given up came too late, or second."""
        first = self.first_results(results)
        end = np.partition(first, self.needed - 1)[self.needed - 1]
        returned = results <= end
        used = returned & (results == first[self.parts])
        # A worker goes on to its next part at once.
        starts = np.zeros_like(results)
        starts[:, 1:] = results[:, :-1]
        begun = int(np.count_nonzero(returned | (starts < end)))
        return Outcome(
            duration=int(end),
            unused=int(np.count_nonzero(~used.any(axis=1))),
            begun=begun,
            given_up=begun - int(np.count_nonzero(first <= end)),
        )

    def draw_coefficients(self) -> Shares:
        """Return the parts of every worker."""
        part = self.parts.ravel()
        worker = np.repeat(np.arange(self.workers), self.parts.shape[1])
        return Shares(worker, part, np.ones(len(part)), (self.workers, self.workers))

    def load(self) -> Fraction:
        """Return d/n, the storage; a worker stops when the round ends."""
        return Fraction(int(self.config.d), self.workers)

    def tolerates(self) -> str:
        """Return the model."""
        return "whoever leaves each part with one of the workers that hold it"

    def allowed(self) -> int:
        """Return one less than the workers that hold the rarest part."""
        return int(np.bincount(self.parts.reshape(-1)).min()) - 1

    def weights(self, returned: Flags) -> Floats:
        """Return 1 for everybody: parts are counted once each, not weighted."""
        return np.where(returned, 1.0 / int(self.config.d), 0.0)
