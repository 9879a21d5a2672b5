"""What a collective operation is asked to do, and what its network costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The operations; those that reduce, in whole bytes.
OPS: Final = (
    *("all_reduce", "reduce_scatter", "all_gather", "all_to_all", "broadcast"),
    *("reduce", "gather", "scatter", "barrier", "sendrecv"),
)
REDUCING: Final = ("all_reduce", "reduce_scatter", "reduce")


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One collective operation.

    Parameters
    ----------
    op
        One of `OPS`.
    ranks
        Number of ranks.
    size
        Bytes, as nccl-tests counts them: of the vector (`all_reduce`, `broadcast`, `reduce`), of
        all ranks together (`reduce_scatter`, `all_gather`), of a rank, its own block included
        (`all_to_all`, `gather`, `scatter`), of the message (`sendrecv`).
    chunks
        Pieces that trees and chains are pipelined in.
    root
        The rank that has, or gets, everything.
    channels
        Rings that share the data.
    groups
        Ranks of each group (a server, say), in order; empty: no groups.
    matrix
        Of `all_to_all`: share of `size` that rank i sends to rank j, (ranks, ranks); None: 1/N.
    """

    op: str
    ranks: int
    size: int
    chunks: int = 1
    root: int = 0
    channels: int = 1
    groups: tuple[int, ...] = ()
    matrix: NDArray[np.float64] | None = None

    @property
    def group(self) -> int | None:
        """Ranks of a group, if all groups have as many; None otherwise."""
        return self.groups[0] if self.groups and len(set(self.groups)) == 1 else None


@dataclass(frozen=True, slots=True)
class Costs:
    """What a message costs on a network whose core never blocks.

    Parameters
    ----------
    latency
        Seconds from the first byte's departure to its arrival; of links within a group, if there
        are groups.
    byte_time
        Seconds a byte holds a port.
    reduce_time
        Seconds to reduce a byte.
    outer_latency, outer_byte_time
        The same between groups; None: there are none.
    """

    latency: float
    byte_time: float
    reduce_time: float = 0.0
    outer_latency: float | None = None
    outer_byte_time: float | None = None

    @property
    def across(self) -> tuple[float, float]:
        """Latency and time of a byte between groups, those within where there are none."""
        if self.outer_latency is None or self.outer_byte_time is None:
            return self.latency, self.byte_time
        return self.outer_latency, self.outer_byte_time


@dataclass(frozen=True, slots=True)
class Formula:
    """What theory says of a completion time.

    Parameters
    ----------
    time
        Seconds; None where only a simulation tells.
    exact
        Whether a network of ports takes exactly that.
    note
        What it is otherwise.
    most
        Seconds that a simulation takes at most, but for what chunks differ by; None: `time`.
    """

    time: float | None
    exact: bool = True
    note: str = ""
    most: float | None = None

    @property
    def promise(self) -> float:
        """Seconds that a simulation takes at most; infinite where nothing is known."""
        known = self.most if self.most is not None else self.time
        return float("inf") if known is None else known


def blocks(task: Task) -> Any:
    """Return the bytes of a rank's block of `size`: a share that need not be whole."""
    return task.size / task.ranks
