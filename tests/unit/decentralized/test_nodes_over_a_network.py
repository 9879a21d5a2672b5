"""Messages through a packet network: what they take, what is counted, and what is cut."""

from __future__ import annotations

import numpy as np
import pytest

import netsim

TREE = {
    "kind": "leaf_spine",
    "leaves": 2,
    "spines": 2,
    "hosts_per_leaf": 4,
    "host_link": {"rate": "100 Mbps", "delay": "10 us"},
}
BASE = {
    "netsim": 1,
    "workload": "decentralized",
    "nodes": 8,
    "topology": {"kind": "ring"},
    "model": {"kind": "quadratic", "h": 1, "c": [[n, 3 - n] for n in range(8)], "x0": 0},
    "rounds": 6,
    "eval": {"every": 2},
    "timing": {"mode": "sync_neighbours", "compute": "10 ms", "message": "200 kB"},
    "network": {"topology": TREE},
    "record": {"vectors": [6], "tables": ["flows", "link_totals"]},
}


def run(**changes):
    return netsim.run(netsim.load({**BASE, **changes}))


def traffic(size):
    flow = {"pattern": "permutation", "size": size}
    return {"topology": TREE, "traffic": [flow]}


def test_flows_and_nodes_count_the_same_bytes():
    found = run()

    sent = found.pandas("peers")["bytes_sent"].sum()
    assert sent == found.pandas("flows")["size"].sum() == 6 * 16 * 200_000
    assert found.pandas("peers")["bytes_received"].sum() == sent
    assert len(found.table("link_totals")) > 0


def test_on_an_idle_network_a_message_takes_the_time_of_a_flow_alone():
    pair = {
        "nodes": 2,
        "topology": {"kind": "edges", "directed": True, "edges": [[0, 1]]},
        "model": {"kind": "quadratic", "h": 1, "c": [0, 1], "x0": 0},
        "algorithm": "sgp",
        "rounds": 1,
        "record": {"tables": ["flows"]},
    }
    found = run(**pair)

    flow = found.pandas("flows").iloc[0]
    peers = found.pandas("peers")
    end = peers[(peers["round"] == 1) & (peers["node"] == 1)]["t"].iloc[0]
    assert flow["start"] == 10 * 10**9
    assert flow["fct"] == pytest.approx(flow["ideal_fct"], rel=1e-9)
    assert end == 10 * 10**9 + round(flow["ideal_fct"] * 1e12)


def test_more_traffic_moves_the_time_and_no_model():
    calm, busy, full = run(), run(network=traffic("20 MB")), run(network=traffic("40 MB"))

    for other in (busy, full):
        one, two = (it.table("vectors")["value"].to_numpy() for it in (calm, other))
        np.testing.assert_array_equal(one, two)
        losses = [it.pandas("learning")["loss"].tolist() for it in (calm, other)]
        assert losses[0] == losses[1]
    ends = [it.pandas("learning")["t"].iloc[-1] for it in (calm, busy, full)]
    assert ends[0] < ends[1] <= ends[2]


@pytest.mark.parametrize("in_flight", ["lost", "delivered"])
def test_the_messages_of_a_dead_node_are_cut_as_it_says(in_flight):
    # Trained at 10 ms; 200 kB to each of two neighbours take 32 ms and more at 100 Mb/s.
    drop = {"kind": "node_drop", "at": {"time": "20 ms"}, "nodes": [3], "in_flight": in_flight}

    found = run(disruption=[drop], rounds=1, record={"tables": ["flows"]})

    flows = found.pandas("flows")
    own, to_it = flows[flows["src"] == 3], flows[flows["dst"] == 3]
    assert set(to_it["status"]) == {"cancelled"}
    assert set(own["status"]) == ({"cancelled"} if in_flight == "lost" else {"done"})
    others = flows[(flows["src"] != 3) & (flows["dst"] != 3)]
    assert set(others["status"]) == {"done"}
    lost = found.pandas("peers")
    assert lost["messages_lost"].sum() == (4 if in_flight == "lost" else 2)


def test_a_cut_link_takes_back_what_is_on_its_way():
    cut = {"kind": "link_drop", "at": {"time": "20 ms"}, "links": [[3, 4]]}

    found = run(disruption=[cut], rounds=1, record={"tables": ["flows"]})

    flows = found.pandas("flows")
    gone = flows[flows["status"] == "cancelled"][["src", "dst"]].to_numpy().tolist()
    assert sorted(gone) == [[3, 4], [4, 3]]
