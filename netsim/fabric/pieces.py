"""Requested flows and their pieces: a planner may cut a flow and send each piece on its own path.

Whoever hands flows in, and whoever reads tables, sees requested flows. The kernel simulates pieces,
each a flow with a number, a path and a window of its own; what waits for a requested flow waits for
all of its pieces. A requested flow is done with its last piece. It fails with the first piece that
does: the others, which nobody can use any more, send nothing from that instant on. Cancelling it
cancels all. So that the instant is told, each requested flow is a batch of its own for the kernel;
a look at all flows at the next stop would have let results depend on where calls end.

Numbers of pieces follow those of requested flows in order, so one table of first pieces leads both
ways. Where no planner cuts flows there is none, and both numbers are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.errors import SimulationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from netsim.fabric.batch import FlowBatch
    from netsim.fabric.nics import Spread
    from netsim.fabric.planning.planner import Planner

    Ints = NDArray[np.int64]

#: What a requested flow is if its pieces differ: the first of these that one of them is.
_GRAVEST = ("failed", "cancelled", "unfinished", "done")


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """What a planner answers: pieces in the order of their flows, one for each at least.

    Parameters
    ----------
    flow
        Per piece, the position of its flow among those that were asked for.
    size
        Bytes of each piece; those of one flow add up to its size.
    path
        Number of each piece's path, in the order of `Network.leaf_paths`.
    """

    flow: Ints
    size: Ints
    path: Ints

    def check(self, size: Ints, policy: str) -> None:
        """Raise the error that these are not the pieces of flows of `size` bytes, if they are not.

        Raises
        ------
        SimulationError
            Which names the policy.
        """
        flow, own = np.asarray(self.flow), np.asarray(self.size)
        fits = len(flow) == len(own) == len(np.asarray(self.path)) and (np.diff(flow) >= 0).all()
        counts = np.bincount(flow, minlength=len(size)) if len(flow) else np.zeros(len(size))
        if not fits or len(counts) != len(size) or (counts == 0).any():
            raise SimulationError(
                f"'split' of policy '{policy}' must give each flow one piece at least, in order"
            )
        sums = np.zeros(len(size), np.int64)
        np.add.at(sums, flow, own)
        wrong = np.flatnonzero((sums != size) | (np.bincount(flow, own < 1) > (size < 1)))
        if len(wrong):
            raise SimulationError(
                f"'split' of policy '{policy}' cuts a flow of {int(size[wrong[0]])} B into pieces "
                "that do not add up to it, or hold nothing"
            )


def cut(
    batch: FlowBatch, planner: Planner, key: int, spread: Spread, first_flow: int = 0
) -> tuple[FlowBatch, Ints]:
    """Return the pieces of a batch as a batch, and how many each of its flows has.

    `key` is the number of the batch, under which the planner keeps its bytes; `spread` says for
    flows from the number `first_flow` on which NICs all pieces of each take.
    """
    src, dst, size = (np.asarray(c, np.int64) for c in (batch.src, batch.dst, batch.size))
    counts = np.ones(len(src), np.int64)
    sent = np.flatnonzero(src != dst)
    if batch.paths is not None:
        return batch, counts
    out, into = spread.of(src, dst, first_flow)
    found, ways = planner.pieces(key, out[sent], into[sent], size[sent])
    counts[sent] = np.bincount(found.flow, minlength=len(sent))
    flow = np.repeat(np.arange(len(src)), counts)
    sizes = size[flow]
    paths: list[tuple[int, ...]] = [()] * len(flow)
    planned = src[flow] != dst[flow]
    sizes[planned] = found.size
    for piece, way in zip(np.flatnonzero(planned).tolist(), ways, strict=True):
        paths[piece] = way
    columns: dict[str, Any] = {"src": src[flow], "dst": dst[flow], "size": sizes, "paths": paths}
    for name in ("start", "delay"):
        columns[name] = np.broadcast_to(np.asarray(getattr(batch, name), np.int64), src.shape)[flow]
    first = np.cumsum(counts) - counts
    if batch.predecessors is not None:
        columns |= _waits(batch, counts, first, flow)
    if batch.gates is not None:
        columns["gates"] = _rows(batch.gates, flow)[:2]
    return replace(batch, **columns), counts


def _rows(compressed: tuple[ArrayLike, ArrayLike], flow: Ints) -> tuple[Ints, Ints, Ints]:
    """Return compressed rows once for each of `flow`, and which entries they are."""
    cuts, entries = (np.asarray(column, np.int64) for column in compressed)
    lengths = np.diff(cuts)[flow]
    begins = np.concatenate([[0], np.cumsum(lengths)])
    which = np.repeat(cuts[flow] - begins[:-1], lengths) + np.arange(begins[-1])
    return begins, entries[which], which


def _waits(batch: FlowBatch, counts: Ints, first: Ints, flow: Ints) -> dict[str, Any]:
    """Let each piece wait for all pieces of the flows that its flow waits for."""
    assert batch.predecessors is not None
    begins, before, which = _rows(batch.predecessors, flow)
    lag = np.asarray(batch.lag, np.int64)
    lags = lag[which] if lag.ndim else np.full(len(which), lag)
    many = counts[before]
    offsets = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    ends = np.concatenate([[0], np.cumsum(many)])[begins]
    return {
        "predecessors": (ends, np.repeat(first[before], many) + offsets),
        "lag": np.repeat(lags, many),
    }


class Together:
    """Requested flows that were handed in together: how many of them are not done yet.

    Parameters
    ----------
    numbers
        Their numbers.
    """

    def __init__(self, numbers: range) -> None:
        self.numbers = numbers
        self._left = len(numbers)

    def last(self) -> bool:
        """Count one that is done; return whether it was the last."""
        self._left -= 1
        return self._left == 0


class Requests:
    """Which pieces each requested flow has."""

    def __init__(self) -> None:
        self._first = np.zeros(64, np.int64)
        self.count = 0
        self._pieces = 0

    def add(self, counts: Ints) -> range:
        """Give flows with so many pieces each their numbers, and return those."""
        end = self.count + len(counts)
        if end >= len(self._first):
            room = np.zeros(2 * (end + 1), np.int64)
            room[: self.count + 1] = self._first[: self.count + 1]
            self._first = room
        self._first[self.count + 1 : end + 1] = self._pieces + np.cumsum(counts)
        numbers = range(self.count, end)
        self.count = end
        self._pieces = int(self._first[end])
        return numbers

    def pieces(self, flow: int) -> range:
        """Return the numbers of a requested flow's pieces."""
        return range(int(self._first[flow]), int(self._first[flow + 1]))

    def of(self, piece: Any) -> Any:
        """Return the numbers of the flows that pieces belong to."""
        return np.searchsorted(self._first[1 : self.count + 1], piece, side="right")

    def together(self, columns: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Return columns of table `flows` with a row per requested flow."""
        flow = self.of(columns["flow"])
        if not len(flow):
            return dict(columns)
        begins = np.flatnonzero(np.concatenate([[True], np.diff(flow) > 0]))
        found: dict[str, Any] = {name: columns[name][begins] for name in ("src", "dst", "reason")}
        found["flow"] = flow[begins]
        for name in ("size", "packets", "retransmits", "timeouts", "drops", "out_of_order"):
            found[name] = np.add.reduceat(columns[name], begins)
        found["pieces"] = np.diff(np.append(begins, len(flow)))
        found["max_reorder"] = np.maximum.reduceat(columns["max_reorder"], begins)
        found["start"] = np.minimum.reduceat(columns["start"], begins)
        for name in ("end_rx", "end_tx"):
            missing = np.logical_or.reduceat(np.ma.getmaskarray(columns[name]), begins)
            last = np.maximum.reduceat(np.ma.getdata(columns[name]), begins)
            found[name] = np.ma.masked_array(last, missing)
        grave = np.array([_GRAVEST.index(status) for status in columns["status"].tolist()])
        found["status"] = np.array(_GRAVEST)[np.minimum.reduceat(grave, begins)]
        for row in np.flatnonzero(found["status"] == "failed").tolist():
            end = begins[row] + found["pieces"][row]
            reasons = [why for why in columns["reason"][begins[row] : end] if why is not None]
            found["reason"][row] = reasons[0]
        return {name: found[name] for name in columns}
