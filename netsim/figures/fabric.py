"""Figures of packet networks: completion times, slowdown, loads, queues, order of arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netsim.figures import palette
from netsim.figures.figure import MOST_POINTS, Data, Runs, distribution, figure, long_data
from netsim.figures.scale import Floats, column_scale, numbers

if TYPE_CHECKING:
    import pyarrow as pa

_BINS = 24
#: One marker in so much of a curve: some in each, apart from those of its neighbours.
_SPACED = 0.14


def _curves(
    axes: Any, curves: dict[str, tuple[Floats, Floats]], **style: Any
) -> dict[str, tuple[Floats, Floats]]:
    """Draw a line per label, each in its own look."""
    looks = palette.looks(curves)
    for number, (label, (x, y)) in enumerate(curves.items()):
        every = (number * _SPACED / max(1, len(curves)), _SPACED)
        axes.plot(x, y, label=label, markevery=every, **(looks[label].line() | style))
    return curves


@figure("fabric", "flows")
def completion_times(axes: Any, runs: Runs) -> Data:
    """Show the share of flows that are complete over time; grey: alone in an unblocked core."""
    tables = {label: run.table("flows") for label, run in runs.items()}
    scale = column_scale(list(tables.values()), "fct", log=True)
    alone, share = distribution(
        np.concatenate([numbers(table, "ideal_fct") for table in tables.values()])
    )
    # Below all curves: the ideal must not hide the run that reaches it.
    axes.plot(
        *_from_zero(scale(alone), share),
        color=palette.REFERENCE, linewidth=4, alpha=0.5, drawstyle="steps-post",
        label="alone, unblocked core", zorder=1,
    )  # fmt: skip
    curves = {label: distribution(numbers(table, "fct")) for label, table in tables.items()}
    drawn = {label: (scale(value), part) for label, (value, part) in curves.items()}
    _curves(axes, drawn, drawstyle="steps-post")
    axes.set(xscale="log", xlabel=scale.label, ylabel="share of flows", ylim=(0, 1.02))
    return long_data("run", {"ideal_fct": (alone, share), **curves}, ("fct", "share"))


def _from_zero(x: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Return a distribution that starts on the axis, so that a single step is a line, too."""
    return np.concatenate((x[:1], x)), np.concatenate((share[:1] * 0, share))


@figure("fabric", "flows")
def slowdown_by_size(axes: Any, runs: Runs) -> Data:
    """Show how many times longer than alone flows of a size take: median, and 99th percentile.

    Flows are gathered in at most 24 bins of equal width in the logarithm of their size.
    """
    tables = {label: run.table("flows") for label, run in runs.items()}
    scale = column_scale(list(tables.values()), "size", log=True)
    looks = palette.looks(tables)
    curves: dict[str, tuple[Floats, ...]] = {}
    for label, table in tables.items():
        size, slowdown = numbers(table, "size"), numbers(table, "slowdown")
        done = np.isfinite(slowdown)
        curves[label] = points = _binned(size[done], slowdown[done])
        line = looks[label].line()
        axes.plot(scale(points[0]), points[1], label=f"{label}, median", **line)
        line |= {"linestyle": ":", "fillstyle": "none"}
        axes.plot(scale(points[0]), points[2], label=f"{label}, 99 %", **line)
    axes.set(xscale="log", yscale="log", xlabel=scale.label, ylabel="slowdown")
    return long_data("run", curves, ("size", "median", "p99"))


def _binned(size: Floats, value: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the geometric mean size, median and 99th percentile of every bin that holds any."""
    if not len(size):
        empty = np.empty(0)
        return empty, empty, empty
    log = np.log(size)
    width = max((log.max() - log.min()) / _BINS, 1e-9)
    place = np.minimum(((log - log.min()) / width).astype(np.int64), _BINS - 1)
    rows = [
        (np.exp(log[place == one].mean()), *np.quantile(value[place == one], (0.5, 0.99)))
        for one in np.unique(place)
    ]
    middle, median, high = np.array(rows, np.float64).T
    return middle, median, high


@figure("fabric", "link_totals", "hosts")
def link_loads(axes: Any, runs: Runs) -> Data:
    """Show the load of each link between switches over the mean load, in falling order."""
    curves = {}
    for label, run in runs.items():
        links = run.table("link_totals")
        inner = between_switches(*_ends(links), _names(run.table("hosts"), "name"))
        load = np.sort(numbers(links, "tx")[inner])[::-1]
        most = np.linspace(0, len(load) - 1, min(len(load), MOST_POINTS)).round().astype(np.int64)
        # Where no link joins two switches, or none that the fidelity looks at, there is no curve.
        mean = load.mean() if load.any() else 1.0
        curves[label] = (most / max(1, len(load) - 1), load[most] / mean)
    axes.axhline(1, color="black", linestyle=(0, (1, 2)), label="perfect balance")
    _curves(axes, curves)
    axes.set(xlabel="links between switches, by load", ylabel="tx / mean tx", ylim=(0, None))
    return long_data("run", curves, ("rank", "load"))


def between_switches(source: ArrayLike, target: ArrayLike, hosts: ArrayLike) -> NDArray[np.bool_]:
    """Return which links join two switches, by the names of their ends and of all hosts."""
    ends, known = (
        np.stack((np.asarray(source, str), np.asarray(target, str))),
        np.asarray(hosts, str),
    )
    at_hosts: NDArray[np.bool_] = np.isin(ends, known)
    inner: NDArray[np.bool_] = ~(at_hosts[0] | at_hosts[1])
    return inner


def _ends(links: pa.Table) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the names of the nodes that each link leaves and enters."""
    return _names(links, "src"), _names(links, "dst")


def _names(table: pa.Table, column: str) -> NDArray[Any]:
    return np.array(table.column(column).to_pylist(), str)


@figure("fabric", "link_totals", "hosts")
def utilization_map(axes: Any, runs: Runs) -> Data:
    """Show how busy the links from each leaf up to each spine are, mean over replications.

    Of several runs the first is drawn. Where several links join two switches, their mean is shown.
    """
    first = next(iter(runs.values()))
    links, hosts = first.table("link_totals"), first.table("hosts")
    source, target = _ends(links)
    leaves = _numbered(_names(hosts, "leaf"))
    up = np.isin(source, leaves) & between_switches(source, target, _names(hosts, "name"))
    spines = _numbered(target[up])
    axes.grid(visible=False)
    axes.set(xlabel="to spine", ylabel="from leaf")
    if not spines:
        axes.text(0.5, 0.5, "no link between switches", ha="center", transform=axes.transAxes)
        return {name: np.empty(0) for name in ("leaf", "spine", "utilization_mean")}
    row, column = (
        np.array([{name: n for n, name in enumerate(names)}[node] for node in ends[up]], np.int64)
        for names, ends in ((leaves, source), (spines, target))
    )
    cells = np.zeros((len(leaves), len(spines)))
    count = np.zeros_like(cells)
    np.add.at(cells, (row, column), numbers(links, "utilization_mean")[up])
    np.add.at(count, (row, column), 1)
    mean = cells / np.where(count, count, np.nan)
    image = axes.imshow(mean, vmin=0, cmap="cividis", aspect="auto")
    for ticks, names in ((axes.set_xticks, spines), (axes.set_yticks, leaves)):
        kept = np.arange(0, len(names), -(-len(names) // 8))
        ticks(kept, [_digits(names[place]) for place in kept])
    axes.figure.colorbar(image, ax=axes, label="utilization_mean")
    return {
        "leaf": np.repeat(leaves, len(spines)),
        "spine": np.tile(spines, len(leaves)),
        "utilization_mean": mean.ravel(),
    }


def _numbered(names: NDArray[Any]) -> list[str]:
    """Return the different names, ``leaf2`` before ``leaf10``."""
    return sorted(set(names.tolist()), key=lambda name: (len(name), name))


def _digits(name: str) -> str:
    """Return the number in a name like ``leaf12``, or the name."""
    number = name.lstrip("abcdefghijklmnopqrstuvwxyz_")
    return number if number.isdecimal() else name


@figure("fabric", "links")
def queue_over_time(axes: Any, runs: Runs) -> Data:
    """Show the queue of the link whose queue grows longest, in the first replication."""
    tables = {label: _busiest(run.table("links")) for label, run in runs.items()}
    time = column_scale(list(tables.values()), "t")
    size = column_scale(list(tables.values()), "queue")
    curves = {
        label: (numbers(table, "t"), numbers(table, "queue")) for label, table in tables.items()
    }
    named = {
        f"{label}, {table.column('link')[0].as_py()}": (
            time(curves[label][0]),
            size(curves[label][1]),
        )
        for label, table in tables.items()
    }
    # Hundreds of turns need no markers.
    _curves(axes, named, marker="")
    axes.set(xlabel=time.label, ylabel=size.label, ylim=(0, None))
    return long_data("run", curves, ("t", "queue"))


def _busiest(links: pa.Table) -> pa.Table:
    """Return the samples of the link that has the longest queue, of the first replication."""
    first = numbers(links, "replication")
    links = links.filter(first == first.min(initial=np.inf))
    queue, index = numbers(links, "queue"), numbers(links, "index")
    kept = links.filter(index == index[int(queue.argmax())])
    return kept.take(np.linspace(0, len(kept) - 1, min(len(kept), 2048)).round().astype(np.int64))


@figure("fabric", "flows")
def reordering(axes: Any, runs: Runs) -> Data:
    """Show the share of flows that have a packet displaced by at least so many places."""
    curves = {}
    for label, run in runs.items():
        value, below = distribution(numbers(run.table("flows"), "max_reorder"))
        least, first = np.unique(value, return_index=True)
        at_least = 1 - np.concatenate(([0.0], below))[first]
        # No flow lies beyond its greatest value: the curve ends on the axis.
        curves[label] = (np.append(least, least[-1:]), np.append(at_least, 0.0 * least[-1:]))
    _curves(axes, curves, drawstyle="steps-pre")
    axes.set(xscale="symlog", xlabel="max_reorder", ylabel="share of flows", ylim=(0, 1.02))
    axes.set_xlim(left=-0.1)
    return long_data("run", curves, ("max_reorder", "share"))
