"""Blocks go around a ring: as many steps as ranks, and no byte more than the bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from netsim.collective.algorithms.rounds import ring_all_gather, ring_reduce_scatter
from netsim.collective.draft import Draft
from netsim.collective.schedule import even
from netsim.collective.task import REDUCING, Formula
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task

_HALVES: Final = {"all_reduce": 2, "reduce_scatter": 1, "all_gather": 1}


@register("collective_algorithm", "ring")
class Ring:
    """Every rank passes blocks to the next one; `sendrecv` is a single such step."""

    source: ClassVar[str] = (
        "P. Patarasuk, X. Yuan, Bandwidth optimal all-reduce algorithms for clusters of "
        "workstations, JPDC 69, 2009"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_reduce", "reduce_scatter", "all_gather", "sendrecv")
    many_channels: ClassVar[bool] = True

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the ring, one for each channel; block `i` of a channel ends, or starts, at `i`."""
        count = task.ranks
        if task.op == "sendrecv":
            draft = Draft(count, [task.size])
            rank = np.arange(count)
            if count > 1:
                draft.send(rank, (rank + 1) % count, np.zeros(count, np.int64), 0)
            return draft.done()
        draft = Draft(count, _sizes(task))
        for channel in range(task.channels):
            members = ring_order(task, channel)[None]
            # The block of a rank is its own on every channel, whatever the order.
            block = (channel * count + members)[..., None]
            last = 0
            if task.op != "all_gather":
                last = ring_reduce_scatter(draft, members, block, 0, channel=channel)
            if task.op != "reduce_scatter":
                ring_all_gather(draft, members, block, last, channel=channel)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return h (N-1) (a + S/N b) + (N-1) S/N g, h = 2 halves or 1."""
        count = task.ranks
        if task.op == "sendrecv":
            return Formula(costs.latency + task.size * costs.byte_time if count > 1 else 0.0)
        block = task.size / count
        step = costs.latency + block * costs.byte_time
        reducing = (count - 1) * block * costs.reduce_time if task.op in REDUCING else 0.0
        whole = task.channels == 1 and (task.op not in REDUCING or task.size % count == 0)
        note = "" if whole else "blocks differ by a byte, or channels share a port: a close bound"
        return Formula(_HALVES[task.op] * (count - 1) * step + reducing, whole, note)


def ring_order(task: Task, channel: int) -> NDArray[np.int64]:
    """Return the ranks in the order of a channel's ring.

    Within each group the order is turned by one place a channel, so that each channel leaves and
    enters a group at other ranks, and so by other NICs.
    """
    order = np.arange(task.ranks)
    if not task.groups or not channel:
        return order
    cuts = np.cumsum(task.groups)[:-1]
    return np.concatenate([np.roll(part, -channel) for part in np.split(order, cuts)])


def _sizes(task: Task) -> NDArray[np.float64]:
    parts = task.channels * task.ranks
    if task.op in REDUCING:
        return even(task.size, parts)
    return np.full(parts, task.size / parts)
