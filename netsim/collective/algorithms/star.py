"""Everybody sends everything to a hub, which sends the result back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.draft import Draft
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "star")
class Star:
    """Two latencies whatever the number of ranks; good where bytes are few and links slow."""

    source: ClassVar[str] = (
        "Z. Li et al., TPI-LLM: Serving 70B-scale LLMs efficiently on low-resource mobile devices, "
        "arXiv 2410.00531"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_reduce",)

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the messages to the root and back."""
        draft = Draft(task.ranks, [task.size])
        others = np.delete(np.arange(task.ranks), task.root)
        if len(others):
            hub, whole = np.full_like(others, task.root), np.zeros_like(others)
            draft.send(others, hub, whole, 0, reduce=True)
            draft.join(task.root, [0], 1)
            draft.send(hub, others, whole, 2)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return 2 (a + (N-1) S b) + S g."""
        if task.ranks == 1:
            return Formula(0.0)
        way = costs.latency + (task.ranks - 1) * task.size * costs.byte_time
        return Formula(2 * way + task.size * costs.reduce_time)
