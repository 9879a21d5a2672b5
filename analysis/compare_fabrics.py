"""Compare fabric runs: flow completion times, and the load of the links between switches.

    netsim run scenarios/fabric/permutation_ecmp.yaml -o out/ecmp
    netsim run scenarios/fabric/permutation_rps.yaml -o out/rps
    python analysis/compare_fabrics.py out/ecmp out/rps -o out/compare.png

Everything is read with pandas through `netsim.open`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from arguments import picture, run

import netsim
from netsim.errors import UsageError

# Okabe and Ito's palette, readable with any colour vision; markers tell lines on each other apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P")
NEEDED = ("runs", "flows", "link_totals")


def read(directory: str) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """Return a run's name, its flows and the totals of its links between switches."""
    results = netsim.open(directory)
    missing = [table for table in NEEDED if table not in results.tables()]
    if missing:
        remedy = "name a finished fabric run whose record.tables keeps " + ", ".join(NEEDED)
        raise UsageError(f"{directory} has no table {', '.join(missing)}; {remedy}")
    name = str(results.pandas("runs").scenario.iloc[0])
    links = results.pandas("link_totals")
    between = ~(
        links.src.astype(str).str.startswith("host") | links.dst.astype(str).str.startswith("host")
    )
    return name, results.pandas("flows"), links[between]


def headline(name: str, flows: pd.DataFrame, links: pd.DataFrame) -> dict[str, Any]:
    """Return the figures that a reader asks for first, means over replications."""
    per_run = flows.groupby("replication", observed=True)
    return {
        "run": name,
        "replications": flows.replication.nunique(),
        "fct median [us]": per_run.fct.median().mean() * 1e6,
        "fct max [us]": per_run.fct.max().mean() * 1e6,
        "slowdown max": per_run.slowdown.max().mean(),
        "out of order": flows.out_of_order.sum() / flows.packets.sum(),
        "link load max/mean": (
            links.groupby("replication", observed=True).tx.max()
            / links.groupby("replication", observed=True).tx.mean()
        ).mean(),
    }


def draw(runs: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]], path: Path) -> None:
    """Draw completion times (left) and link loads (right) of all runs into one figure."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    # Below all curves: the ideal must not hide the run that reaches it.
    ideal = runs[0][1].ideal_fct.max() * 1e6
    left.axvline(ideal, color="0.6", linewidth=4, label="alone, unblocked core", zorder=1)
    for (name, flows, links), colour, marker in zip(runs, COLOURS, MARKERS, strict=False):
        style = {"label": name, "color": colour, "marker": marker, "markersize": 5}
        fct = np.sort(flows.fct.dropna().to_numpy()) * 1e6
        left.plot(
            fct,
            np.arange(1, len(fct) + 1) / len(fct),
            drawstyle="steps-post",
            markevery=0.12,
            **style,
        )
        load = np.sort(links.tx.to_numpy())[::-1] / links.tx.mean()
        right.plot(np.arange(len(load)) / len(load), load, markevery=0.12, **style)
    # Most runs end close to the ideal and one far from it: a logarithm shows both.
    left.set(xscale="log", xlabel="flow completion time [us]", ylabel="share of flows", ylim=(0, 1))
    for axis in (left.xaxis.set_major_formatter, left.xaxis.set_minor_formatter):
        axis("{x:g}")
    right.axhline(1, color="black", linestyle=":", label="perfect balance")
    right.set(xlabel="links between switches, by load", ylabel="bytes / mean bytes", ylim=(0, None))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("runs", nargs="+", help="run directories, at most six")
    parser.add_argument(
        "-o", "--output", type=picture, default=Path("compare.png"), help="figure to write"
    )
    options = parser.parse_args(arguments)
    if len(options.runs) > len(COLOURS):
        parser.error(f"{len(options.runs)} runs; compare at most {len(COLOURS)} in one figure")
    runs = [read(directory) for directory in options.runs]
    table = pd.DataFrame([headline(*run) for run in runs]).set_index("run")
    print(table.round(3).to_string())
    draw(runs, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    run(main)
