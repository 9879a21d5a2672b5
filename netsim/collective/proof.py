"""Prove a schedule right by following every contribution: none is lost, none counted twice.

Each chunk at each rank has a set of *contributors*, at the start its own rank. A reduction unites
two sets, which must have nothing in common; a copy replaces one. Operations without sums (an
all-to-all, say) only move chunks, of which one asks whether they are there. In the end every rank
must have what the operation promises.

Rounds say in which order data are read and written. That the order is kept at run time follows from
dependencies: each operation must come after everything that wrote what it reads, which is checked
as well, directly or over others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netsim.collective.needs import needs
from netsim.collective.schedule import COPY, JOIN, REDUCE
from netsim.collective.task import REDUCING
from netsim.errors import SimulationError

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Task

    Ints = NDArray[np.int64]
    Masks = NDArray[np.uint64]


class ScheduleError(SimulationError):
    """A schedule that does not do what its operation promises."""


def prove(schedule: Schedule, task: Task) -> None:
    """Raise `ScheduleError` unless `schedule` performs the operation of `task`.

    The message names the operation's number, the rank and the chunk.
    """
    check_form(schedule)
    if task.op == "barrier":
        _prove_barrier(schedule)
        return
    _prove_order(schedule)
    if task.op == "sendrecv":
        # Every rank sends one message of its own; nothing is promised of what is in it.
        return
    if task.op in REDUCING:
        _prove_sums(schedule, task)
    else:
        _prove_moves(schedule, task)


def check_form(schedule: Schedule) -> None:
    """Raise `ScheduleError` if a rank, chunk or dependency does not exist, or waits go round."""
    count, ranks = len(schedule), schedule.ranks
    for name in ("src", "dst"):
        column = getattr(schedule, name)
        wrong = np.flatnonzero((column < 0) | (column >= ranks))
        if len(wrong):
            one = int(wrong[0])
            raise ScheduleError(
                f"operation {one} names rank {int(column[one])}, but ranks are 0 to {ranks - 1}"
            )
    itself = np.flatnonzero((schedule.src == schedule.dst) & (schedule.kind != JOIN))
    if len(itself):
        raise ScheduleError(f"operation {int(itself[0])} sends from a rank to itself")
    strange = (schedule.chunks < 0) | (schedule.chunks >= len(schedule.chunk_bytes))
    if strange.any():
        one = int(np.searchsorted(schedule.first, int(np.argmax(strange)), "right")) - 1
        raise ScheduleError(
            f"operation {one} carries chunk {int(schedule.chunks[np.argmax(strange)])}, but chunks "
            f"are 0 to {len(schedule.chunk_bytes) - 1}"
        )
    strange = (schedule.deps < 0) | (schedule.deps >= count)
    if strange.any():
        one = int(np.searchsorted(schedule.deps_first, int(np.argmax(strange)), "right")) - 1
        raise ScheduleError(
            f"operation {one} waits for operation {int(schedule.deps[np.argmax(strange)])}, which "
            "does not exist"
        )
    owner = np.repeat(np.arange(count), np.diff(schedule.deps_first))
    late = np.flatnonzero(schedule.deps >= owner)
    if len(late):
        one, on = int(owner[late[0]]), int(schedule.deps[late[0]])
        raise ScheduleError(
            f"operation {one} (rank {int(schedule.src[one])}) waits for operation {on}, which "
            "comes later: two that wait for each other would never start"
        )


def _prove_order(schedule: Schedule) -> None:
    """Check that everything comes after what wrote its data."""
    columns: dict[str, Any] = {
        name: getattr(schedule, name) for name in ("kind", "src", "dst", "round", "first", "chunks")
    }
    first, wanted = needs(schedule.ranks, len(schedule.chunk_bytes), columns)
    count = len(schedule)
    owner = np.repeat(np.arange(count), np.diff(first))
    given = np.repeat(np.arange(count), np.diff(schedule.deps_first))
    # Copies wait for what they replace as well; a write that is seen to come first is enough.
    missing = ~np.isin(owner * count + wanted, given * count + schedule.deps)
    for one, on in zip(owner[missing].tolist(), wanted[missing].tolist(), strict=True):
        if not _comes_after(schedule, one, on):
            rank = int(schedule.src[one])
            raise ScheduleError(
                f"operation {one} (rank {rank} to {int(schedule.dst[one])}) does not wait for "
                f"operation {on}, which writes what it reads or replaces"
            )


def _comes_after(schedule: Schedule, one: int, on: int) -> bool:
    """Return whether `one` waits for `on` over any number of others."""
    seen, left = {one}, [one]
    while left:
        at = left.pop()
        before = schedule.deps[schedule.deps_first[at] : schedule.deps_first[at + 1]]
        for other in before.tolist():
            if other == on:
                return True
            if other > on and other not in seen:
                seen.add(other)
                left.append(other)
    return False


def _rounds(schedule: Schedule) -> list[tuple[Ints, Ints, Ints]]:
    """Return, by round, the operation, the chunk and the kind of everything that is carried."""
    owner = np.repeat(np.arange(len(schedule)), np.diff(schedule.first))
    kept = schedule.kind[owner] != JOIN
    owner, chunk = owner[kept], schedule.chunks[kept]
    cuts = np.flatnonzero(np.diff(schedule.round[owner])) + 1
    kind = schedule.kind[owner].astype(np.int64)
    return list(
        zip(np.split(owner, cuts), np.split(chunk, cuts), np.split(kind, cuts), strict=True)
    )


def _prove_sums(schedule: Schedule, task: Task) -> None:
    """Follow the contributors of sums."""
    ranks, chunks = schedule.ranks, len(schedule.chunk_bytes)
    words = (ranks + 63) // 64
    rank = np.arange(ranks)
    own = np.zeros((ranks, words), np.uint64)
    own[rank, rank // 64] = np.uint64(1) << (rank % 64).astype(np.uint64)
    held: Masks = np.repeat(own[:, None], chunks, axis=1).reshape(ranks * chunks, words)
    for owner, chunk, kind in _rounds(schedule):
        target = schedule.dst[owner] * chunks + chunk
        brought = held[schedule.src[owner] * chunks + chunk]
        copies, sums = kind == COPY, kind == REDUCE
        _refuse_twice(schedule, owner[copies], chunk[copies], target[copies])
        idle = copies & (brought == held[target]).all(axis=1)
        if idle.any():
            raise _wrong(schedule, owner, chunk, idle, "brings what is there already")
        held[target[copies]] = brought[copies]
        _unite(schedule, held, owner[sums], chunk[sums], target[sums], brought[sums])
    everyone = np.bitwise_or.reduce(own, axis=0)
    wanted = _wanted_sums(task, chunks)
    short = wanted & ~(held == everyone).all(axis=1).reshape(ranks, chunks)
    if short.any():
        at, chunk_at = np.argwhere(short)[0].tolist()
        missing = np.flatnonzero(~_bits(held[at * chunks + chunk_at], ranks)).tolist()
        raise ScheduleError(
            f"in the end rank {at} lacks the contribution of rank {missing[0]} to chunk {chunk_at}"
        )


def _unite(
    schedule: Schedule, held: Masks, owner: Ints, chunk: Ints, target: Ints, brought: Masks
) -> None:
    """Add contributors, several operations to one cell included."""
    if not len(target):
        return
    before = np.bitwise_count(held[target]).sum(axis=1)
    cells, which = np.unique(target, return_inverse=True)
    total = np.bincount(which, np.bitwise_count(brought).sum(axis=1).astype(np.float64))
    first = np.zeros(len(cells), np.int64)
    first[which] = np.arange(len(which))
    np.bitwise_or.at(held, target, brought)
    twice = (total + before[first] != np.bitwise_count(held[cells]).sum(axis=1))[which]
    if twice.any():
        raise _wrong(schedule, owner, chunk, twice, "counts a rank twice")


def _wanted_sums(task: Task, chunks: int) -> NDArray[np.bool_]:
    """Return at which rank which chunk must be the sum of all, (ranks, chunks)."""
    rank = np.arange(task.ranks)[:, None]
    if task.op == "all_reduce":
        return np.ones((task.ranks, chunks), np.bool_)
    if task.op == "reduce":
        return np.broadcast_to(rank == task.root, (task.ranks, chunks))
    wanted: NDArray[np.bool_] = np.arange(chunks) % task.ranks == rank
    return wanted


def _prove_moves(schedule: Schedule, task: Task) -> None:
    """Follow chunks that are moved as they are."""
    ranks, chunks = schedule.ranks, len(schedule.chunk_bytes)
    start, wanted = _moved(task, chunks)
    held = start.reshape(-1).copy()
    for owner, chunk, _ in _rounds(schedule):
        target = schedule.dst[owner] * chunks + chunk
        absent = ~held[schedule.src[owner] * chunks + chunk]
        if absent.any():
            raise _wrong(schedule, owner, chunk, absent, "sends what its sender does not have")
        _refuse_twice(schedule, owner, chunk, target)
        there = held[target]
        if there.any():
            raise _wrong(schedule, owner, chunk, there, "brings what is there already")
        held[target] = True
    short = wanted & ~held.reshape(ranks, chunks)
    if short.any():
        at, lacking = np.argwhere(short)[0].tolist()
        raise ScheduleError(f"in the end rank {at} lacks chunk {lacking}")


def _moved(task: Task, chunks: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return who has which chunk at first, and who must have it in the end."""
    rank, chunk = np.arange(task.ranks)[:, None], np.arange(chunks)
    whole = np.ones((task.ranks, chunks), np.bool_)
    at_root = np.broadcast_to(rank == task.root, whole.shape)
    if task.op == "all_to_all":
        start, wanted = chunk // task.ranks == rank, chunk % task.ranks == rank
        if task.matrix is not None:
            wanted &= np.asarray(task.matrix).reshape(-1) > 0
        return start, wanted
    if task.op == "all_gather":
        return chunk % task.ranks == rank, whole
    if task.op == "broadcast":
        return at_root, whole
    if task.op == "gather":
        return chunk == rank, at_root
    return at_root, chunk == rank


def _prove_barrier(schedule: Schedule) -> None:
    """Check that each rank's last messages come after a first one of everybody."""
    ranks = schedule.ranks
    if ranks == 1:
        return
    # Who is known to have entered when an operation ends.
    heard = np.zeros((len(schedule), ranks), np.bool_)
    known = np.eye(ranks, dtype=np.bool_)
    for one in range(len(schedule)):
        heard[one, schedule.src[one]] = True
        before = schedule.deps[schedule.deps_first[one] : schedule.deps_first[one + 1]]
        heard[one] |= heard[before].any(axis=0)
        known[schedule.dst[one]] |= heard[one]
    if not known.all():
        at, of = np.argwhere(~known)[0].tolist()
        raise ScheduleError(f"rank {at} leaves the barrier without a sign of rank {of}")


def _refuse_twice(schedule: Schedule, owner: Ints, chunk: Ints, target: Ints) -> None:
    """Raise if two copies of one round replace the same."""
    _, index, counts = np.unique(target, return_index=True, return_counts=True)
    if (counts > 1).any():
        twice = np.zeros(len(target), np.bool_)
        twice[index[counts > 1]] = True
        raise _wrong(schedule, owner, chunk, twice, "replaces what another one replaces as well")


def _wrong(
    schedule: Schedule, owner: Ints, chunk: Ints, wrong: NDArray[np.bool_], what: str
) -> ScheduleError:
    at = int(np.argmax(wrong))
    one = int(owner[at])
    return ScheduleError(
        f"operation {one} (rank {int(schedule.src[one])} to {int(schedule.dst[one])}, chunk "
        f"{int(chunk[at])}) {what}"
    )


def _bits(mask: Masks, ranks: int) -> NDArray[np.bool_]:
    bits: NDArray[np.bool_] = np.unpackbits(mask.view(np.uint8), bitorder="little")[:ranks] > 0
    return bits
