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

import pandas as pd
from arguments import add_picture, run, size

import netsim
from netsim.errors import UsageError
from netsim.figures.fabric import between_switches, completion_times, link_loads
from netsim.figures.page import page
from netsim.metrics.arrow import provenance
from netsim.metrics.reader import Results

MOST = 6
NEEDED = ("runs", "flows", "link_totals", "hosts")


def read(directory: str) -> Results:
    """Return a run that has all tables that are needed."""
    results = netsim.open(directory)
    missing = [table for table in NEEDED if table not in results.tables()]
    if missing:
        remedy = "name a finished fabric run whose record.tables keeps " + ", ".join(NEEDED)
        raise UsageError(f"{directory} has no table {', '.join(missing)}; {remedy}")
    return results


def named(runs: Sequence[Results]) -> dict[str, Results]:
    """Return runs by what tells them apart: their policy, their name, or their place."""
    policies = [_routing(one) for one in runs]
    names = [str(one.pandas("runs").scenario.iloc[0]) for one in runs]
    places = [f"{name} {place}" for place, name in enumerate(names, start=1)]
    labels = next(some for some in (policies, names, places) if len(set(some)) == len(runs))
    return dict(zip(labels, runs, strict=True))


def _routing(run: Results) -> str:
    return str(provenance(run.table("runs").schema)["scenario"]["routing"]["policy"])


def headline(run: Results) -> dict[str, Any]:
    """Return the figures that a reader asks for first, means over replications."""
    flows, links = run.pandas("flows"), run.pandas("link_totals")
    per_run = flows.groupby("replication", observed=True)
    inner = between_switches(links.src, links.dst, run.pandas("hosts").name)
    load = links[inner].groupby("replication", observed=True).tx
    return {
        "replications": flows.replication.nunique(),
        "fct median [us]": per_run.fct.median().mean() * 1e6,
        "fct max [us]": per_run.fct.max().mean() * 1e6,
        "slowdown max": per_run.slowdown.max().mean(),
        "out of order": flows.out_of_order.sum() / flows.packets.sum(),
        "link load max/mean": (load.max() / load.mean()).mean(),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("runs", nargs="+", help=f"run directories, at most {MOST}")
    add_picture(parser, Path("compare.png"))
    options = parser.parse_args(arguments)
    if len(options.runs) > MOST:
        parser.error(f"{len(options.runs)} runs; compare at most {MOST} in one figure")
    runs = named([read(directory) for directory in options.runs])
    table = pd.DataFrame([{"run": name, **headline(run)} for name, run in runs.items()])
    print(table.set_index("run").round(3).to_string())
    with page(options.output, panels=2, size=size(options)) as (left, right):
        completion_times(left, runs)
        link_loads(right, runs)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    run(main)
