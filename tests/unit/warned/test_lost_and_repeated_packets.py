"""What a run says of lost and repeated packets is what its packets did, one by one."""

from __future__ import annotations

import netsim

SCENARIO = {
    "netsim": 1,
    "name": "small",
    "workload": "fabric",
    "topology": {
        "kind": "leaf_spine",
        "leaves": 4,
        "spines": 4,
        "hosts_per_leaf": 4,
        "host_link": {"rate": "100 Gbps", "delay": "500 ns"},
    },
    "routing": {"policy": "rps"},
    "transport": {"kind": "dctcp"},
    "traffic": [{"pattern": "permutation", "size": "1 MB"}],
    "queue": {"kind": "drop_tail", "capacity": "15 kB"},
    "record": {"tables": ["packets"]},
}


def test_duplicates_and_shares_are_those_of_the_packets_table():
    result = netsim.run(netsim.load(SCENARIO))
    (row,) = result.runs
    packets = result.pandas("packets")
    data = packets[~packets.ack]
    receiver = result.pandas("hosts").set_index("host")["name"].astype(str)
    flows = result.pandas("flows").set_index("flow")
    target = data.flow.map(flows.dst).map(receiver)

    arrived = data[(data.event == "deliver") & (data.node.astype(str) == target)]
    sent = data.packet.nunique()

    assert row["duplicates"] == len(arrived) - len(arrived.drop_duplicates(["flow", "seq"])) > 0
    assert row["drops"] == (data.event == "drop").sum() > 0
    assert row["drop_share"] == row["drops"] / sent
    assert row["retransmits"] == sent - flows.packets.sum()


def test_spraying_without_loss_sends_again_what_had_arrived_and_only_that():
    overrides = {"queue.capacity": "100 MB"}

    (row,) = netsim.run(netsim.load(SCENARIO, overrides)).runs

    # Nothing is lost, so each packet that is sent again arrives a second time.
    assert row["drops"] == 0
    assert row["duplicates"] == row["retransmits"] > 0


def test_the_head_names_the_rates_of_both_tiers_and_the_oversubscription():
    shape = {
        "topology.hosts_per_leaf": 6,
        "topology.fabric_link": {"rate": "50 Gbps"},
    }
    scenario = netsim.load(SCENARIO, shape)

    head = scenario.family.describe(scenario.model)

    # Six hosts at 100 Gb/s over four links at 50 Gb/s: 600 / 200.
    assert "24 hosts, 100 Gbps, fabric 50 Gbps, 3:1 |" in head
