"""What each operation waits for because of the data that it reads and writes.

A cell is a chunk at a rank. Its *writers* are the operations that wrote it since it was last
replaced as a whole: one copy or join, and the reductions that followed. Whoever reads it waits for
all of them, and so does a copy that replaces it. Rounds read what was there before them.

The loop over operations is compiled as the fabric's kernels are; written with sorted arrays it
took four times as long for a ring of 1,024 ranks.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from netsim.collective.schedule import COPY, REDUCE
from netsim.fabric.compiled import Ints, build_alone

NOBODY: Final = -1
"""No entry: the cell holds what was there from the start."""


class Needs(NamedTuple):
    """Arrays of the compiled loop."""

    kind: Ints
    src: Ints
    dst: Ints
    round: Ints
    first: Ints
    chunks: Ints
    fixed: Ints
    """Number of chunks; number of operations; room in `deps`."""
    head: Ints
    """Per cell, its newest writer's entry, or `NOBODY`."""
    writer: Ints
    """Per entry of a cell's list: the operation."""
    before: Ints
    """Per entry: the entry before it in the same cell, or `NOBODY`."""
    stamp: Ints
    """Per operation: who has it among its dependencies already, plus one."""
    deps_first: Ints
    deps: Ints


def needs(ranks: int, chunks: int, columns: dict[str, Any]) -> tuple[Ints, Ints]:
    """Return compressed rows of the operations that each one waits for, sorted within a row.

    Parameters
    ----------
    ranks, chunks
        Their numbers.
    columns
        ``kind, src, dst, round, first, chunks`` of a schedule, with rounds that never fall.
    """
    count = len(columns["kind"])
    if count == 0:
        return np.zeros(1, np.int64), np.zeros(0, np.int64)
    room = 2 * len(columns["chunks"]) + 16
    while True:
        state = _state(ranks, chunks, columns, room)
        made = int(_kernel()(state, 0, 0))
        if made <= room:
            first = state.deps_first
            return first, state.deps[:made].copy()
        room = made


def _kernel() -> Any:
    return build_alone(derive, Needs, "schedule dependencies")


def _state(ranks: int, chunks: int, columns: dict[str, Any], room: int) -> Needs:
    carried = len(columns["chunks"])
    count = len(columns["kind"])
    whole = {name: np.asarray(columns[name], np.int64) for name in ("kind", "src", "dst", "round")}
    return Needs(
        **whole,
        first=np.asarray(columns["first"], np.int64),
        chunks=np.asarray(columns["chunks"], np.int64),
        fixed=np.array([chunks, count, room], np.int64),
        head=np.full(ranks * chunks, NOBODY, np.int64),
        writer=np.zeros(carried, np.int64),
        before=np.zeros(carried, np.int64),
        stamp=np.zeros(count, np.int64),
        deps_first=np.zeros(count + 1, np.int64),
        deps=np.zeros(room, np.int64),
    )


def derive(state: Needs, limit: int, most: int) -> int:
    """Fill `deps_first` and `deps`; return how many there are, though no more than fit are kept.

    `limit` and `most` have no meaning here.
    """
    count = state.fixed[1]
    made = 0
    begin = 0
    while begin < count:
        end = begin
        while end < count and state.round[end] == state.round[begin]:
            end += 1
        for one in range(begin, end):
            made = read(state, one, made)
            state.deps_first[one + 1] = made
        for one in range(begin, end):
            write(state, one)
        begin = end
    return made


def read(state: Needs, one: int, made: int) -> int:
    """Note what operation `one` waits for; return how many dependencies there are by then."""
    chunks = state.fixed[0]
    for place in range(state.first[one], state.first[one + 1]):
        chunk = state.chunks[place]
        made = follow(state, one, state.head[state.src[one] * chunks + chunk], made)
        if state.kind[one] == COPY:
            made = follow(state, one, state.head[state.dst[one] * chunks + chunk], made)
    return made


def follow(state: Needs, one: int, entry: int, made: int) -> int:
    """Note the writers of a cell, from `entry` back."""
    while entry != NOBODY:
        writer = state.writer[entry]
        if state.stamp[writer] != one + 1:
            state.stamp[writer] = one + 1
            if made < state.fixed[2]:
                state.deps[made] = writer
            made += 1
        entry = state.before[entry]
    return made


def write(state: Needs, one: int) -> None:
    """Make `one` a writer of its chunks at its receiver: after the others if it reduces."""
    chunks = state.fixed[0]
    for place in range(state.first[one], state.first[one + 1]):
        cell = state.dst[one] * chunks + state.chunks[place]
        state.writer[place] = one
        state.before[place] = state.head[cell]
        if state.kind[one] != REDUCE:
            state.before[place] = NOBODY
        state.head[cell] = place
