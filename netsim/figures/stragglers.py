"""Figures of coded computing: durations of rounds, finished jobs, who straggles, who wins where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netsim.figures import palette
from netsim.figures.figure import MOST_POINTS, Data, Runs, distribution, figure, long_data
from netsim.figures.scale import Floats, column_scale, numbers, scale_of

#: Most rounds and workers of a map; of more, the first are shown.
_MOST_CELLS = 128
_AWAITED = "#DDDDDD"
_LATE = palette.COLOURS[1]


@figure("stragglers", "rounds")
def round_durations(axes: Any, runs: Runs) -> Data:
    """Show the share of rounds that are over, over their duration."""
    tables = {label: run.table("rounds") for label, run in runs.items()}
    scale = column_scale(list(tables.values()), "duration", log=True)
    curves = {label: distribution(numbers(table, "duration")) for label, table in tables.items()}
    looks = palette.looks(curves)
    for label, (duration, share) in curves.items():
        line = looks[label].line()
        axes.plot(scale(duration), share, label=label, markevery=0.14, **line)
    axes.set(xscale="log", xlabel=scale.label, ylabel="share of rounds", ylim=(0, 1.02))
    return long_data("run", curves, ("duration", "share"))


@figure("stragglers", "jobs")
def finished_jobs(axes: Any, runs: Runs) -> Data:
    """Show how many jobs are decoded by when, in the first replication."""
    curves: dict[str, tuple[Floats, Floats]] = {}
    tables = {}
    for label, run in runs.items():
        jobs = run.table("jobs")
        tables[label] = jobs.filter(numbers(jobs, "replication") == 0)
        when = np.sort(numbers(tables[label], "completion"))
        when = when[np.isfinite(when)]
        kept = np.linspace(0, len(when) - 1, min(len(when), MOST_POINTS)).round().astype(np.int64)
        curves[label] = (when[kept], (kept + 1).astype(np.float64))
    scale = scale_of("completion", "ps", np.concatenate([when for when, _ in curves.values()]))
    looks = palette.looks(curves)
    for label, (when, count) in curves.items():
        axes.plot(scale(when), count, label=label, markevery=0.14, **looks[label].line())
    axes.set(xlabel=scale.label, ylabel="jobs decoded", xlim=(0, None), ylim=(0, None))
    return long_data("run", curves, ("completion", "jobs"))


@figure("stragglers", "worker_rounds")
def worker_map(axes: Any, runs: Runs) -> Data:
    """Show which workers straggle in which rounds (red), and who was awaited (grey).

    Of several runs the first is drawn, of it the first replication, the first 128 rounds and
    workers.
    """
    rows = next(iter(runs.values())).table("worker_rounds")
    rows = rows.filter(numbers(rows, "replication") == 0)
    turn, worker = (numbers(rows, name).astype(np.int64) for name in ("round", "worker"))
    late = numbers(rows, "straggler")
    axes.grid(visible=False)
    axes.set(xlabel="round", ylabel="worker")
    if not len(rows):
        axes.text(0.5, 0.5, "no rounds with workers", ha="center", transform=axes.transAxes)
        return {"round": turn, "worker": worker, "straggler": late > 0}
    shown = (turn < _MOST_CELLS) & (worker < _MOST_CELLS)
    cells = np.full((worker[shown].max(initial=0) + 1, turn[shown].max(initial=0) + 1), np.nan)
    cells[worker[shown], turn[shown]] = late[shown]
    from matplotlib.colors import ListedColormap

    axes.imshow(
        cells,
        cmap=ListedColormap([_AWAITED, _LATE]),
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
    )
    for colour, label in ((_AWAITED, "awaited"), (_LATE, "straggler")):
        axes.plot([], [], "s", color=colour, label=label)
    return {"round": turn[shown], "worker": worker[shown], "straggler": late[shown] > 0}


def gain_map(
    axes: Any, gains: Floats, bursts: Sequence[float], slopes: Sequence[float], label: str
) -> Data:
    """Show a gain in per cent for each mean burst (rows) and load slope (columns); blue is less.

    Not of tables but of a study's own numbers, so it is registered for no report.
    """
    percent = 100 * np.asarray(gains, np.float64)
    most = float(np.abs(percent).max(initial=1e-9))
    image = axes.imshow(percent, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")
    for (row, column), value in np.ndenumerate(percent):
        ink = palette.ink_on(image.cmap(image.norm(value)))
        shown = f"{value:+.0f}" if round(value) else "0"
        axes.text(column, row, shown, ha="center", va="center", color=ink)
    axes.grid(visible=False)
    axes.set_xticks(range(len(slopes)), [f"{slope:g}" for slope in slopes])
    axes.set_yticks(range(len(bursts)), [f"{burst:g}" for burst in bursts])
    axes.set(xlabel="time per full data set [s]", ylabel="mean burst [rounds]")
    axes.figure.colorbar(image, ax=axes, label=label)
    return {
        "burst": np.repeat(bursts, len(slopes)),
        "slope": np.tile(slopes, len(bursts)),
        "gain": percent.ravel() / 100,
    }
