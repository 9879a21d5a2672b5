"""Everybody sends each its share, and then the result of its own to all: two latencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.draft import Draft
from netsim.collective.schedule import even
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "direct")
class Direct:
    """Reduce-scatter and all-gather by messages to everybody, all posted at once."""

    source: ClassVar[str] = (
        "E. Chan, M. Heimlich, A. Purkayastha, R. van de Geijn, Collective communication: theory, "
        "practice, and experience, CCPE 19, 2007"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_reduce", "reduce_scatter", "all_gather")

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the messages to the next rank, the one after it, and so on."""
        count, rank = task.ranks, np.arange(task.ranks)
        gathers = task.op == "all_gather"
        draft = Draft(count, np.full(count, task.size / count) if gathers else _even(task))
        if task.op != "all_gather":
            for step in range(1, count):
                target = (rank + step) % count
                draft.send(rank, target, target, 0, reduce=True)
        if task.op == "all_reduce" and count > 1:
            draft.join(rank, rank, 1)
        if task.op != "reduce_scatter":
            for step in range(1, count):
                draft.send(rank, (rank + step) % count, rank, 2)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return a + (N-1)/N S b a half, + S/N g once."""
        count = task.ranks
        halves = 2 if task.op == "all_reduce" else 1
        time = halves * (costs.latency + (count - 1) / count * task.size * costs.byte_time)
        if task.op != "all_gather":
            time += task.size / count * costs.reduce_time
        if count == 1:
            return Formula(0.0)
        whole = task.op == "all_gather" or task.size % count == 0
        note = "" if whole else "chunks a byte apart break the order of service: simulate"
        # Measured on up to 40 ranks: by half.
        most = time + (0.0 if whole else halves * 0.5 * task.size * costs.byte_time)
        return Formula(time, whole, note, most)


def _even(task: Task) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return even(task.size, task.ranks)
