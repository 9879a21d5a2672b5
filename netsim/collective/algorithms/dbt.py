"""Two binary trees, half of the data each: who is inside one is a leaf of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.algorithms.trees import in_order_tree, up_and_down
from netsim.collective.draft import Draft
from netsim.collective.schedule import even
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "dbt")
class DoubleBinaryTree:
    """An in-order tree, and its mirror (an even number of ranks) or its shift by one (an odd)."""

    source: ClassVar[str] = (
        "P. Sanders, J. Speck, J. L. Traeff, Two-tree algorithms for full bandwidth broadcast, "
        "reduction and scan, Parallel Computing 35, 2009"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_reduce",)
    pipelined: ClassVar[bool] = True

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return both trees, `chunks` pieces of a half on each."""
        count, pieces = task.ranks, task.chunks
        halves = even(task.size, 2)
        sizes = [even(int(half), pieces) for half in halves]
        parent, depth = in_order_tree(count)
        other = count - 1 - np.arange(count) if count % 2 == 0 else (np.arange(count) + 1) % count
        mirrored, deep = np.empty_like(parent), np.empty_like(depth)
        mirrored[other] = np.where(parent >= 0, other[parent], -1)
        deep[other] = depth
        first = Draft(count, np.concatenate(sizes))
        up_and_down(first, parent, depth, np.arange(pieces), channel=0)
        up_and_down(first, mirrored, deep, pieces + np.arange(pieces), channel=1)
        return first.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return 2 S b + 4 ceil(lg N) a, to which the time tends for many pieces."""
        if task.ranks == 1:
            return Formula(0.0)
        levels = (task.ranks - 1).bit_length()
        time = 2 * task.size * costs.byte_time + 4 * levels * costs.latency
        note = "what it tends to with many chunks: simulate"
        return Formula(time, exact=False, note=note, most=float("inf"))
