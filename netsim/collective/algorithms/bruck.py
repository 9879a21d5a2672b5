"""Few rounds over distances that double, for any number of ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from netsim.collective.algorithms.linear import block_bytes
from netsim.collective.draft import Draft
from netsim.collective.task import Formula
from netsim.registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task


@register("collective_algorithm", "bruck")
class Bruck:
    """Blocks travel by the binary digits of their way; each waits for all rounds before it."""

    source: ClassVar[str] = (
        "J. Bruck et al., Efficient algorithms for all-to-all communications in multiport "
        "message-passing systems, IEEE TPDS 8, 1997"
    )
    ops: ClassVar[tuple[str, ...]] = ("all_to_all", "all_gather")

    @staticmethod
    def schedule(task: Task) -> Schedule:
        """Return the rounds."""
        return _all_gather(task) if task.op == "all_gather" else _all_to_all(task)

    @staticmethod
    def time(task: Task, costs: Costs) -> Formula:
        """Return the sum over rounds of a + c S/N b, with c blocks in a message."""
        block = task.size / task.ranks * costs.byte_time
        if task.op == "all_gather":
            rounds = (task.ranks - 1).bit_length()
            return Formula(rounds * costs.latency + (task.ranks - 1) * block)
        counts = [len(ways) for _, ways in _digits(task.ranks)]
        return Formula(sum(costs.latency + count * block for count in counts))


def _all_gather(task: Task) -> Schedule:
    """Return the rounds in which a rank that has `have` blocks passes on as many as are missing."""
    count, rank = task.ranks, np.arange(task.ranks)
    draft = Draft(count, np.full(count, task.size / count))
    have = 1
    rounds: list[NDArray[np.int64]] = []
    while have < count:
        blocks = (rank[:, None] + np.arange(min(have, count - have))) % count
        sent = draft.send(rank, (rank - have) % count, blocks, len(rounds))
        for earlier in rounds:
            draft.wait(sent, earlier)
        rounds.append(sent[(rank + have) % count])
        have *= 2
    return draft.done()


def _all_to_all(task: Task) -> Schedule:
    """Return the rounds: in round t go on the blocks with digit t set in the length of their way.

    After the digits before it a block from `s` is at ``s + (way mod 2^t)``.
    """
    count, rank = task.ranks, np.arange(task.ranks)
    draft = Draft(count, block_bytes(task), moves=True)
    rounds: list[NDArray[np.int64]] = []
    for round, (distance, ways) in enumerate(_digits(count)):
        origin = (rank[:, None] - ways % distance) % count
        blocks = origin * count + (origin + ways) % count
        sent = draft.send(rank, (rank + distance) % count, blocks, round)
        for earlier in rounds:
            draft.wait(sent, earlier)
        rounds.append(sent[(rank - distance) % count])
    return draft.done()


def _digits(count: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield each power of two below `count`, and the ways below `count` with that digit set."""
    ways = np.arange(count)
    distance = 1
    while distance < count:
        yield distance, ways[ways & distance != 0]
        distance *= 2
