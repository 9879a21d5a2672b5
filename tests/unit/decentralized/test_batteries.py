"""Batteries end when arithmetic says so, and their nodes drop then."""

from __future__ import annotations

import pytest

import netsim

SECOND = 10**12
PAIR = {
    "netsim": 1,
    "workload": "decentralized",
    "nodes": 2,
    "topology": {"kind": "line"},
    "model": {"kind": "quadratic", "h": 1, "c": [0, 8], "x0": 0},
    "local": {"steps": 1, "lr": 0.5},
    "rounds": 40,
    "timing": {"mode": "sync_neighbours", "compute": "1 s", "message": "1 MB"},
    "links": {"rate": "8 Mbps"},
    "disruption": [{"kind": "battery"}],
}


def run(**changes):
    return netsim.run(netsim.load({**PAIR, **changes}))


def deaths(found):
    return found.pandas("disruptions").set_index("target")["start"].to_dict()


def test_a_node_that_only_idles_lasts_for_capacity_over_power():
    found = run(energy={"capacity": ["10 J", "1 kJ"], "idle": "3 W"})

    assert deaths(found) == {"node 0": pytest.approx(10 / 3 * SECOND, abs=2)}
    assert found.runs[0]["alive"] == 1


def test_a_node_under_constant_load_lasts_as_long_as_its_mean_power_says():
    # A round takes 1 s of training and 1 s of messages: half the time it trains, and a megabyte
    # goes and comes each 2 s. E0 / (P_idle + P_cpu u + e_send R + e_receive R), at round ends.
    send, receive = 2e-6, 1e-6
    energy = {
        "capacity": ["70 J", "1000 kJ"],
        "idle": "1 W",
        "compute": "4 W",
        "send": f"{send} J/B",
        "receive": f"{receive} J/B",
    }
    found = run(energy=energy)
    mean = 1 + 4 * 0.5 + (send + receive) * 1e6 / 2

    # 9 J a round of 2 s: after seven rounds 7 J are left; 5 J of them go by the end of the next
    # training, and the last 2 J with the message that is sent then.
    assert mean == 4.5
    assert deaths(found) == {"node 0": 15 * SECOND}
    assert abs(70 / mean - 15) < 2


def test_who_is_given_a_battery_returns():
    found = run(
        energy={"capacity": ["10 J", "1 kJ"], "idle": "2 W"},
        disruption=[{"kind": "battery", "recover_after": "3 s"}],
        rounds=12,
    )

    table = found.pandas("disruptions")
    first = table.iloc[0]
    assert (first["start"], first["end"]) == (5 * SECOND, 8 * SECOND)
    # A full battery again: five seconds from then.
    assert table.iloc[1]["start"] == 13 * SECOND


def test_sending_farther_costs_the_square_of_the_distance():
    places = {"kind": "random_geometric", "radius": "1 km", "area": ["100 m", "100 m"]}
    found = run(
        topology=places,
        disruption=[],
        rounds=1,
        energy={"capacity": "100 J", "amplifier": "0.000001 J/B"},
    )

    peers = found.pandas("peers")
    last = peers[peers["round"] == 1]
    away = (last["x"].diff().iloc[1] ** 2 + last["y"].diff().iloc[1] ** 2) ** 0.5
    # A megabyte at a microjoule a byte and square metre.
    spent = 1.0 * away**2
    assert away > 1
    assert (100 - last["energy"]).tolist() == pytest.approx([min(100, spent)] * 2)


def test_without_a_battery_that_ends_energy_is_only_counted():
    found = run(energy={"capacity": "3 J", "idle": "1 W"}, disruption=[], rounds=4)

    left = found.pandas("peers")
    assert left[left["round"] == 4]["energy"].tolist() == [0, 0]
    assert found.runs[0]["alive"] == 2


@pytest.mark.parametrize("algorithm", ["gossip", "adpsgd"])
def test_nodes_that_wait_for_nobody_run_down_too(algorithm):
    ring = {"nodes": 6, "topology": {"kind": "ring"}, "rounds": None, "until": "60 s"}
    model = {"kind": "quadratic", "h": 1, "c": 1, "x0": 0}
    energy = {"capacity": "30 J", "idle": "1 W"}
    asynchronous = {"mode": "async", "compute": "300 ms", "message": "1 MB"}

    found = run(**ring, model=model, algorithm=algorithm, timing=asynchronous, energy=energy)

    assert deaths(found) == {f"node {node}": 30 * SECOND for node in range(6)}
    assert found.runs[0]["alive"] == 0
    assert found.pandas("peers")["energy"].iloc[-1] == 0
