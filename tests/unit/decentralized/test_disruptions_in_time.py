"""Disruptions in time: slow nodes, traces, returns that fetch, losses on the way, and rates."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

import netsim
from netsim.errors import NetsimError

SECOND = 10**12
LINE = {
    "netsim": 1,
    "workload": "decentralized",
    "nodes": 2,
    "topology": {"kind": "line"},
    "model": {"kind": "quadratic", "h": 1, "c": [0, 8], "x0": 0},
    "local": {"steps": 1, "lr": 0.5},
    "rounds": 6,
    "eval": {"every": 1},
    "timing": {"mode": "sync_neighbours", "compute": "1 s"},
}


def run(**changes):
    block = {**LINE, **changes}
    return netsim.run(netsim.load({k: v for k, v in block.items() if v is not None}))


def from_file(folder, rows, **changes):
    (folder / "trace.csv").write_text("\n".join(rows) + "\n")
    entry = {"kind": "trace", "at": {"time": "1 s"}, "file": "trace.csv"}
    block = {**LINE, "disruption": [entry], **changes}
    (folder / "one.yaml").write_text(yaml.safe_dump(block))
    return netsim.run(netsim.load(folder / "one.yaml"))


def ends(found):
    peers = found.pandas("peers")
    last = peers[(peers["stage"] == 0) & (peers["round"] > 0)]
    return last.groupby("round")["t"].max().tolist()


def test_a_slow_node_holds_up_its_neighbours_while_it_is_slow():
    slow = {"kind": "straggler", "nodes": [1], "compute": 3, "recover_after": "4 s"}

    found = run(disruption=[{**slow, "at": {"time": "2 s"}}])

    # At 2 s the third round begins, which takes three seconds, and so does the fourth.
    assert ends(found) == [SECOND * at for at in (1, 2, 5, 8, 9, 10)]


def test_slow_links_carry_less():
    slow = {"kind": "straggler", "nodes": [1], "links": 0.5, "at": {"time": "2500 ms"}}
    more = {"timing": {**LINE["timing"], "message": "1 MB"}, "links": {"rate": "8 Mbps"}}

    found = run(disruption=[slow], rounds=4, **more)

    # A second of training and one of messages, then two.
    assert ends(found) == [SECOND * at for at in (2, 5, 8, 11)]


def test_a_trace_of_nodes_is_played(tmp_path):
    # Seconds count from the disruption, which happens at 1 s.
    rows = ["time,node,event", "1.5,1,down", "2.5,1,down", "3.25,1,up"]

    found = from_file(tmp_path, rows)

    table = found.pandas("disruptions")
    assert table[["target", "start", "end"]].values.tolist() == [
        ["node 1", 2_500_000_000_000, 4_250_000_000_000]
    ]
    assert found.runs[0]["rounds"] == 6
    alive = found.pandas("learning").groupby("round")["alive"].min()
    assert alive[3] == 1
    assert alive[6] == 2


def test_a_trace_of_links_is_played(tmp_path):
    rows = ["time,u,v,event", "1.5,1,0,down", "3.5,0,1,up"]

    found = from_file(tmp_path, rows)

    assert found.pandas("disruptions")["target"].tolist() == ["link 0-1"]
    assert found.pandas("graph")["components"].tolist() == [1, 2, 1]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["time,node,event", "1,2,down"], "there is no node 2"),
        (["time,u,v,event", "1,0,0,down"], "there is no link 0-0"),
        (["time,event", "1,down"], "neither a column node, nor u and v"),
        (["time,node,event", "-1,0,down"], "is not a number of seconds, 0 or more"),
    ],
)
def test_a_trace_that_is_wrong_is_told(tmp_path, rows, told):
    with pytest.raises(NetsimError, match=told):
        from_file(tmp_path, rows)


@pytest.mark.parametrize("mode", ["sync_neighbours", "sync_global"])
def test_who_fetches_a_model_begins_when_it_has_it(mode):
    drop = {"kind": "node_drop", "nodes": [1], "at": {"time": "1500 ms"}, "recover_after": "3 s"}
    clock = {"mode": mode, "compute": "1 s", "message": "1 MB"}
    more = {"links": {"rate": "8 Mbps"}, "timing": clock}

    stale, fetched = (
        run(disruption=[{**drop, "rejoin": rule}], rounds=6, **more) for rule in ("stale", "fetch")
    )

    # Back at 4.5 s, just before node 0 begins its fifth round, which both share. The model takes a
    # second, for which node 0 waits, and is one message more.
    messages = [it.runs[0]["messages"] for it in (stale, fetched)]
    assert messages[1] == messages[0] + 1
    assert fetched.runs[0]["bytes"] == stale.runs[0]["bytes"] + 1_000_000
    assert fetched.runs[0]["t_end"] == stale.runs[0]["t_end"] + SECOND


def test_a_lost_message_is_missed_when_it_would_have_come():
    more = {"links": {"loss": 1, "delay": "500 ms"}, "record": {"vectors": [6]}}

    found = run(**more)

    # Everybody learns alone: 8 (1 - 2^-6).
    assert found.table("vectors")["value"].to_pylist() == [0, 7.875]
    assert ends(found)[-1] == 9 * SECOND
    assert found.pandas("peers")["messages_lost"].sum() == 12


def test_losses_of_a_disruption_last_as_long_as_it_does():
    loss = {"kind": "link_loss", "at": {"time": "1500 ms"}, "p": 1, "recover_after": "2 s"}

    found = run(disruption=[loss])

    # The messages of the rounds that end at 2 s and 3 s.
    assert found.pandas("peers")["messages_lost"].sum() == 4


def test_bursts_are_lost_as_the_channel_says():
    # In the bad state for one message in three, in the long run: 0.1 / (0.1 + 0.2).
    loss = {"kind": "link_loss", "at": {"time": "0 s"}, "p_gb": 0.1, "p_bg": 0.2}
    found = run(disruption=[loss], rounds=3000, eval={"every": 3000})

    lost = found.pandas("peers")["messages_lost"].sum() / 6000
    # Neighbouring states correlate by 0.7, which makes the variance 17/3 times as large.
    assert abs(lost - 1 / 3) < 4 * (2 / 9 / 6000 * 17 / 3) ** 0.5


def test_churn_in_time_leaves_its_share_of_nodes_there():
    churn = {
        "kind": "churn",
        "at": {"time": "0 s"},
        "up": {"dist": "exponential", "mean": "30 s"},
        "down": {"dist": "exponential", "mean": "10 s"},
    }
    found = netsim.run(
        netsim.load(
            {
                **LINE,
                "nodes": 200,
                "topology": {"kind": "edges", "edges": []},
                "model": "quadratic",
                "algorithm": "decavg",
                "timing": {"mode": "sync_global", "compute": "200 s"},
                "disruption": [churn],
                "rounds": None,
                "until": "2000 s",
                "eval": {"every": 1000},
            }
        )
    )
    table = found.pandas("disruptions")
    off = (table["end"].fillna(2000 * SECOND) - table["start"]).sum() / SECOND / (200 * 2000)
    # The share of an alternating renewal process: variance 2 (u d)^2 / (u + d)^3 / T, and N nodes.
    error = (2 * (30 * 10) ** 2 / 40**3 / 2000 / 200) ** 0.5
    assert abs(off - 0.25) < 4 * error + 30 / 2000 * 0.25


def test_speeds_make_times_of_samples_and_parameters():
    # Three gradient steps of two numbers: 6 operations each and sample.
    found = run(
        model={"kind": "quadratic", "h": 1, "c": [[0, 1], [8, 1]], "x0": 0},
        local={"steps": 3, "lr": 0.5},
        timing={"mode": "sync_global", "speed": "0.000000036 GFLOPS"},
    )

    assert ends(found)[0] == SECOND


def test_seconds_and_bytes_to_a_target_are_those_of_its_evaluation():
    block = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 10,
        "topology": {"kind": "ring"},
        "timing": {"mode": "sync_neighbours", "compute": "2 s"},
        "execution": "lockstep",
        "target_accuracy": 0.5,
        "eval": {"every": 5},
    }
    found = netsim.run(netsim.load(block))

    last = found.pandas("learning").iloc[-1]
    row = found.runs[0]
    assert last["accuracy"] >= 0.5 > found.pandas("learning")["accuracy"].iloc[-2]
    assert row["time_to_target"] == last["t"] / SECOND == 2 * row["rounds_to_target"]
    assert row["bytes_to_target"] == last["bytes"] == row["rounds_to_target"] * 20 * 9640
    assert np.isclose(row["t_end"], last["t"])
