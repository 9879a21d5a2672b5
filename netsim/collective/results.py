"""From flows to rows: the tables of a run, its figures, and the bounds that it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from netsim.collective.bounds import bus_factor, lower_bound
from netsim.errors import SimulationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netsim.collective.schedule import Schedule
    from netsim.collective.task import Costs, Task
    from netsim.fabric.door import Fabric
    from netsim.family import Scalar
    from netsim.metrics.recorder import Recorder

    Ints = NDArray[np.int64]

_PS: Final = 1e12
#: What the rounding of times to whole ps may take off a bound, relative and absolute (s).
_ROUNDING: Final = 1e-9
_PS_ROUNDING: Final = 2e-12


@dataclass(slots=True)
class Played:
    """An iteration.

    Parameters
    ----------
    iteration
        Its index.
    starts
        When each rank began (ps), (ranks,).
    first
        Number of its first flow.
    end
        When the last rank had ended (ps); None if the run was stopped before.
    """

    iteration: int
    starts: Ints
    first: int = 0
    end: int | None = None


def write_tables(
    fabric: Fabric,
    recorder: Recorder,
    *,
    task: Task,
    size: int,
    algorithm: str,
    schedule: Schedule,
    reducing: Ints,
    least: Costs,
    played: list[Played],
) -> dict[str, Scalar]:
    """Write the tables that are wanted; return the run's figures.

    Raises
    ------
    SimulationError
        If a result beats a bound, which is an error of the model.
    """
    fabric.finish(recorder)
    bound = lower_bound(task, least)
    rows = [
        collective_row(
            one.iteration, task, size, algorithm, bound, (int(one.starts.min()), one.end)
        )
        for one in played
    ]
    _hold_against(rows, schedule, task, least, bound)
    write_rows(recorder, rows)
    if recorder.wants("ranks") or recorder.wants("collective_steps"):
        _write_messages(fabric, recorder, schedule, reducing, played)
    unfinished = {"status": "unfinished"} if any(row["end"] is None for row in rows) else {}
    return unfinished | figures(rows, task, size, algorithm, bound, len(schedule.messages))


def write_rows(recorder: Recorder, rows: list[dict[str, Any]]) -> None:
    """Write table `collectives`."""
    if rows:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        recorder.write("collectives", columns)


def collective_row(
    iteration: int,
    task: Task,
    size: int,
    algorithm: str,
    bound: float,
    span: tuple[int, int | None],
) -> dict[str, Any]:
    """Return the row of an iteration whose start and end (ps) are `span`."""
    start, end = span
    time = None if end is None else (end - start) / _PS
    rate = size / time if time and size else None
    return {
        "collective": iteration,
        "job": None,
        "iteration": iteration,
        "op": task.op,
        "algorithm": algorithm,
        "ranks": task.ranks,
        "size": size,
        "start": start,
        "end": end,
        "completion_time": time,
        "algorithm_bandwidth": rate,
        "bus_bandwidth": None if rate is None else rate * bus_factor(task.op, task.ranks),
        "lower_bound": bound,
        "slowdown": time / bound if time is not None and bound else None,
    }


def figures(
    rows: list[dict[str, Any]], task: Task, size: int, algorithm: str, bound: float, messages: int
) -> dict[str, Scalar]:
    """Return the run's figures: means over its iterations."""
    times = [row["completion_time"] for row in rows if row["completion_time"] is not None]
    mean = float(np.mean(times)) if times else None
    rate = size / mean if mean and size else None
    return {
        "completion_time": mean,
        "algorithm_bandwidth": rate,
        "bus_bandwidth": None if rate is None else rate * bus_factor(task.op, task.ranks),
        "lower_bound": bound,
        "slowdown": mean / bound if mean is not None and bound else None,
        "messages": messages,
        "algorithm": algorithm,
    }


def _hold_against(
    rows: list[dict[str, Any]], schedule: Schedule, task: Task, least: Costs, bound: float
) -> None:
    """Raise if an iteration was faster than its bytes, or its schedule's bytes, allow."""
    carried = max(bound, port_time(schedule, least))
    for row in rows:
        time = row["completion_time"]
        if time is not None and time < carried * (1 - _ROUNDING) - _PS_ROUNDING * len(schedule):
            raise SimulationError(
                f"{task.op} by {row['algorithm']} of {row['size']:,} B took {time:.6g} s, but its "
                f"bytes need {carried:.6g} s at least: an error of the model, please report it"
            )


def port_time(schedule: Schedule, least: Costs) -> float:
    """Return how long the busiest port needs for the bytes that the schedule puts through it."""
    busiest = 0.0
    for kind, byte in enumerate((least.byte_time, least.across[1])):
        chosen = schedule.link_class == kind
        bytes_ = np.where(chosen, schedule.bytes, 0.0)
        for end in (schedule.src, schedule.dst):
            busiest = max(busiest, np.bincount(end, bytes_, schedule.ranks).max(initial=0) * byte)
    return float(busiest)


def _write_messages(
    fabric: Fabric, recorder: Recorder, schedule: Schedule, reducing: Ints, played: list[Played]
) -> None:
    """Write `ranks` and `collective_steps` from the flows of all iterations."""
    columns = fabric.flow_columns()
    end = np.ma.filled(columns["end_rx"], -1)
    messages = schedule.messages
    for one in played:
        here = np.searchsorted(columns["flow"], one.first + messages)
        if (columns["flow"][here] != one.first + messages).any():
            raise SimulationError("messages of a collective are missing among the fabric's flows")
        times = columns["start"][here], end[here]
        if recorder.wants("ranks"):
            recorder.write("ranks", _rank_rows(one, schedule, messages, times, reducing))
        if recorder.wants("collective_steps"):
            recorder.write("collective_steps", _step_rows(one, schedule, messages, times))


def _rank_rows(
    one: Played, schedule: Schedule, messages: Ints, times: tuple[Ints, Ints], reducing: Ints
) -> dict[str, Any]:
    """Return what each rank did in an iteration."""
    ranks = schedule.ranks
    start, end = times
    src, dst = schedule.src[messages], schedule.dst[messages]
    arrived = np.where(end < 0, end, end + reducing[messages])
    last = np.full(ranks, -1, np.int64)
    np.maximum.at(last, dst, arrived)
    receives = np.bincount(dst, minlength=ranks) > 0
    sends_on = np.full(ranks, -1, np.int64)
    np.maximum.at(sends_on, src, end)
    last = np.maximum(np.where(receives, last, sends_on), one.starts)
    missing = np.zeros(ranks, np.bool_)
    missing[dst[end < 0]] = missing[src[end < 0]] = True
    busy = _under_way(ranks, one.starts, last, (src, dst), start, arrived)
    waited = (last - one.starts - busy) / _PS
    return {
        "collective": np.full(ranks, one.iteration),
        "rank": np.arange(ranks),
        "start": one.starts,
        "end": np.ma.masked_array(last, missing),
        "sent": np.ceil(schedule.sent()).astype(np.int64),
        "received": np.ceil(schedule.received()).astype(np.int64),
        "wait": np.ma.masked_array(waited, missing),
    }


def _under_way(
    ranks: int, first: Ints, last: Ints, ends: tuple[Ints, Ints], start: Ints, end: Ints
) -> Ints:
    """Return for how long each rank had a message under way between `first` and `last` (ps)."""
    rank = np.concatenate(ends)
    begun, over = np.tile(start, 2), np.tile(end, 2)
    begun = np.maximum(begun, first[rank])
    over = np.where(over < 0, last[rank], np.minimum(over, last[rank]))
    order = np.lexsort((begun, rank))
    rank, begun, over = rank[order], begun[order], over[order]
    # The latest end so far, rank by rank: ends lie below a step that each rank adds.
    step = int(max(last.max(initial=0), 0)) + 1
    reached = np.maximum.accumulate(over + rank * step) - rank * step
    before = np.empty_like(reached)
    before[:1] = 0
    before[1:] = np.where(rank[1:] == rank[:-1], reached[:-1], 0)
    added = np.clip(over - np.maximum(begun, before), 0, None)
    busy = np.zeros(ranks, np.int64)
    np.add.at(busy, rank, added)
    return busy


def _step_rows(
    one: Played, schedule: Schedule, messages: Ints, times: tuple[Ints, Ints]
) -> dict[str, Any]:
    """Return the messages of an iteration, by sender."""
    start, end = times
    order = np.lexsort((messages, schedule.round[messages], schedule.src[messages]))
    rows = messages[order]
    has = np.diff(schedule.first)[rows] > 0
    chunk = np.zeros(len(rows), np.int64)
    chunk[has] = schedule.chunks[schedule.first[rows[has]]]
    return {
        "collective": np.full(len(rows), one.iteration),
        "rank": schedule.src[rows],
        "step": schedule.round[rows],
        "index": rows,
        "chunk": chunk,
        "start": np.ma.masked_less(start[order], 0),
        "end": np.ma.masked_less(end[order], 0),
        "bytes": np.ceil(schedule.bytes[rows]).astype(np.int64),
        "peer": schedule.dst[rows],
    }
