"""Everybody signals at distances that double: after that everybody has heard of everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.draft import Draft
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "dissemination")
class Dissemination:
    """Signals without bytes, each after the signals of all rounds before."""

    source: ClassVar[str] = (
        "D. Hensgen, R. Finkel, U. Manber, Two algorithms for barrier synchronization, "
        "International Journal of Parallel Programming 17, 1988"
    )
    ops: ClassVar[tuple[str, ...]] = ("barrier",)

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the rounds."""
        count, rank = task.ranks, np.arange(task.ranks)
        draft = Draft(count, [0.0], moves=True)
        distance = 1
        rounds: list[NDArray[np.int64]] = []
        while distance < count:
            sent = draft.send(rank, (rank + distance) % count, np.zeros_like(rank), len(rounds))
            for earlier in rounds:
                draft.wait(sent, earlier)
            rounds.append(sent[(rank - distance) % count])
            distance *= 2
        return draft.done()

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return ceil(lg N) a."""
        return Formula((task.ranks - 1).bit_length() * costs.latency)
