"""Figures of peer-to-peer learning: how accurate survivors are, and how far apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netsim.figures import palette
from netsim.figures.figure import Data, Runs, figure, long_data
from netsim.figures.scale import Floats, numbers
from netsim.metrics.statistics import interval


@figure("decentralized", "learning")
def accuracy_of_survivors(axes: Any, runs: Runs) -> Data:
    """Show the mean accuracy of live nodes over rounds, with 95 % intervals over replications.

    Fewer than five replications have no interval.
    """
    return _over_rounds(axes, runs, "accuracy", "accuracy of live nodes")


@figure("decentralized", "learning")
def distance_between_models(axes: Any, runs: Runs) -> Data:
    """Show how far live nodes' models are from their mean over rounds, squared, on average."""
    data = _over_rounds(axes, runs, "consensus_distance", "mean squared distance to the mean")
    axes.set(ylim=(0, None))
    return data


@figure("decentralized", "learning")
def accuracy_over_time(axes: Any, runs: Runs) -> Data:
    """Show the mean accuracy of live nodes over time, with 95 % intervals over replications.

    Runs whose rounds have no clock are drawn over their rounds.
    """
    return _over_time(axes, runs, "accuracy", "accuracy of live nodes")


@figure("decentralized", "learning")
def survivors_over_time(axes: Any, runs: Runs) -> Data:
    """Show how many nodes the largest component of live nodes and links has, over time.

    Runs whose rounds have no clock are drawn over their rounds.
    """
    data = _over_time(axes, runs, "largest_component", "nodes of the largest component")
    axes.set(ylim=(0, None))
    return data


def _over_time(axes: Any, runs: Runs, column: str, label: str) -> Data:
    curves: dict[str, tuple[Floats, Floats]] = {}
    ends: dict[str, tuple[Floats, Floats]] = {}
    clocks = set()
    for name, run in runs.items():
        table = run.table("learning")
        turn, value = numbers(table, "round"), numbers(table, column)
        time = numbers(table, "t") / 1e12
        clocks.add(bool(np.isfinite(time).any()))
        if not np.isfinite(time).any():
            time = turn
        kept = np.isfinite(value) & np.isfinite(time) & (numbers(table, "stage") == 0)
        places = np.unique(turn[kept])
        found = [interval(value[kept & (turn == one)].tolist()) for one in places]
        when = np.array([time[kept & (turn == one)].mean() for one in places])
        order = np.argsort(when, kind="stable")
        curves[name] = (when[order], np.array([one.mean for one in found])[order])
        low = [one.mean if one.low is None else one.low for one in found]
        high = [one.mean if one.high is None else one.high for one in found]
        ends[name] = (np.array(low)[order], np.array(high)[order])
    _draw(axes, curves, ends)
    axes.set(xlabel="time (s)" if clocks == {True} else "rounds", ylabel=label, xlim=(0, None))
    return long_data("run", curves, ("time", column))


@figure("decentralized", "peers")
def variance_of_models(axes: Any, runs: Runs) -> Data:
    """Show the variance of a live model's numbers over rounds, on average over nodes and runs."""
    curves: dict[str, tuple[Floats, ...]] = {}
    looks = palette.looks(runs)
    for name, run in runs.items():
        table = run.table("peers")
        turn, spread = numbers(table, "round"), numbers(table, "model_variance")
        alive = np.asarray(table["alive"].to_numpy(zero_copy_only=False), np.bool_)
        rounds = np.unique(turn[alive])
        means = np.array([spread[alive & (turn == one)].mean() for one in rounds])
        curves[name] = (rounds, means)
        axes.plot(rounds, means, label=name, markevery=0.14, **looks[name].line())
    axes.set(
        xlabel="rounds", ylabel="variance of a model's numbers", xlim=(0, None), ylim=(0, None)
    )
    return long_data("run", curves, ("round", "model_variance"))


def _over_rounds(axes: Any, runs: Runs, column: str, label: str) -> Data:
    curves: dict[str, tuple[Floats, Floats]] = {}
    ends: dict[str, tuple[Floats, Floats]] = {}
    for name, run in runs.items():
        table = run.table("learning")
        turn, value = numbers(table, "round"), numbers(table, column)
        kept = np.isfinite(value) & (numbers(table, "stage") == 0)
        rounds = np.unique(turn[kept])
        means, low, high = [], [], []
        for one in rounds:
            found = interval(value[kept & (turn == one)].tolist())
            means.append(found.mean)
            low.append(found.mean if found.low is None else found.low)
            high.append(found.mean if found.high is None else found.high)
        curves[name] = (rounds, np.array(means))
        ends[name] = (np.array(low), np.array(high))
    _draw(axes, curves, ends)
    axes.set(xlabel="rounds", ylabel=label, xlim=(0, None))
    return long_data("run", curves, ("round", column))


def _draw(
    axes: Any,
    curves: Mapping[str, tuple[Floats, Floats]],
    ends: Mapping[str, tuple[Floats, Floats]],
) -> None:
    """Draw curves over their intervals."""
    looks = palette.looks(curves)
    for name, (rounds, means) in curves.items():
        line = looks[name].line()
        axes.plot(rounds, means, label=name, markevery=0.14, **line)
        axes.fill_between(rounds, *ends[name], color=line["color"], alpha=0.2, linewidth=0)


def disaster_map(
    axes: Any, worth: Floats, shares: Sequence[float], rounds: Sequence[int], label: str
) -> Data:
    """Show what victims' data is worth for each share of victims (rows) and round of the loss.

    Red: accuracy is higher where victims held none; blue: the other way about. Cells whose 95 %
    interval holds 0 come as NaN and stay blank. Not of tables but of a study's own numbers, so it
    is registered for no report.
    """
    percent = 100 * np.asarray(worth, np.float64)
    most = max(1.0, float(np.nanmax(np.abs(percent), initial=0.0)))
    image = axes.imshow(percent, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")
    for (row, column), value in np.ndenumerate(percent):
        if np.isfinite(value):
            ink = palette.ink_on(image.cmap(image.norm(value)))
            axes.text(column, row, f"{value:+.1f}", ha="center", va="center", color=ink)
    axes.grid(visible=False)
    axes.set_xticks(range(len(rounds)), [f"{one}" for one in rounds])
    axes.set_yticks(range(len(shares)), [f"{share:.0%}" for share in shares])
    axes.set(xlabel="round of the loss", ylabel=label)
    axes.figure.colorbar(image, ax=axes, label="worth of the data [points]")
    return {
        "share": np.repeat(np.asarray(shares, np.float64), len(rounds)),
        "round": np.tile(np.asarray(rounds), len(shares)),
        "worth": percent.ravel() / 100,
    }


def distance_to_optimum(axes: Any, curves: Mapping[str, tuple[Floats, Floats]], cost: str) -> Data:
    """Show squared distances to the optimum over what was sent, on a logarithmic axis.

    Not of tables but of a study's own numbers, so it is registered for no report.
    """
    looks = palette.looks(curves)
    for name, (sent, away) in curves.items():
        axes.plot(sent, np.maximum(away, 1e-16), label=name, markevery=0.14, **looks[name].line())
    axes.set(
        xlabel=cost, ylabel="mean squared distance to the optimum", yscale="log", xlim=(0, None)
    )
    return long_data("method", dict(curves), (cost, "distance"))
