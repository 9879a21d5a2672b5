"""Figures of repeaters: rate and fidelity over distance, pairs over time, what waiting costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from netsim.figures import palette
from netsim.figures.figure import MOST_POINTS, Data, Runs, distribution, figure, long_data
from netsim.figures.scale import Floats, column_scale, numbers

#: Most pairs of a timeline; of more, the first are shown.
_MOST_PAIRS = 48
#: What ended a pair, in the order of the legend.
_CAUSES = ("delivered", "swapped", "measured", "expired", "failed", "ended")


@figure("quantum", "entanglements")
def fidelity_against_age(
    axes: Any, runs: Runs, law: Callable[[Floats], Floats] | None = None
) -> Data:
    """Show the fidelity of links' own pairs at their end, over how long they were stored.

    Of many pairs some are drawn, evenly spread over their ages. `law`, fidelity over seconds, is
    drawn beside them where it is given.
    """
    points: dict[str, tuple[Floats, Floats]] = {}
    for label, run in runs.items():
        table = run.table("entanglements")
        created, ended = numbers(table, "created"), numbers(table, "ended")
        own = (numbers(table, "level") == 1) & (numbers(table, "purifications") == 0)
        age, fidelity = (ended - created)[own] * 1e-12, numbers(table, "fidelity")[own]
        order = np.argsort(age, kind="stable")
        kept = order[np.linspace(0, len(order) - 1, min(len(order), MOST_POINTS)).astype(np.int64)]
        points[label] = age[kept], fidelity[kept]
    looks = palette.looks(points)
    for label, (age, fidelity) in points.items():
        line = looks[label].line()
        mark = {"color": line["color"], "label": label, "alpha": 0.5, "markersize": 3}
        axes.plot(age * 1e3, fidelity, line["marker"], **mark)
    most = max((float(age.max(initial=0)) for age, _ in points.values()), default=0.0)
    if law is not None and most:
        time = np.linspace(0, most, 200)
        axes.plot(time * 1e3, law(time), "--", color=palette.COLOURS[-1], label="decay law")
    axes.set(xlabel="stored [ms]", ylabel="fidelity", xlim=(0, None))
    return long_data("run", points, ("stored", "fidelity"))


@figure("quantum", "entanglements")
def pair_timeline(axes: Any, runs: Runs) -> Data:
    """Show the first pairs of a run: between which routers, from when until when, and what became.

    Each is a bar over its time, drawn at the routers that it joins; its colour is what ended it.
    Of several runs the first is drawn, of it the first replication.
    """
    table = next(iter(runs.values())).table("entanglements")
    table = table.filter(numbers(table, "replication") == 0).slice(0, 1 << 20)
    order = np.argsort(numbers(table, "created"), kind="stable")[:_MOST_PAIRS]
    table = table.take(order)
    names = [table.column(side).to_pylist() for side in ("node_a", "node_b")]
    routers = sorted(set(names[0]) | set(names[1]), key=_natural)
    place = {name: at for at, name in enumerate(routers)}
    low, high = (np.array([place[name] for name in side], np.float64) for side in names)
    scale = column_scale([table], "ended")
    begin, end = scale(numbers(table, "created")), scale(numbers(table, "ended"))
    causes = table.column("cause").to_pylist()
    for at, cause in enumerate(_CAUSES):
        shown = np.array([one == cause for one in causes], bool)
        colour = palette.COLOURS[at]
        for side, other in ((low, high), (high, low)):
            # A little off its router, towards the other end, so that both of its sides are seen.
            y = side + 0.12 * np.sign(other - side)
            axes.hlines(y[shown], begin[shown], end[shown], color=colour, linewidth=2.2)
        axes.vlines(
            begin[shown],
            (low + 0.12 * np.sign(high - low))[shown],
            (high + 0.12 * np.sign(low - high))[shown],
            color=colour,
            linewidth=0.7,
            alpha=0.6,
        )
        if shown.any():
            axes.plot([], [], "-", color=colour, label=cause)
    axes.set_yticks(range(len(routers)), routers)
    axes.set(xlabel=scale.label.replace("ended", "time"), ylabel="router")
    axes.set_ylim(-0.3, len(routers) - 0.7)
    return {
        "node_a": np.array(names[0]),
        "node_b": np.array(names[1]),
        "created": numbers(table, "created"),
        "ended": numbers(table, "ended"),
        "cause": np.array(causes),
    }


def _natural(name: str) -> tuple[int, str]:
    return len(name), name


@figure("quantum", "entanglements")
def time_between_pairs(axes: Any, runs: Runs) -> Data:
    """Show the share of times between one delivered pair and the next that are shorter."""
    curves: dict[str, tuple[Floats, Floats]] = {}
    for label, run in runs.items():
        table = run.table("entanglements")
        delivered = np.array(table.column("cause").to_pylist()) == "delivered"
        kept, ended = numbers(table, "replication")[delivered], numbers(table, "ended")[delivered]
        gaps = [np.diff(np.sort(ended[kept == one])) for one in np.unique(kept)]
        curves[label] = distribution(np.concatenate([*gaps, np.zeros(0)]) * 1e-12)
    looks = palette.looks(curves)
    for label, (gap, share) in curves.items():
        axes.plot(gap * 1e3, share, label=label, markevery=0.14, **looks[label].line())
    axes.set(xlabel="time between pairs [ms]", ylabel="share", ylim=(0, 1.02), xlim=(0, None))
    return long_data("run", curves, ("between", "share"))


def against(
    axes: Any,
    x: tuple[str, Sequence[float]],
    y: str,
    curves: Mapping[str, Sequence[float]],
    bounds: Mapping[str, Sequence[float]] | None = None,
    log: bool = True,
) -> Data:
    """Show a study's numbers over what it varied, and bounds beside them in grey.

    Not of tables but of many runs, so it is registered for no report. What is not positive is left
    out of a logarithmic axis.

    Parameters
    ----------
    axes
        The panel.
    x
        Label of the horizontal axis and its values.
    y
        Label of the vertical axis.
    curves, bounds
        Values by name.
    log
        Whether the vertical axis is logarithmic.
    """
    name, places = x[0], np.asarray(x[1], np.float64)
    looks = palette.looks(curves)
    drawn: dict[str, tuple[Floats, Floats]] = {}
    for label, values in curves.items():
        heights = np.asarray(values, np.float64)
        kept = np.isfinite(heights) & ((heights > 0) | (not log))
        axes.plot(places[kept], heights[kept], label=label, **looks[label].line())
        drawn[label] = places[kept], heights[kept]
    for at, (label, values) in enumerate((bounds or {}).items()):
        heights = np.asarray(values, np.float64)
        dash = palette.DASHES[(at + 1) % len(palette.DASHES)]
        axes.plot(places, heights, dash, color=palette.REFERENCE, label=label)
        drawn[label] = places, heights
    axes.set(xlabel=name, ylabel=y, yscale="log" if log else "linear")
    return long_data("curve", drawn, ("x", "y"))
