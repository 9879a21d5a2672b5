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
        """Return 2 (N-1) S/N b + 2 (N-1) max(0, a - S/2N b): the other half hides the latency."""
        count = task.ranks
        return Formula(
            None if count > 1 else 0.0,
            count == 1,
            "with one port a rank nothing is gained but latency, which one half hides of the other",
        )
