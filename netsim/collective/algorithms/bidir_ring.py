"""Two rings of opposite direction, half of the data each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.algorithms.rounds import ring_all_gather, ring_reduce_scatter
from netsim.collective.draft import Draft
from netsim.collective.schedule import even
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "bidir_ring")
class BidirectionalRing:
    """Half of the data goes round each way."""

    source: ClassVar[str] = (
        "P. Sanders, J. Speck, J. L. Traeff, Two-tree algorithms for full bandwidth broadcast, "
        "reduction and scan, Parallel Computing 35, 2009 (rings of both directions: section 1)"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_reduce",)

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return both rings; their rounds are the same ones."""
        count = task.ranks
        draft = Draft(count, even(task.size, 2 * count))
        forward = np.arange(count)[None]
        ways = (forward, forward[:, ::-1])
        blocks = [(way * count + members)[..., None] for way, members in enumerate(ways)]
        last = 0
        for way in (0, 1):
            last = ring_reduce_scatter(draft, ways[way], blocks[way], 0, channel=way)
        for way in (0, 1):
            ring_all_gather(draft, ways[way], blocks[way], last, channel=way)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return (2 (N-1) - 1) max(2 t, a + t) + a + 2 t, with t = S/2N b.

        A port sends two messages a step. Where a latency takes longer than a message, each way goes
        its own pace, one message after the other one; else the port never rests. Reductions add
        S/2N g to a step of the first half.
        """
        count = task.ranks
        if count == 1:
            return Formula(0.0)
        piece = task.size / (2 * count)
        send, latency = piece * costs.byte_time, costs.latency
        work = piece * costs.reduce_time
        steps = count - 1
        time = steps * max(2 * send, latency + send + work)
        time += (steps - 1) * max(2 * send, latency + send) + latency + 2 * send
        whole = task.size % (2 * count) == 0 and not work
        note = "" if whole else "a close bound: pieces differ by a byte, or reductions shift turns"
        return Formula(time, whole, note)
