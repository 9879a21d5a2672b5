"""Everybody's blocks to everybody, or a root's to or from all, posted at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from netsim.collective.draft import Draft
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "linear")
class Linear:
    """Send to the next rank, the one after it, and so on, without waiting for anything."""

    source: ClassVar[str] = (
        "R. Thakur, R. Rabenseifner, W. Gropp, Optimization of collective communication "
        "operations in MPICH, IJHPCA 19, 2005"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_to_all", "gather", "scatter")
    takes_matrix: ClassVar[bool] = True

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the messages; blocks of nothing are not sent."""
        count, rank = task.ranks, np.arange(task.ranks)
        if task.op != "all_to_all":
            draft = Draft(count, np.full(count, task.size / count), moves=True)
            others = (task.root + np.arange(1, count)) % count
            root = np.full_like(others, task.root)
            if count > 1:
                ends = (others, root) if task.op == "gather" else (root, others)
                draft.send(*ends, others, 0)
            return draft.done()
        draft = Draft(count, block_bytes(task), moves=True)
        for step in range(1, count):
            target = (rank + step) % count
            block = rank * count + target
            sent = draft.chunk_bytes[block] > 0 if task.matrix is not None else slice(None)
            draft.send(rank[sent], target[sent], block[sent], 0)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return a + (N-1)/N S b; with a matrix a + the largest row or column without the diagonal.

        The latter is reached where columns dominate; it is a lower bound otherwise.
        """
        count = task.ranks
        if count == 1:
            return Formula(0.0)
        if task.matrix is None:
            busiest = (count - 1) / count * task.size
            return Formula(costs.latency + busiest * costs.byte_time)
        share = task.matrix - np.diag(np.diag(task.matrix))
        busiest = max(share.sum(axis=0).max(), share.sum(axis=1).max()) * task.size
        latency = costs.latency if busiest > 0 else 0.0
        note = "a lower bound, reached where the busiest receiver decides"
        return Formula(latency + busiest * costs.byte_time, exact=False, note=note)


def block_bytes(task: Task) -> Any:
    """Return the bytes of the block from rank i to rank j at i N + j."""
    if task.matrix is None:
        return np.full(task.ranks**2, task.size / task.ranks)
    return task.size * np.asarray(task.matrix, np.float64).reshape(-1)
