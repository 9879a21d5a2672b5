"""Does an oversubscribed cluster need spraying? A first answer that misleads, and the right one.

512 hosts at 2:1 under `dctcp`, three policies, 8 replications, a figure. The first look turns the
conclusion round, since `dctcp` takes the packets that spraying reorders for lost; the run says so,
and with the advice followed spraying is as fast as planned paths.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import netsim
from netsim.figures.fabric import completion_times
from netsim.figures.page import page

CLUSTER = {
    "netsim": 1,
    "name": "cluster",
    "workload": "fabric",
    "seed": 3,
    "replications": 8,
    "topology": {
        "kind": "leaf_spine",
        "leaves": 32,
        "spines": 8,
        "hosts_per_leaf": 16,
        "host_link": {"rate": "400 Gbps", "delay": "500 ns"},
    },
    "transport": {"kind": "dctcp"},
    "traffic": [{"pattern": "permutation", "size": "4 MB", "inter_leaf": True}],
}


def mean_makespan(result):
    return sum(row["makespan"] for row in result.runs) / len(result.runs)


@pytest.mark.slow
def test_the_first_hour_with_512_hosts_ends_with_a_right_answer(tmp_path):
    runs = {
        name: netsim.run(netsim.load(CLUSTER, {"routing.policy": name}))
        for name in ("ecmp", "rps", "equitable")
    }

    assert "512 hosts, 400 Gbps, fabric 400 Gbps, 2:1" in runs["rps"].scenario.family.describe(
        runs["rps"].scenario.model
    )
    codes = {name: [one.code for one in run.warnings] for name, run in runs.items()}
    assert "reorder-as-loss" in codes["rps"]
    assert "reorder-as-loss" not in codes["ecmp"] + codes["equitable"]
    # Hardly anything is lost, so what was sent again had mostly arrived.
    assert sum(row["duplicates"] for row in runs["rps"].runs) > 0

    advised = netsim.load(CLUSTER, {"routing.policy": "rps", "transport.dup_threshold": 0})
    runs["rps"] = netsim.run(advised)

    assert "reorder-as-loss" not in [one.code for one in runs["rps"].warnings]
    assert mean_makespan(runs["rps"]) < mean_makespan(runs["ecmp"])
    # 16 hosts share 8 uplinks: no policy is faster than the uplinks' work, twice 4 MB at 400 Gb/s.
    assert min(map(mean_makespan, runs.values())) > 2 * 4_000_000 * 8 / 400e9 * 1e12
    picture = tmp_path / "fct.png"
    with page(Path(picture)) as (axes,):
        completion_times(axes, runs)
    assert picture.stat().st_size > 0
