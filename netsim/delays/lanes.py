"""Where the draws of a worker in a round come from, so that nothing shifts them.

Wanted at once: draws that do not move when workers or rounds are added, common to all schemes, and
fast for 10^8 cells. One stream per worker is stable but opens 256 generators (20 us each) for each
of 1,000 replications and each purpose; one stream for all is fast but adding a worker shifts
everyone's draws. So workers come in **lanes** of 64 that share a stream. A lane is always drawn
whole, 64 workers wide and round after round, however many of its workers exist. Then the draw of
(worker, round) is determined by seed, replication, purpose and lane alone:

* adding workers fills up a lane whose draws were made anyhow, or opens a new lane;
* adding rounds reads on in the same streams.

Streams are seeded by name as everywhere (`netsim.rng.Streams`); the generator behind them is
SFC64, which draws a gamma variate in two thirds of the time that Philox takes. Where only marked
cells need a draw (bad states, outliers), just those are drawn, in (round, worker) order: a change
of the marks' probability does shift them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from netsim.delays.laws.law import LawConfig, Seconds, draw
from netsim.delays.seeding import generators
from netsim.rng import Streams

#: Workers that share a stream.
WIDTH: Final = 64
_SPARSE: Final = 1 / 16
_SHIFT: Final = WIDTH.bit_length() - 1

Marks = NDArray[np.bool_]
"""Marked cells, (replications, rounds, whole lanes), with workers that do not exist."""


def generator(streams: Streams, purpose: str, *entities: int) -> np.random.Generator:
    """Return the generator of `purpose` (and of one entity, a lane), at its start."""
    return np.random.Generator(np.random.SFC64(streams.sequence(purpose, *entities)))


def lanes(workers: int) -> Iterator[tuple[int, slice]]:
    """Return the number of every lane and the workers in it."""
    for lane, first in enumerate(range(0, workers, WIDTH)):
        yield lane, slice(first, min(first + WIDTH, workers))


def opened(
    streams: Sequence[Streams], purpose: str, workers: int
) -> Iterator[tuple[int, slice, np.random.Generator]]:
    """Yield replication, workers and generator of every lane in every replication."""
    known = dict(lanes(workers))
    for replication, lane, stream in generators(streams, purpose, len(known)):
        yield replication, known[lane], stream


def width(workers: int) -> int:
    """Return the number of workers in whole lanes."""
    return -(-workers // WIDTH) * WIDTH


def fill(law: LawConfig, streams: Sequence[Streams], purpose: str, out: Seconds) -> None:
    """Fill `out` (replications, rounds, workers) with independent draws of `law`."""
    _, rounds, workers = out.shape
    for replication, cells, stream in opened(streams, purpose, workers):
        whole = draw(law, stream, rounds * WIDTH).reshape(rounds, WIDTH)
        out[replication, :, cells] = whole[:, : cells.stop - cells.start]


def mark(
    streams: Sequence[Streams], purpose: str, probability: float, rounds: int, workers: int
) -> Marks:
    """Return marks that each cell has independently with `probability`."""
    marks = np.zeros((len(streams), rounds, width(workers)), dtype=np.bool_)
    if probability <= 0:
        return marks
    draw_marks = _sparse if probability < _SPARSE else _dense
    for replication, cells, stream in opened(streams, purpose, workers):
        marked = draw_marks(stream, probability, rounds * WIDTH)
        marks[replication, :, cells.start : cells.start + WIDTH] = marked.reshape(rounds, WIDTH)
    return marks


def _dense(stream: np.random.Generator, probability: float, count: int) -> NDArray[np.bool_]:
    """Return marks from one 32-bit draw per cell (`probability` to a multiple of 2^-32)."""
    threshold = round(probability * 2**32)
    if threshold >= 2**32:
        return np.ones(count, dtype=np.bool_)
    draws = stream.integers(0, 2**32, size=count, dtype=np.uint32)
    marked: NDArray[np.bool_] = draws < np.uint32(threshold)
    return marked


def _sparse(stream: np.random.Generator, probability: float, count: int) -> NDArray[np.bool_]:
    """Return marks from the geometric gaps between them: a few draws instead of `count`."""
    marks = np.zeros(count, dtype=np.bool_)
    last = -1
    # In most cases the first chunk suffices; how the draws are cut into chunks changes none.
    mean = probability * count
    chunk = int(mean + 4 * math.sqrt(mean)) + 8
    while last < count:
        # A gap beyond the range ends the search as well as its true length would.
        gaps = np.minimum(stream.geometric(probability, chunk), count + 1)
        places = np.cumsum(gaps) + last
        marks[places[: np.searchsorted(places, count)]] = True
        last = int(places[-1])
    return marks


def multiply(out: Seconds, marks: Marks, factor: float) -> None:
    """Multiply the marked times; a worker that never answers (inf) does not for a factor of 0."""
    times = out[marks]
    out[marks] = np.multiply(times, factor, out=times, where=np.isfinite(times))


def place(
    out: Seconds,
    marks: Marks,
    law: LawConfig,
    streams: Sequence[Streams],
    purpose: str,
    effect: Literal["replace", "add"] = "replace",
) -> None:
    """Draw `law` for every marked cell and put it into `out`, or add it there."""
    workers = out.shape[2]
    for replication, cells, stream in opened(streams, purpose, workers):
        places = np.flatnonzero(marks[replication, :, cells.start : cells.start + WIDTH])
        if not places.size:
            continue
        values = draw(law, stream, places.size)
        target = out[replication, :, cells]
        row, column = places >> _SHIFT, places & (WIDTH - 1)
        if target.shape[1] < WIDTH:
            # Workers that do not exist have taken their draws along and are left out here.
            exists = column < target.shape[1]
            row, column, values = row[exists], column[exists], values[exists]
        if effect == "add":
            values += target[row, column]
        target[row, column] = values
