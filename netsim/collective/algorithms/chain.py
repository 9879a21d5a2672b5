"""Segments run through all ranks one behind the other."""

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


@register("collective_algorithm", "chain")
class Chain:
    """A pipeline of `chunks` segments from the root on; a reduction runs towards it."""

    source: ClassVar[str] = (
        "J. Pjesivac-Grbovic et al., Performance analysis of MPI collective operations, Cluster "
        "Computing 10, 2007"
    )
    ops: ClassVar[tuple[str, ...]] = ("broadcast", "reduce")
    pipelined: ClassVar[bool] = True

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the pipeline: in round t segment s crosses link t - s."""
        count, segments = task.ranks, task.chunks
        draft = Draft(count, even(task.size, segments))
        order = (task.root + np.arange(count)) % count
        reduces = task.op == "reduce"
        if reduces:
            order = order[::-1]
        for round in range(count - 1 + segments - 1):
            link = np.arange(max(0, round - segments + 1), min(round, count - 2) + 1)
            draft.send(order[link], order[link + 1], round - link, round, reduce=reduces)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return (N-1) (a + S/k b) + (k-1) S/k b; a reduction adds (N-1) S/k g."""
        count, segments = task.ranks, task.chunks
        if count == 1:
            return Formula(0.0)
        piece = task.size / segments * costs.byte_time
        time = (count - 1) * (costs.latency + piece) + (segments - 1) * piece
        if task.op == "reduce":
            time += (count - 1) * task.size / segments * costs.reduce_time
        whole = task.size % segments == 0
        return Formula(time, whole, "" if whole else "segments differ by a byte")
