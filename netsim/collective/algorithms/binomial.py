"""Those who have everything send it to as many others: the number doubles each round."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.draft import Draft
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "binomial")
class Binomial:
    """A binomial tree from the root; a reduction runs it backwards."""

    source: ClassVar[str] = (
        "R. Thakur, R. Rabenseifner, W. Gropp, Optimization of collective communication "
        "operations in MPICH, IJHPCA 19, 2005"
    )
    ops: ClassVar[tuple[str, ...]] = ("broadcast", "reduce")

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the rounds."""
        count = task.ranks
        draft = Draft(count, [task.size])
        distances = [1 << digit for digit in range((count - 1).bit_length())]
        reduces = task.op == "reduce"
        for round, distance in enumerate(distances[::-1] if reduces else distances):
            near = np.arange(min(distance, count - distance))
            far = (near + distance + task.root) % count
            near = (near + task.root) % count
            whole = np.zeros_like(near)
            if reduces:
                draft.send(far, near, whole, round, reduce=True)
            else:
                draft.send(near, far, whole, round)
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return the largest, over ranks q, of ones(q) a + digits(q) S b.

        A rank is reached over the ones of its number's binary digits; its branch leaves the root
        after as many messages as lie below the first of them. A reduction adds ones(q) S g, and
        is exact where the number of ranks is a power of two.
        """
        q = np.arange(1, task.ranks)
        if not len(q):
            return Formula(0.0)
        ones = np.bitwise_count(q.astype(np.uint64)).astype(np.float64)
        digits = np.frexp(q.astype(np.float64))[1]
        send = task.size * costs.byte_time
        if task.op == "broadcast":
            return Formula(float((ones * costs.latency + digits * send).max()))
        work = task.size * costs.reduce_time
        time = float((ones * (costs.latency + work) + digits * send).max())
        whole = task.ranks & (task.ranks - 1) == 0
        note = "" if whole else "messages of early branches take the root's port"
        return Formula(time, whole, note)
