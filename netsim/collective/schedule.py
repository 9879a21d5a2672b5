"""What every rank sends to whom, and what each message waits for: a collective's schedule.

A *message* carries some chunks of data from one rank to another, which puts them in place of its
own (a copy) or adds them to its own (a reduction). A *join* is a calculation of no duration at a
rank: where many messages come together and many leave, it stands for the product of both as their
sum. Both are *operations*, numbered in the order in which they were generated, which is the order
in which ports serve those that are ready at the same instant.

Sends and receives of one message are one row here. Schedules that name them apart (imported ones)
are matched first; a tuple of rows per rank, each with its peer, was tried and twice as large.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

#: What an operation does with the chunks that it brings.
COPY: Final = 0
REDUCE: Final = 1
JOIN: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Operations as columns, one entry each; nothing of it is ever changed.

    Parameters
    ----------
    ranks
        Number of ranks.
    chunk_bytes
        Bytes of each chunk, (chunks,); fractions of a byte where blocks do not come out even.
    kind
        `COPY`, `REDUCE` or `JOIN`.
    src, dst
        Ranks; of a join they are the same.
    round
        When its data are read: what is written in earlier rounds is seen, in this one it is not.
    bytes
        Bytes of the message, 0 of a join.
    link_class
        Which port it leaves by, where ranks have several: 0 within a group, 1 between groups.
    channel, tag
        As the schedule calls them, for tables and exports.
    first, chunks
        Compressed rows: operation `i` carries ``chunks[first[i]:first[i + 1]]``.
    deps_first, deps
        Compressed rows of the operations that each one waits for.
    """

    ranks: int
    chunk_bytes: Floats
    kind: NDArray[np.int8]
    src: Ints
    dst: Ints
    round: Ints
    bytes: Floats
    link_class: NDArray[np.int8]
    channel: Ints
    tag: Ints
    first: Ints
    chunks: Ints
    deps_first: Ints
    deps: Ints

    def __post_init__(self) -> None:
        for column in fields(self):
            value = getattr(self, column.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def messages(self) -> Ints:
        """Numbers of the operations that send something."""
        return np.flatnonzero(self.kind != JOIN)

    def with_columns(self, **columns: Any) -> Schedule:
        """Return the schedule with other columns in place of some."""
        return replace(self, **columns)

    def sent(self) -> Floats:
        """Return the bytes that each rank sends, (ranks,)."""
        return np.bincount(self.src, self.bytes, self.ranks).astype(np.float64)

    def received(self) -> Floats:
        """Return the bytes that each rank receives, (ranks,)."""
        return np.bincount(self.dst, self.bytes, self.ranks).astype(np.float64)

    def lags(self, reduce_time: float) -> Ints:
        """Return, per entry of `deps`, how long (ps) its end is followed by the reduction.

        `reduce_time` is the time in seconds that it takes to reduce a byte.
        """
        if not reduce_time:
            return np.zeros(len(self.deps), np.int64)
        return self.reducing(reduce_time)[self.deps]

    def reducing(self, reduce_time: float) -> Ints:
        """Return how long (ps) the reduction of each operation takes."""
        work = np.where(self.kind == REDUCE, self.bytes, 0.0)
        return np.rint(work * reduce_time * 1e12).astype(np.int64)


def even(total: int, parts: int) -> Floats:
    """Return `total` bytes in whole bytes as even as possible, the larger parts first."""
    least, more = divmod(total, parts)
    return np.array([least + 1] * more + [least] * (parts - more), np.float64)
