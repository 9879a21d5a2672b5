"""Coded rounds over a network at either fidelity: the same tables, and times by hand."""

from __future__ import annotations

from typing import Any

import pytest

from netsim.errors import ScenarioError
from netsim.verify.scenarios import simulate

# 10 Gb/s take 800 ps a byte. A packet of 1000 B takes 0.8 us; workers and master hang on one leaf.
NETWORK: dict[str, Any] = {
    "topology": {
        "kind": "leaf_spine",
        "leaves": 1,
        "spines": 1,
        "hosts_per_leaf": 4,
        "host_link": {"rate": "10 Gbps", "delay": "1 us"},
    },
    "packet": {"payload": "1000 B", "header": "0 B"},
}
US = 1_000_000
MODEL, GRADIENT, COMPUTE, LEAD = 400 * US, 800 * US, 1000 * US, (800_000 + 2 * US)


def coded(fidelity: str, **more: Any) -> Any:
    """Run one round of three workers, whose master is the fourth host."""
    return simulate(
        {
            "workload": "stragglers",
            "workers": 3,
            "jobs": 1,
            "delays": {"kind": "independent", "law": {"dist": "constant", "value": "1 ms"}},
            "message": {"gradient": "1 MB", "model": "500 kB"},
            "network": {**NETWORK, "fidelity": fidelity, **more.pop("network", {})},
            **more,
        }
    )


def test_a_round_over_ideal_ports_takes_what_its_formula_says():
    result = coded("ideal")

    # The first model leaves at once. When its worker has computed, its result takes the master's
    # port first; the two others, whose models came 400 us apart and are ready by then, follow it
    # without a gap, for a result takes twice as long as a model.
    first = MODEL + LEAD + COMPUTE
    (end,) = result.table("rounds")["end"].to_pylist()
    assert end == first + LEAD + 3 * GRADIENT


def test_a_round_that_waits_for_its_workers_is_as_long_as_the_last_of_them():
    result = coded("ideal", message={"gradient": "100 kB", "model": "500 kB"})

    # Results of 80 us no longer meet: the last model arrives after three of them.
    last = 3 * MODEL + LEAD + COMPUTE
    (end,) = result.table("rounds")["end"].to_pylist()
    assert end == last + LEAD + 80 * US


@pytest.mark.parametrize("fidelity", ["packet", "ideal"])
def test_its_network_writes_flows_hosts_and_the_links_that_it_has(fidelity):
    result = coded(fidelity, record={"tables": ["flows", "link_totals"]})

    flows, hosts, links = (result.pandas(name) for name in ("flows", "hosts", "link_totals"))
    assert sorted(zip(flows["src"], flows["dst"], flows["size"], strict=True)) == [
        *((worker, 3, 1_000_000) for worker in range(3)),
        *((3, worker, 500_000) for worker in range(3)),
    ]
    assert flows["status"].tolist() == ["done"] * 6
    assert hosts["name"].tolist() == ["host0", "host1", "host2", "host3"]
    assert hosts["leaf"].tolist() == ["leaf0"] * 4
    # The leaf's link to its spine carries nothing, and ports alone have no such link.
    assert len(links) == (10 if fidelity == "packet" else 8)
    into_master = links[links["link"] == "leaf0->host3"].iloc[0]
    assert into_master["tx"] >= 3_000_000
    joined = flows.merge(hosts, left_on="src", right_on="host").merge(
        links, left_on="name", right_on="src"
    )
    assert len(joined) == 6


def test_flows_are_the_same_at_both_fidelities_but_for_what_queues_and_time_make():
    tables = [
        coded(fidelity, record={"tables": ["flows"]}).pandas("flows")
        for fidelity in ("packet", "ideal")
    ]

    same = ["src", "dst", "size", "packets", "status", "reason", "ideal_fct"]
    packet, ideal = (table[same].sort_values(["src", "dst"]) for table in tables)
    assert packet.reset_index(drop=True).equals(ideal.reset_index(drop=True))


@pytest.mark.parametrize("fidelity", ["packet", "ideal"])
def test_incast_takes_longer_than_its_longest_flow_alone(fidelity):
    flows = coded(fidelity, record={"tables": ["flows"]}).pandas("flows")
    results = flows[flows["dst"] == 3]

    lasted = (results["end_rx"].max() - results["start"].min()) / 1e12
    assert lasted > results["ideal_fct"].max()


def test_tables_of_a_network_that_is_not_there_are_refused():
    with pytest.raises(ScenarioError, match="table 'flows' is of a network, and there is none"):
        simulate(
            {
                "workload": "stragglers",
                "workers": 3,
                "jobs": 1,
                "delays": {"kind": "isolated"},
                "record": {"tables": ["flows"]},
            }
        )


def test_without_its_tables_a_network_changes_no_round():
    plain = coded("ideal")
    recorded = coded("ideal", record={"tables": ["flows", "hosts"]})

    # `point` is an identity of the scenario, which says what to record.
    rounds = [result.pandas("rounds").drop(columns="point") for result in (plain, recorded)]
    assert rounds[0].equals(rounds[1])
    assert "hosts" not in plain.tables()
