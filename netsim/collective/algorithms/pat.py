"""Parallel aggregated trees: far distances first, several blocks of one distance in a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.draft import Draft
from netsim.collective.schedule import even
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "pat")
class ParallelAggregatedTrees:
    """As few rounds as Bruck's, each after the ones before; a reduction runs them backwards."""

    source: ClassVar[str] = (
        "S. Jeaugey, PAT: a new algorithm for all-gather and reduce-scatter operations at scale, "
        "arXiv 2506.20252"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_gather", "reduce_scatter")

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the rounds, all blocks of a distance in one message."""
        count, rank = task.ranks, np.arange(task.ranks)
        gathers = task.op == "all_gather"
        sizes = np.full(count, task.size / count) if gathers else even(task.size, count)
        draft = Draft(count, sizes)
        rounds = list(_rounds(count))
        received: list[NDArray[np.int64]] = []
        for round, (distance, offsets) in enumerate(rounds if gathers else rounds[::-1]):
            far = (rank + distance) % count
            blocks = (rank[:, None] - offsets) % count
            ends = (rank, far) if gathers else (far, rank)
            sent = draft.send(*ends, blocks, round, reduce=not gathers)
            for earlier in received:
                draft.wait(sent, earlier[ends[0]])
            # By receiver: the message that came to each rank.
            received.append(sent[(rank - distance) % count] if gathers else sent)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return ceil(lg N) a + (N-1)/N S b (+ (N-1)/N S g)."""
        count = task.ranks
        moved = (count - 1) / count * task.size
        time = (count - 1).bit_length() * costs.latency + moved * costs.byte_time
        if task.op == "all_gather":
            return Formula(time)
        whole = task.size % count == 0
        note = "" if whole else "blocks differ by a byte"
        return Formula(time + moved * costs.reduce_time, whole, note)


def _rounds(count: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield each distance, far ones first, and the offsets of the blocks that go over it."""
    power = 1 << (count - 1).bit_length()
    distance = power // 2
    while distance:
        offsets = np.arange(0, power, 2 * distance)
        yield distance, offsets[offsets + distance < count]
        distance //= 2
