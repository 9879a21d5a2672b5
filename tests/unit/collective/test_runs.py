"""Collectives on ports alone against closed forms, on packets against hand-made numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netsim.collective.task import Costs, Task
from netsim.errors import ScenarioError
from netsim.registry import lookup, names
from netsim.verify.scenarios import simulate

KIND = "collective_algorithm"
CASES = json.loads((Path(__file__).parent / "reference_cases.json").read_text())["cases"]
FILE_NAMES = {"hierarchical_ring": "hier", "double_binary_tree": "dbt"}
US = 1_000_000


def collective(op: str, algorithm: str, size: str, ranks: int = 8, **more: Any) -> Any:
    """Run a collective on ports of 50 GB/s and 1 us, unless `more` says otherwise."""
    asked = {"op": op, "algorithm": algorithm, "size": size, **more.pop("collective", {})}
    topology = {"kind": "ideal", "ranks": ranks, "latency": "1 us", "rate": "50 GB/s"}
    return simulate(
        {
            "workload": "collective",
            "topology": more.pop("topology", topology),
            "collective": asked if size else {k: v for k, v in asked.items() if k != "size"},
            **more,
        }
    )


def ps(result: Any) -> int:
    """Return how long the collective took."""
    (row,) = result.table("collectives").to_pylist()
    return int(row["end"] - row["start"])


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
@pytest.mark.parametrize("fidelity", ["ideal", "analytic"])
def test_the_published_cases_take_their_time(case: dict[str, Any], fidelity: str):
    if fidelity == "analytic" and case.get("closed_form") is False:
        return
    name, chunks = case["algorithm"], case.get("chunks_per_tree", 1)
    if pieces := re.fullmatch(r"(\w+)\(k=(\d+)\)", name):
        name, chunks = pieces[1], int(pieces[2])
    latency, rate = case["alpha_us"], case["bandwidth_GBps"]
    near = None
    if isinstance(latency, list):
        near = {"size": case["group"], "latency": f"{latency[0]} us", "rate": f"{rate[0]} GB/s"}
        latency, rate = latency[1], rate[1]
    topology = {"kind": "ideal", "ranks": case["ranks"], "latency": f"{latency} us"}
    topology |= {"rate": f"{rate} GB/s"} | ({"groups": near} if near else {})

    found = collective(
        case["collective"],
        FILE_NAMES.get(name, name),
        f"{case['bytes']} B",
        topology=topology,
        fidelity=fidelity,
        collective={"chunks": chunks},
    )

    # The file's numbers have as many digits as its tolerance needs.
    assert ps(found) / US == pytest.approx(case["time_us"], rel=1.01 * case["rel_tol"])


EXACT = [(op, name) for name in names(KIND) for op in lookup(KIND, name).ops]


@pytest.mark.parametrize(("op", "name"), EXACT)
@pytest.mark.parametrize("reduce_rate", [None, "200 GB/s"])
def test_ports_take_what_an_exact_closed_form_says(op: str, name: str, reduce_rate: str | None):
    gamma = 0.0 if reduce_rate is None else 1 / 200e9
    compared = 0
    for ranks in (1, 2, 3, 5, 6, 8, 12, 13, 16):
        groups = (2,) * (ranks // 2) if name == "hier" and ranks % 2 == 0 else ()
        if name == "hier" and not groups:
            continue
        size = 0 if op == "barrier" else 5040 * 16 * ranks
        task = Task(op, ranks, size, chunks=4, groups=groups)
        costs = Costs(1e-6, 1 / 50e9, gamma)
        topology = {"kind": "ideal", "ranks": ranks, "latency": "1 us", "rate": "50 GB/s"}
        if groups:
            costs = Costs(1e-6, 1 / 400e9, gamma, 5e-6, 1 / 50e9)
            topology |= {"latency": "5 us"}
            topology["groups"] = {"size": 2, "latency": "1 us", "rate": "400 GB/s"}
        formula = lookup(KIND, name).time(task, costs)
        if formula.time is None or not formula.exact:
            continue
        rate = {"reduce_rate": reduce_rate} if reduce_rate else {}
        found = collective(
            op,
            name,
            f"{size} B" if size else "",
            topology=topology,
            collective={"chunks": 4, **rate},
        )
        messages = found.table("runs").to_pylist()[0]["messages"]
        # Each message on the longest way may be off by half a ps for its bytes, and a half for g.
        assert ps(found) / 1e12 == pytest.approx(formula.time, abs=1e-12 * (2 + messages))
        compared += 1
    assert compared or name in ("tree", "dbt")


def test_bidirectional_rings_hide_latency_and_no_bytes():
    # Each port sends 2 (N-1)/N of the data whatever the direction; small messages gain latency.
    long = ps(collective("all_reduce", "bidir_ring", "64 MB", 8))
    assert long / 1e12 == pytest.approx(2 * 7 / 8 * 64e6 / 50e9, rel=0.02)
    short = ps(collective("all_reduce", "bidir_ring", "16 B", 8))
    assert short == pytest.approx(14 * US, rel=0.01)


def test_trees_stay_within_their_bounds():
    for ranks in (3, 4, 7, 8, 16, 33):
        for chunks in (1, 2, 8, 64):
            found = collective("all_reduce", "tree", "1 MiB", ranks, collective={"chunks": chunks})
            upper = lookup(KIND, "tree").time(
                Task("all_reduce", ranks, 2**20, chunks=chunks), Costs(1e-6, 2e-11)
            )
            least = 2 * (ranks - 1) / ranks * 2**20 * 2e-11
            assert least <= ps(found) / 1e12 <= upper.time


# What ranks did -----------------------------------------------------------------------------------


def test_a_late_rank_delays_those_that_depend_on_it(tmp_path):
    late = tmp_path / "late.csv"
    late.write_text(
        "round,worker,finish\n" + "\n".join(f"0,{r},{0.001 * (r == 2)}" for r in range(4))
    )

    def play(op: str, algorithm: str) -> Any:
        from netsim.scenario import load
        from netsim.simulate import run

        scenario = {
            "netsim": 1,
            "workload": "collective",
            "topology": {"kind": "ideal", "ranks": 4, "latency": "1 us", "rate": "50 GB/s"},
            "collective": {"op": op, "algorithm": algorithm, "size": "4 MB"},
            "delays": {"kind": "matrix", "file": "late.csv"},
        }
        return run(load(scenario, folder=tmp_path))

    # The root's children in a broadcast do not wait for rank 2; what it sends comes 1 ms later.
    found = play("broadcast", "chain")
    start, end, wait = (found.table("ranks")[name].to_pylist() for name in ("start", "end", "wait"))
    step = US + 80 * US
    assert start == [0, 0, 1000 * US, 0]
    assert end == [step, step, 1000 * US, 1000 * US + step]
    assert wait[1] == 0
    assert wait[3] == pytest.approx(1e-3)
    # In an all-reduce everybody depends on everybody.
    found = play("all_reduce", "star")
    assert min(found.table("ranks")["end"].to_pylist()) > 1000 * US


def test_iterations_follow_each_other():
    found = collective("all_reduce", "ring", "1 MB", 4, iterations=3)
    rows = found.table("collectives").to_pylist()
    assert [row["iteration"] for row in rows] == [0, 1, 2]
    assert [row["start"] for row in rows[1:]] == [row["end"] for row in rows[:-1]]
    assert len({row["completion_time"] for row in rows}) == 1
    assert found.table("ranks")["collective"].to_pylist() == [0] * 4 + [1] * 4 + [2] * 4


def test_messages_are_in_the_table_of_steps():
    found = collective("all_reduce", "ring", "4 kB", 4, record={"tables": ["collective_steps"]})
    steps = found.table("collective_steps").to_pandas()
    assert len(steps) == 2 * 3 * 4
    assert (steps.groupby("rank")["bytes"].sum() == 6000).all()
    assert (steps["peer"] == (steps["rank"] + 1) % 4).all()
    assert (steps["end"] - steps["start"]).tolist() == [US + 20_000] * 24


def test_bandwidths_are_those_of_nccl_tests():
    (row,) = collective("all_reduce", "ring", "64 MB", 8).table("collectives").to_pylist()
    assert row["algorithm_bandwidth"] == pytest.approx(64e6 / row["completion_time"])
    assert row["bus_bandwidth"] == pytest.approx(row["algorithm_bandwidth"] * 14 / 8)
    assert row["slowdown"] == pytest.approx(row["completion_time"] / row["lower_bound"])
    (row,) = collective("barrier", "dissemination", "", 5).table("collectives").to_pylist()
    assert row["bus_bandwidth"] is None
    assert row["completion_time"] == pytest.approx(3e-6)


# Packets ------------------------------------------------------------------------------------------

LEAF_SPINE = {
    "kind": "leaf_spine",
    "leaves": 4,
    "spines": 4,
    "hosts_per_leaf": 4,
    "host_link": {"rate": "400 Gbps", "delay": "500 ns"},
}


@pytest.mark.parametrize("fidelity", ["packet", "ideal"])
def test_a_ring_in_rank_order_takes_what_its_hops_take(fidelity: str):
    found = collective(
        "all_reduce",
        "ring",
        "16 MiB",
        topology=LEAF_SPINE,
        routing={"policy": "stripe"},
        transport={"kind": "open_loop"},
        packet={"payload": "4096 B", "header": "64 B"},
        fidelity=fidelity,
    )
    # A chunk of 1 MiB has 256 packets of 4160 B, 83.2 ns each; a hop over k links stores and
    # forwards k - 1 of them. The longest 30 hops in a row around the ring cross leaves eight times.
    packet, delay = 83_200, 500_000
    near, far = (256 * packet + (k - 1) * packet + k * delay for k in (2, 4))
    assert ps(found) == 22 * near + 8 * far


def test_ranks_of_every_iteration_are_told_though_flows_are_over():
    # Rows of flows that are over are used again for later ones; those of a collective are kept.
    found = collective(
        "all_reduce",
        "ring",
        "1 MiB",
        topology=LEAF_SPINE,
        routing={"policy": "stripe"},
        transport={"kind": "open_loop"},
        iterations=3,
    )
    ranks = found.table("ranks").to_pandas()
    whole = found.table("collectives").to_pandas().set_index("collective")
    for number, rows in ranks.groupby("collective"):
        assert rows["end"].max() == whole.loc[number, "end"]
        assert (rows["start"] == whole.loc[number, "start"]).all()
        assert (rows["wait"] < 0.3 * whole.loc[number, "completion_time"]).all()


def test_three_levels_of_detail_agree_where_nothing_is_in_the_way():
    for op, algorithm in (
        ("all_reduce", "ring"),
        ("all_to_all", "pairwise"),
        ("all_reduce", "halving_doubling"),
    ):
        times = [
            ps(
                collective(
                    op,
                    algorithm,
                    "64 MB",
                    topology=LEAF_SPINE,
                    routing={"policy": "stripe"},
                    transport={"kind": "open_loop"},
                    fidelity=fidelity,
                )
            )
            for fidelity in ("packet", "ideal")
        ]
        assert times[0] == pytest.approx(times[1], rel=0.02), algorithm


def test_a_slower_core_is_seen_by_packets_and_not_by_ports():
    slow = {**LEAF_SPINE, "fabric_link": {"rate": "50 Gbps", "delay": "500 ns"}}

    def play(topology: dict[str, Any], fidelity: str) -> int:
        return ps(collective("all_to_all", "linear", "4 MB", topology=topology, fidelity=fidelity))

    assert play(slow, "packet") > 1.5 * play(LEAF_SPINE, "packet")
    # Ports see the longer storing and forwarding of single packets, no lack of bandwidth.
    assert play(slow, "ideal") < 1.05 * play(LEAF_SPINE, "ideal")


def test_doubled_rates_and_halved_latencies_never_slow_down():
    for name, op in (("ring", "all_reduce"), ("bruck", "all_to_all"), ("chain", "broadcast")):
        base = {"kind": "ideal", "ranks": 7, "latency": "2 us", "rate": "50 GB/s"}
        usual = ps(collective(op, name, "1 MB", topology=base))
        for change in ({"latency": "1 us"}, {"rate": "100 GB/s"}):
            assert ps(collective(op, name, "1 MB", topology={**base, **change})) <= usual


def test_auto_takes_the_fastest_or_nearly_so():
    rng = np.random.default_rng(7)
    for _ in range(6):
        ranks, size = int(rng.integers(2, 17)), int(10 ** rng.uniform(2, 7))
        found = collective("all_reduce", "auto", f"{size} B", ranks)
        rivals = [
            ps(collective("all_reduce", name, f"{size} B", ranks, collective={"chunks": 1}))
            for op, name in EXACT
            if op == "all_reduce" and name != "hier"
        ]
        assert ps(found) <= 1.05 * min(rivals)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"op": "all_reduce", "algorithm": "bruck"}, "bruck is no algorithm for all_reduce"),
        ({"op": "all_reduce", "algorithm": "rng"}, "did you mean 'ring'"),
        ({"op": "all_reduce", "algorithm": "hier"}, "hier needs groups"),
        ({"op": "broadcast", "algorithm": "chain", "root": 8}, "there is no rank 8"),
        ({"op": "all_reduce", "ranks": 9}, "9 ranks on 8 hosts"),
        ({"op": "all_reduce", "matrix": [[0.0]]}, "all_reduce has no matrix"),
        ({"op": "all_to_all", "algorithm": "linear", "matrix": [[0.5] * 8] * 8}, "sends 4 of"),
        ({"op": "all_to_all", "algorithm": "linear", "matrix": [[0.1] * 7] * 8}, "7 shares"),
        ({"op": "all_to_all", "algorithm": "linear", "matrix": [[-0.1] * 8] * 8}, "not a share"),
        ({"op": "all_to_all", "algorithm": "bruck", "matrix": [[0.1] * 8] * 8}, "takes no matrix"),
        ({"op": "barrier"}, "a barrier has no bytes"),
    ],
)
def test_what_cannot_be_done_is_said(block: dict[str, Any], said: str):
    asked = dict(block)
    with pytest.raises(ScenarioError) as told:
        collective(asked.pop("op"), asked.pop("algorithm", "auto"), "1 MB", collective=asked)
    assert said in str(told.value)


def test_groups_must_hold_all_ranks():
    topology = {"kind": "ideal", "ranks": 10, "latency": "1 us", "rate": "50 GB/s"}
    near = {"latency": "1 us", "rate": "400 GB/s"}
    for groups, said in (
        ({"size": 4}, "groups of 4 do not divide 10 ranks"),
        ({"sizes": [4, 4]}, "the groups have 8 ranks, but there are 10"),
        ({}, "either 'size' or 'sizes'"),
    ):
        with pytest.raises(ScenarioError, match=said):
            collective(
                "all_reduce", "hier", "1 MB", topology={**topology, "groups": {**near, **groups}}
            )
    found = collective(
        "all_reduce", "hier", "1 MB", topology={**topology, "groups": {**near, "sizes": [4, 6]}}
    )
    # The smaller group has four ports out, and half of the all-reduce of two has to leave it.
    assert ps(found) / 1e12 > 2 * (1 / 2) * 1e6 / (4 * 50e9)


def test_packets_need_links():
    with pytest.raises(ScenarioError, match="a network of ports alone has no links for packets"):
        collective("all_reduce", "ring", "1 MB", fidelity="packet")
