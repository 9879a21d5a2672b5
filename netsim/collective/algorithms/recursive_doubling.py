"""Whole vectors are exchanged over distances that double: few steps, all bytes in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.algorithms.rounds import fold, fold_in, fold_out
from netsim.collective.draft import Draft
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "recursive_doubling")
class RecursiveDoubling:
    """Exchange the whole vector with the rank at distance 1, 2, 4, ..."""

    source: ClassVar[str] = (
        "R. Thakur, R. Rabenseifner, W. Gropp, Optimization of collective communication "
        "operations in MPICH, IJHPCA 19, 2005"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_reduce",)

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the exchanges among a power of two of ranks, the others folded in."""
        draft = Draft(task.ranks, [task.size])
        power, rest, active = fold(task.ranks)
        whole = np.zeros(1, np.int64)
        round = fold_in(draft, rest, whole, 0)
        distance = 1
        while distance < power:
            partner = active[np.arange(power) ^ distance]
            draft.send(active, partner, np.zeros(power, np.int64), round, reduce=True)
            distance, round = 2 * distance, round + 1
        fold_out(draft, rest, whole, round)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return lg p (a + S b + S g), and 2 (a + S b) + S g where ranks are folded in."""
        power, rest, _ = fold(task.ranks)
        step = costs.latency + task.size * costs.byte_time
        work = task.size * costs.reduce_time
        time = (power.bit_length() - 1) * (step + work)
        if not rest:
            return Formula(time)
        note = "an upper bound: those that were not folded in start at once"
        return Formula(time + 2 * step + work, exact=False, note=note)
