"""What a disaster does: who holds data, who is hit, when, and what survivors make of it."""

from __future__ import annotations

import numpy as np
import pytest

from netsim.verify.scenarios import simulate

BASE = {
    "workload": "decentralized",
    "nodes": 20,
    "topology": {"kind": "barabasi_albert", "m": 2},
    "model": {"kind": "mlp", "hidden": [16]},
    "rounds": 6,
    "eval": {"every": 3},
}
DROP = {"kind": "node_drop", "at": {"round": 4}, "fraction": 0.3, "select": "degree"}


def rows(result, table):
    return result.table(table).to_pylist()


def test_models_do_not_depend_on_where_the_schedule_is_cut(monkeypatch):
    scenario = {
        **BASE,
        "disruption": [DROP, {"kind": "link_loss", "at": {"round": 1}, "p": 0.3}],
        "record": {"vectors": [6]},
    }
    step = simulate({**scenario, "execution": "lockstep"}).table("vectors")["value"].to_numpy()

    for ahead in (1, 7, 1000):
        monkeypatch.setattr("netsim.decentralized.run.AHEAD", ahead)
        found = simulate(scenario).table("vectors")["value"].to_numpy()
        assert found.tobytes() == step.tobytes()


def test_a_run_is_the_same_twice():
    scenario = {**BASE, "disruption": [DROP]}

    first, second = simulate(scenario), simulate(scenario)

    for name in ("learning", "peers", "graph", "disruptions"):
        assert first.table(name).equals(second.table(name))


def test_more_victims_change_no_survivors_batches():
    # Nobody talks, so a node that lives learns the same whoever else is dropped.
    alone = {**BASE, "topology": {"kind": "edges", "edges": []}, "record": {"vectors": [6]}}
    few = simulate({**alone, "disruption": [{**DROP, "fraction": None, "nodes": [3]}]})
    many = simulate({**alone, "disruption": [{**DROP, "fraction": None, "nodes": [3, 5, 7]}]})

    models = [r.table("vectors")["value"].to_numpy().reshape(20, -1) for r in (few, many)]
    kept = [node for node in range(20) if node not in (5, 7)]
    assert (models[0][kept] == models[1][kept]).all()
    assert (models[0][[5, 7]] != models[1][[5, 7]]).any()


def test_the_accuracy_is_the_mean_over_all_survivors_isolated_ones_as_well():
    result = simulate({**BASE, "disruption": [{**DROP, "fraction": 0.5}]})

    last = rows(result, "learning")[-1]
    peers = [row for row in rows(result, "peers") if row["round"] == 6 and row["alive"]]
    by_kind = {
        kind: [row["accuracy"] for row in peers if row["component_kind"] == kind]
        for kind in ("giant", "small", "isolated")
    }
    assert len(peers) == last["alive"] == 10
    assert last["accuracy"] == pytest.approx(np.mean([row["accuracy"] for row in peers]))
    assert last["isolated"] == len(by_kind["isolated"]) > 0
    assert last["accuracy_isolated"] == pytest.approx(np.mean(by_kind["isolated"]))
    assert last["accuracy_largest"] == pytest.approx(np.mean(by_kind["giant"]))


def test_evaluations_are_at_the_start_the_end_and_on_both_sides_of_a_disruption():
    result = simulate({**BASE, "disruption": [DROP]})

    found = [(row["round"], row["stage"]) for row in rows(result, "learning")]
    assert found == [(0, 0), (3, 0), (4, 0), (4, 1), (6, 0)]


@pytest.mark.parametrize(
    ("holders", "of_victims", "of_survivors"), [("survivors", 0, 1437), ("dropped", 1437, 0)]
)
def test_all_data_is_divided_among_those_who_hold_it(holders, of_victims, of_survivors):
    result = simulate(
        {**BASE, "data": {"kind": "digits", "holders": holders}, "disruption": [DROP]}
    )

    last = [row for row in rows(result, "peers") if row["round"] == 6]
    assert sum(row["data_size"] for row in last if not row["alive"]) == of_victims
    assert sum(row["data_size"] for row in last if row["alive"]) == of_survivors


def test_victims_can_hold_a_share_of_their_own():
    result = simulate(
        {**BASE, "data": {"kind": "digits", "victim_share": 0.75}, "disruption": [DROP]}
    )

    last = [row for row in rows(result, "peers") if row["round"] == 6]
    # 0.75 x 1437 = 1077.75.
    assert sum(row["data_size"] for row in last if not row["alive"]) == 1078


def test_a_run_without_anybody_goes_on_and_has_no_accuracy():
    result = simulate({**BASE, "disruption": [{**DROP, "fraction": 1.0}]})

    last = rows(result, "learning")[-1]
    assert (last["round"], last["alive"], last["accuracy"]) == (6, 0, None)


@pytest.mark.parametrize(("rule", "is_same"), [("stale", True), ("reset", False)])
def test_a_node_returns_with_what_it_is_said_to(rule, is_same):
    scenario = {
        **BASE,
        "topology": {"kind": "edges", "edges": []},
        "local": {"steps": 1},
        "disruption": [
            {
                "kind": "node_drop",
                "at": {"round": 3},
                "nodes": [0],
                "recover_after": 2,
                "rejoin": rule,
            }
        ],
        "record": {"vectors": [0, 3, 5, 6]},
    }
    table = simulate(scenario).table("vectors").to_pandas()
    models = {
        number: table[(table["round"] == number) & (table["node"] == 0)]["value"].to_numpy()
        for number in (0, 3, 5, 6)
    }

    # Gone in rounds 3 and 4; back before round 5, which then trains it.
    assert (models[3] == models[5]).all()
    restart = models[3] if is_same else models[0]
    assert 0 < np.abs(models[6] - restart).max() < 0.1
    assert (np.abs(models[6] - models[0]).max() < 0.1) != is_same or is_same


def test_a_partition_cuts_what_lies_between_and_heals():
    result = simulate(
        {
            **BASE,
            "nodes": 6,
            "topology": {"kind": "complete"},
            "disruption": [
                {
                    "kind": "partition",
                    "at": {"round": 2},
                    "groups": [[0, 1, 2]],
                    "recover_after": 2,
                }
            ],
        }
    )

    found = [(row["round"], row["components"]) for row in rows(result, "graph")]
    assert found == [(0, 1), (2, 2), (4, 1)]
    # 3 x 3 links lie between the groups.
    assert len(rows(result, "disruptions")) == 9


def test_a_region_takes_the_nodes_within_its_radius():
    # A grid of 3 x 3 with 10 m between neighbours: within 11 m of a corner are it and two others.
    result = simulate(
        {
            **BASE,
            "nodes": None,
            "topology": {"kind": "grid", "rows": 3, "columns": 3, "length": "10 m"},
            "disruption": [
                {"kind": "region", "at": {"round": 1}, "x": "0 m", "y": "0 m", "radius": "11 m"}
            ],
        }
    )

    assert result.runs[0]["alive"] == 6


def test_a_front_reaches_nodes_as_it_grows():
    result = simulate(
        {
            **BASE,
            "nodes": None,
            "topology": {"kind": "grid", "rows": 1, "columns": 5, "length": "10 m"},
            "disruption": [
                {
                    "kind": "region",
                    "at": {"round": 1},
                    "x": "0 m",
                    "y": "0 m",
                    "radius": "25 m",
                    "speed": "10 m",
                }
            ],
        }
    )

    found = [(row["target"], row["round"]) for row in rows(result, "disruptions")]
    assert found == [("node 0", 1), ("node 1", 2), ("node 2", 3)]


def test_churned_nodes_are_there_for_their_share_of_the_time():
    # On for 6 rounds and off for 3 on average: there for 2/3 of the time; 40 nodes over 400 rounds
    # see some 40 x 400 / 9 = 1,800 cycles: the share is known to about 1/3 sqrt(2 / 1800) = 0.011.
    result = simulate(
        {
            **BASE,
            "nodes": 40,
            "topology": {"kind": "ring"},
            "model": {"kind": "quadratic"},
            "rounds": 400,
            "eval": {"every": 400},
            "disruption": [{"kind": "churn", "at": {"round": 0}, "up": 6, "down": 3}],
        }
    )

    graph = rows(result, "graph")
    off = [(row["round"], row["end_round"] or 400) for row in rows(result, "disruptions")]
    share = 1 - sum(end - begin for begin, end in off) / (40 * 400)
    assert share == pytest.approx(2 / 3, abs=0.055)
    assert len(graph) > 100
