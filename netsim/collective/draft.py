"""Write a schedule round by round; what follows from the data is found at the end.

An algorithm says who sends which chunks to whom in which round. What a message waits for follows
from its data: everything that wrote its chunks at its sender in earlier rounds, back to the last
copy, and, if it is a copy itself, what wrote them at its receiver (write after write). Reductions
into one chunk do not wait for each other, since each message lands in a buffer of its own. An
algorithm adds what does not follow from the data: rounds that wait for the rounds before.

Dependencies written by hand in each algorithm were rejected: one that is forgotten gives a time
that is too short and looks right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from netsim.collective.needs import needs
from netsim.collective.schedule import COPY, JOIN, REDUCE, Schedule

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Ints = NDArray[np.int64]


class _Part(NamedTuple):
    """Some operations of one kind and round."""

    kind: int
    src: Ints
    dst: Ints
    round: int
    link_class: int
    channel: int
    chunks: Ints
    """(operations, chunks of each)."""


class Draft:
    """A schedule in the making.

    Parameters
    ----------
    ranks
        Number of ranks.
    chunk_bytes
        Bytes of each chunk, (chunks,).
    moves
        Whether chunks are only moved from where they are at first, so that no data have to be
        looked at to know what waits for what: the algorithm says all of it by `wait`.
    """

    def __init__(self, ranks: int, chunk_bytes: ArrayLike, *, moves: bool = False) -> None:
        self.ranks = ranks
        self.chunk_bytes = np.asarray(chunk_bytes, np.float64)
        self._moves = moves
        self._parts: list[_Part] = []
        self._waits: list[Ints] = []
        self._count = 0

    def send(
        self,
        src: ArrayLike,
        dst: ArrayLike,
        chunks: ArrayLike,
        round: int,
        *,
        reduce: bool = False,
        link_class: int = 0,
        channel: int = 0,
    ) -> Ints:
        """Add messages of a round, and return their numbers.

        `src` and `dst` are (messages,), `chunks` is (messages,) or (messages, chunks of each),
        where a negative number stands for no chunk.
        """
        kind = REDUCE if reduce else COPY
        return self._add(kind, src, dst, chunks, round, link_class, channel)

    def join(self, rank: ArrayLike, chunks: ArrayLike, round: int) -> Ints:
        """Add joins: what reads `chunks` at `rank` in later rounds waits for these alone."""
        return self._add(JOIN, rank, rank, chunks, round, 0, 0)

    def wait(self, operations: ArrayLike, predecessors: ArrayLike) -> None:
        """Let each of `operations` wait for the predecessor beside it, if that is not negative."""
        pairs = np.stack(np.broadcast_arrays(operations, predecessors)).astype(np.int64)
        self._waits.append(pairs[:, pairs[1] >= 0])

    def _add(
        self,
        kind: int,
        src: ArrayLike,
        dst: ArrayLike,
        chunks: ArrayLike,
        round: int,
        link_class: int,
        channel: int,
    ) -> Ints:
        source, target = (np.atleast_1d(np.asarray(end, np.int64)) for end in (src, dst))
        carried = np.asarray(chunks, np.int64)
        carried = carried[:, None] if carried.ndim == 1 else carried
        self._parts.append(_Part(kind, source, target, round, link_class, channel, carried))
        first = self._count
        self._count += len(source)
        return np.arange(first, self._count)

    def done(self) -> Schedule:
        """Return the schedule."""
        # Ports serve operations in the order of their numbers, which is that of rounds.
        parts = self._sorted()
        lengths = np.array([len(part.src) for part in parts], np.int64)

        def spread(values: list[int], kind: Any = np.int64) -> Any:
            return np.repeat(np.array(values, kind), lengths)

        chunks = _joined([part.chunks.reshape(-1) for part in parts])
        widths = spread([part.chunks.shape[1] for part in parts])
        if (chunks < 0).any():
            owner = np.repeat(np.arange(len(widths)), widths)[chunks >= 0]
            chunks, widths = chunks[chunks >= 0], np.bincount(owner, minlength=len(widths))
        first = np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)
        kind = spread([part.kind for part in parts], np.int8)
        size = _sums(self.chunk_bytes[chunks], first)
        columns = {
            "kind": kind,
            "src": _joined([part.src for part in parts]),
            "dst": _joined([part.dst for part in parts]),
            "round": spread([part.round for part in parts]),
            "first": first,
            "chunks": chunks,
        }
        columns["deps_first"], columns["deps"] = self._dependencies(columns)
        return Schedule(
            ranks=self.ranks,
            chunk_bytes=self.chunk_bytes,
            bytes=np.where(kind == JOIN, 0.0, size),
            link_class=spread([part.link_class for part in parts], np.int8),
            channel=spread([part.channel for part in parts]),
            tag=columns["round"].copy(),
            **columns,
        )

    def _sorted(self) -> list[_Part]:
        """Return the parts by round, and renumber the operations in what was said of waiting."""
        order = sorted(range(len(self._parts)), key=lambda part: self._parts[part].round)
        if order != list(range(len(order))):
            lengths = np.array([len(part.src) for part in self._parts], np.int64)
            starts = np.cumsum(lengths) - lengths
            old = _joined([starts[part] + np.arange(lengths[part]) for part in order])
            number = np.empty_like(old)
            number[old] = np.arange(len(old))
            self._waits = [number[pairs] for pairs in self._waits]
        return [self._parts[part] for part in order]

    def _dependencies(self, columns: dict[str, Any]) -> tuple[Ints, Ints]:
        """Return compressed rows of what each operation waits for."""
        count = self._count
        if self._moves:
            found = np.zeros(count + 1, np.int64), np.zeros(0, np.int64)
        else:
            found = needs(self.ranks, len(self.chunk_bytes), columns)
        if not self._waits:
            return found
        waiting, on = np.concatenate(self._waits, axis=1)
        owner = np.concatenate([np.repeat(np.arange(count), np.diff(found[0])), waiting])
        pairs = np.unique(owner * count + np.concatenate([found[1], on]))
        owner, deps = np.divmod(pairs, max(1, count))
        return np.searchsorted(owner, np.arange(count + 1)).astype(np.int64), deps


def _joined(arrays: list[Ints]) -> Ints:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.int64)


def _sums(sizes: NDArray[np.float64], first: Ints) -> NDArray[np.float64]:
    """Return the sum of each compressed row of `sizes`."""
    if len(sizes) == len(first) - 1:
        return sizes
    total = np.concatenate([[0.0], np.cumsum(sizes)])
    sums: NDArray[np.float64] = total[first[1:]] - total[first[:-1]]
    return sums
