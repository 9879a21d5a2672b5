"""Partial results: every worker returns each part as it is done, and a round ends when all are in.

Worker i holds d parts and works on them one after another: in ``cyclic`` order i, i+1, ..., i+d-1
(mod n), or in ``staircase`` order, where workers alternate between going up and going down, so that
neighbours start from both ends of what they share. A round ends when every part has come from
somebody, or at least k of the n parts (then the sum is scaled by n over their number). A worker
that is slow throughout a round still contributes what it has done, which coded single results throw
away.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from netsim.family import Problem, RunContext, Simulation
from netsim.fields import field
from netsim.registry import register
from netsim.stragglers.codes.k_sync import at_most_all
from netsim.stragglers.codes.one_round import OneRound
from netsim.stragglers.codes.scheme import CodeConfig, Flags, Floats, Integers

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

        code: Any = scenario.code
        scheme = cls(code, scenario.workers)

        def play(times: Integers, extra: int) -> tuple[int, int]:
            first = scheme.first_results(times, extra)
            end = int(np.partition(first, scheme.needed - 1)[scheme.needed - 1])
            return end, int(np.count_nonzero(scheme.results(times, extra)[:, -1] > end))

        return PartialRounds(scenario, context, scheme, play)

    @property
    def needed(self) -> int:
        """How many parts end a round."""
        return int(self.config.k or self.workers)

    @property
    def parts(self) -> Integers:
        """The parts of every worker in the order in which it does them, (workers, d)."""
        worker = np.arange(self.workers)[:, None]
        steps = np.arange(int(self.config.d))
        if self.config.order == "staircase":
            steps = np.where(worker % 2, steps[::-1], steps)
        places: Integers = (worker + steps) % self.workers
        return places

    def results(self, times: Integers, extra: int) -> Integers:
        """Return when every worker returns each of its parts, (workers, d).

        `times` are the drawn times of the workers and `extra` that of computing one part.
        """
        count = np.arange(1, int(self.config.d) + 1)
        drawn = times[:, None]
        done: Integers = (
            count * (drawn + extra)
            if self.config.delay == "per_part"
            else drawn + count * np.int64(extra)
        )
        return done

    def first_results(self, times: Integers, extra: int) -> Integers:
        """Return when each part first comes in, from anybody."""
        first = np.full(self.workers, np.iinfo(np.int64).max)
        np.minimum.at(first, self.parts, self.results(times, extra))
        return first

    def draw_coefficients(self) -> Floats:
        """Return the parts of every worker."""
        matrix = np.zeros((self.workers, self.workers))
        matrix[np.arange(self.workers)[:, None], self.parts] = 1.0
        return matrix

    def load(self) -> Fraction:
        """Return d/n, the storage; a worker stops when the round ends."""
        return Fraction(int(self.config.d), self.workers)

    def tolerates(self) -> str:
        """Return the model."""
        return f"whoever leaves each part with one of its {self.config.d} workers"

    def allowed(self) -> int:
        """Return d-1, which leaves every part with somebody."""
        return int(self.config.d) - 1

    def weights(self, returned: Flags) -> Floats:
        """Return 1 for everybody: parts are counted once each, not weighted."""
        return np.where(returned, 1.0 / int(self.config.d), 0.0)
