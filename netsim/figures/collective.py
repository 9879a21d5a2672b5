"""Figures of collectives: bus bandwidth over size with the bound, and fitted times."""

from __future__ import annotations

from typing import Any

import numpy as np

from netsim.figures import palette
from netsim.figures.figure import Data, Runs, figure, long_data
from netsim.figures.scale import Floats, column_scale, numbers, scale_of


@figure("collective", "collectives")
def bus_bandwidth(axes: Any, runs: Runs) -> Data:
    """Show bus bandwidth over size for each algorithm, and what no algorithm can exceed.

    Points of one size are averaged; the bound is size over `lower_bound`, as bus bandwidth.
    """
    tables = [run.table("collectives") for run in runs.values()]
    curves: dict[str, tuple[Floats, Floats, Floats]] = {}
    taken = [{*table.column("algorithm").to_pylist()} for table in tables]
    # Curves are called by their algorithms where that tells them apart.
    alone = sum(map(len, taken)) == len(set().union(*taken))
    for label, table in zip(runs, tables, strict=True):
        names = np.array(table.column("algorithm").to_pylist())
        size, rate = numbers(table, "size"), numbers(table, "bus_bandwidth")
        bound = rate * numbers(table, "slowdown")
        for name in np.unique(names):
            kept = (names == name) & np.isfinite(rate)
            sizes = np.unique(size[kept])
            mean = np.array([rate[kept & (size == one)].mean() for one in sizes])
            most = np.array([bound[kept & (size == one)].max() for one in sizes])
            curves[str(name) if alone else f"{label}, {name}"] = sizes, mean, most
    across, up = column_scale(tables, "size", log=True), column_scale(tables, "bus_bandwidth")
    looks = palette.looks(curves)
    for name, (sizes, mean, _) in curves.items():
        axes.plot(across(sizes), up(mean), label=name, **looks[name].line())
    sizes, _, most = max(curves.values(), key=lambda curve: len(curve[0]))
    axes.plot(across(sizes), up(most), color="0.4", linestyle="--", label="bound")
    axes.set(xlabel=across.label, ylabel=up.label, xscale="log", ylim=(0, None))
    every = across(np.concatenate([curve[0] for curve in curves.values()]))
    # One size alone would leave an axis without any extent.
    axes.set_xlim(every.min() / 2, every.max() * 2)
    return long_data("algorithm", curves, ("size", "bus_bandwidth", "bound"))


def measured_and_modelled(axes: Any, size: Floats, time: Floats, model: Floats) -> Data:
    """Show measured times (s) of sizes (B) as dots, and fitted ones as a line."""
    across = scale_of("size", "B", size, log=True)
    up = scale_of("completion time", "s", time, log=True)
    axes.plot(across(size), up(time), "o", color="0.3", markersize=4, label="measured")
    axes.plot(
        across(size), up(model), label="fitted", **palette.look("fitted").line() | {"marker": ""}
    )
    axes.set(xlabel=across.label, ylabel=up.label, xscale="log", yscale="log")
    return {"size": size, "measured": time, "fitted": model}
