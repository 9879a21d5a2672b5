"""Halves are exchanged, then quarters, ...: few steps and, for powers of two, no byte too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.algorithms.rounds import fold, fold_in, fold_out
from netsim.collective.draft import Draft
from netsim.collective.schedule import even
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "halving_doubling")
class HalvingDoubling:
    """Reduce by exchanging halves, gather by doubling them."""

    source: ClassVar[str] = (
        "R. Rabenseifner, Optimization of collective reduction operations, ICCS 2004"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_reduce",)

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the exchanges among a power of two of ranks, the others folded in."""
        power, rest, active = fold(task.ranks)
        draft = Draft(task.ranks, even(task.size, power))
        whole = np.arange(power)
        round = fold_in(draft, rest, whole, 0)
        place = np.arange(power)
        distance = power // 2
        while distance:
            partner = place ^ distance
            # A rank still needs the chunks that agree with its place above this bit; of these it
            # sends those of its partner's half.
            first = partner & -distance
            sent = first[:, None] + np.arange(distance)
            draft.send(active, active[partner], sent, round, reduce=True)
            distance, round = distance // 2, round + 1
        distance = 1
        while distance < power:
            first = place & -distance
            sent = first[:, None] + np.arange(distance)
            draft.send(active, active[place ^ distance], sent, round)
            distance, round = 2 * distance, round + 1
        fold_out(draft, rest, whole, round)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return 2 lg p a + 2 (p-1)/p S b + (p-1)/p S g, and a fold's 2 (a + S b) + S g."""
        power, rest, _ = fold(task.ranks)
        share = (power - 1) / power * task.size
        time = 2 * (power.bit_length() - 1) * costs.latency + 2 * share * costs.byte_time
        time += share * costs.reduce_time
        whole = task.size % power == 0
        if not rest:
            return Formula(time, whole, "" if whole else "chunks differ by a byte")
        time += 2 * (costs.latency + task.size * costs.byte_time) + task.size * costs.reduce_time
        whole = whole and not costs.reduce_time
        return Formula(time, whole, "" if whole else "early halves take ports that folding needs")
