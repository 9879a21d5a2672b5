"""Figures of quantum networks: what becomes of requests."""

from __future__ import annotations

from typing import Any

import numpy as np

from netsim.figures import palette
from netsim.figures.figure import MOST_POINTS, Data, Runs, figure, long_data
from netsim.figures.scale import Floats, numbers


@figure("quantum", "requests")
def accepted_requests(axes: Any, runs: Runs) -> Data:
    """Show how many requests have begun to be served by a time, mean over replications."""
    curves: dict[str, tuple[Floats, Floats]] = {}
    looks = palette.looks(runs)
    for name, run in runs.items():
        table = run.table("requests")
        start, accepted = numbers(table, "start") * 1e-12, numbers(table, "accepted") > 0
        replications = max(1, len(np.unique(numbers(table, "replication"))))
        times = np.sort(start[accepted])
        seconds = np.linspace(0, times[-1] if len(times) else 1.0, MOST_POINTS)
        curves[name] = seconds, np.searchsorted(times, seconds, side="right") / replications
        axes.plot(*curves[name], label=name, markevery=0.14, **looks[name].line())
    axes.set(xlabel="time [s]", ylabel="accepted requests", xlim=(0, None), ylim=(0, None))
    return long_data("run", curves, ("time", "accepted"))
