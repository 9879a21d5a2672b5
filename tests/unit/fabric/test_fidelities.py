"""Fidelities are chosen by name; a lone flow takes its least time at each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netsim.errors import ScenarioError
from netsim.scenario import load
from netsim.verify.scenarios import csv, simulate

NETWORKS: dict[str, dict[str, Any]] = {
    "one leaf": {"kind": "leaf_spine", "leaves": 1, "spines": 1, "hosts_per_leaf": 2},
    "two leaves": {
        "kind": "leaf_spine",
        "leaves": 2,
        "spines": 1,
        "hosts_per_leaf": 1,
        "host_link": {"rate": "40 Gbps", "delay": "300 ns"},
        "fabric_link": {"rate": "100 Gbps"},
        "switch_latency": "70 ns",
    },
    "slow at the end": {
        "kind": "leaf_spine",
        "leaves": 2,
        "spines": 1,
        "hosts_per_leaf": 1,
        "overrides": [{"link": "leaf1->host1", "rate": "7 Gbps"}],
    },
    "slow at the beginning": {
        "kind": "leaf_spine",
        "leaves": 2,
        "spines": 1,
        "hosts_per_leaf": 1,
        "overrides": [{"link": "host0->leaf0", "rate": "3 Gbps"}],
    },
}


def flows_of(fidelity: str, topology: dict[str, Any], size: str) -> Any:
    traffic = csv(("src", "dst", "size", "start"), [(0, 1, size, "5 us")])
    scenario = {
        "workload": "fabric",
        "topology": topology,
        "transport": {"kind": "open_loop"},
        "fidelity": fidelity,
        "traffic": [{"file": "flows.csv"}],
    }
    return simulate(scenario, {"flows.csv": traffic}).pandas("flows")


@pytest.mark.parametrize("size", ["1 B", "4096 B", "4097 B", "1 MB"])
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("fidelity", ["packet", "ideal"])
def test_a_lone_flow_takes_its_ideal_time(fidelity, name, size):
    flows = flows_of(fidelity, NETWORKS[name], size)

    # `fct` and `ideal_fct` are the same numbers of ps, divided by the same.
    assert flows["fct"].tolist() == flows["ideal_fct"].tolist()
    assert flows["slowdown"].tolist() == [1.0]


def scenario(tmp_path, text: str) -> Any:
    path = tmp_path / "s.yaml"
    path.write_text(
        "netsim: 1\nworkload: fabric\n"
        "topology: {kind: leaf_spine, leaves: 2, spines: 2, hosts_per_leaf: 2}\n"
        "traffic: [{pattern: permutation, size: 1 MB}]\n" + text
    )
    return load(path)


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("fidelity: ideal\n", ()),
        ("fidelity: packet\nrouting: {policy: rps}\n", ()),
        (
            "fidelity: ideal\nrouting: {policy: rps}\nqueue: null\n",
            ("fidelity 'ideal' ignores routing",),
        ),
        (
            "fidelity: ideal\nqueue: {kind: drop_tail}\ntransport: {kind: dctcp}\n"
            "record: {tables: [links, packets]}\n",
            ("fidelity 'ideal' ignores transport, queue",),
        ),
    ],
)
def test_what_a_fidelity_does_not_look_at_is_said_in_one_line(tmp_path, text, notes):
    assert scenario(tmp_path, text).notes == notes


def test_a_fidelity_is_named_as_it_is_registered(tmp_path):
    assert scenario(tmp_path, "fidelity: ideal\n").resolved["fidelity"] == "ideal"
    with pytest.raises(ScenarioError, match="no fidelity named 'idael'"):
        scenario(tmp_path, "fidelity: idael\n")


def test_ports_alone_take_more_packets_than_packets_can_be_numbered(tmp_path):
    large = "traffic: [{pattern: incast, fan_in: 1, receiver: 0, size: 100 GB}]\n"
    path = tmp_path / "large.yaml"
    path.write_text(
        "netsim: 1\nworkload: fabric\n"
        "topology: {kind: leaf_spine, leaves: 1, spines: 1, hosts_per_leaf: 2}\n" + large
    )

    with pytest.raises(ScenarioError, match="packets"):
        load(path)
    assert load(path, ["fidelity=ideal"]).model.fidelity == "ideal"


def test_flows_of_a_pattern_end_no_sooner_than_the_bytes_of_a_port_take(tmp_path):
    from netsim.simulate import run

    path = scenario(tmp_path, "fidelity: ideal\n").path
    result = run(load(path, ["traffic[0].pattern=all_to_all"]))

    flows = result.pandas("flows")
    # Each host sends 1 MB to three others: 245 packets each, 64 B of header a packet.
    wire = 3 * (1_000_000 + 245 * 64) * 80
    assert flows["end_rx"].max() > wire
    assert (np.asarray(flows["slowdown"]) >= 1).all()
