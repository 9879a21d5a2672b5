"""In round k everybody exchanges blocks with the ranks k before and behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.algorithms.linear import block_bytes
from netsim.collective.draft import Draft
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "pairwise")
class Pairwise:
    """One block at a time: the next round starts after the receive of the last."""

    source: ClassVar[str] = (
        "R. Thakur, R. Rabenseifner, W. Gropp, Optimization of collective communication "
        "operations in MPICH, IJHPCA 19, 2005"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_to_all",)

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the rounds."""
        count, rank = task.ranks, np.arange(task.ranks)
        draft = Draft(count, block_bytes(task), moves=True)
        before = None
        for step in range(1, count):
            target = (rank + step) % count
            sent = draft.send(rank, target, rank * count + target, step)
            if before is not None:
                # What a rank received last came from the one `step - 1` before it.
                draft.wait(sent, before[(rank - step + 1) % count])
            before = sent
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return (N-1) (a + S/N b)."""
        block = task.size / task.ranks * costs.byte_time
        return Formula((task.ranks - 1) * (costs.latency + block))
