"""One binary tree: reduce up, send down, in pieces."""

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


@register("collective_algorithm", "tree")
class Tree:
    """An in-order binary tree whose inner nodes send twice what they receive."""

    source: ClassVar[str] = (
        "P. Sanders, J. Speck, J. L. Traeff, Two-tree algorithms for full bandwidth broadcast, "
        "reduction and scan, Parallel Computing 35, 2009"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_reduce",)
    pipelined: ClassVar[bool] = True

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the tree's two directions."""
        draft = Draft(task.ranks, even(task.size, task.chunks))
        up_and_down(draft, *in_order_tree(task.ranks), np.arange(task.chunks), channel=0)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return the upper bound 2 (2 ceil(lg N) + 2k) (a + S/k b), and what reductions add."""
        if task.ranks == 1:
            return Formula(0.0)
        levels = (task.ranks - 1).bit_length()
        piece = costs.latency + task.size / task.chunks * costs.byte_time
        bound = 2 * (2 * levels + 2 * task.chunks) * piece
        bound += (levels + task.chunks) * task.size / task.chunks * costs.reduce_time
        return Formula(bound, exact=False, note="an upper bound: simulate for the time itself")
