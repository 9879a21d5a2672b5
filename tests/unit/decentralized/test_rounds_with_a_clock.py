"""What is learned in rounds does not depend on how long they take; what drops in time does."""

from __future__ import annotations

import numpy as np
import pytest

import netsim
from netsim.errors import StalledError

RING = {
    "netsim": 1,
    "workload": "decentralized",
    "nodes": 8,
    "topology": {"kind": "ring"},
    "model": {"kind": "quadratic", "h": 1, "c": [[n, 3 - n] for n in range(8)], "x0": 0},
    "rounds": 12,
    "eval": {"every": 4},
    "record": {"vectors": [0, 3, 12]},
}
SLOW = {
    "timing": {"mode": "sync_neighbours", "compute": [f"{n % 3 + 1} s" for n in range(8)]},
    "links": {"delay": {"dist": "exponential", "mean": "300 ms"}, "rate": "1 kbps"},
}
CASES = {
    "decavg": {},
    "dpsgd": {"algorithm": {"kind": "dpsgd", "missing": "self"}},
    "gradient_tracking": {"algorithm": "gradient_tracking"},
    "decdiff": {"algorithm": "decdiff"},
    "choco": {"algorithm": {"kind": "choco", "gamma": 0.3}, "compressor": {"kind": "topk", "k": 1}},
    "el_local": {"algorithm": {"kind": "el_local", "s": 1}},
    "el_oracle": {
        "topology": {"kind": "complete"},
        "algorithm": {"kind": "el_oracle", "s": 3},
    },
    "sgp": {
        "nodes": None,
        "topology": {
            "kind": "edges",
            "directed": True,
            "edges": [[n, (n + k) % 8] for n in range(8) for k in (1, 3)],
        },
        "algorithm": "sgp",
    },
}
WRONG = [
    {"kind": "node_drop", "at": {"round": 3}, "nodes": [2], "recover_after": 4},
    {"kind": "link_drop", "at": {"round": 5}, "count": 1},
]
LOSS = {"kind": "link_loss", "at": {"round": 1}, "p": 0.3, "recover_after": 6}


def run(*changes):
    block = dict(RING)
    for one in changes:
        block |= one
    return netsim.run(netsim.load({k: v for k, v in block.items() if v is not None}))


def models(result):
    return result.table("vectors")["value"].to_numpy()


@pytest.mark.parametrize("mode", ["sync_neighbours", "sync_global"])
@pytest.mark.parametrize("name", CASES)
def test_a_clock_changes_no_model_and_no_count(name, mode):
    lossy = [] if name == "choco" else [LOSS]
    wrong = {"disruption": [*WRONG, *lossy]}
    clock = {**SLOW, "timing": {**SLOW["timing"], "mode": mode}}

    plain, timed = run(CASES[name], wrong), run(CASES[name], wrong, clock)

    np.testing.assert_array_equal(models(timed), models(plain))
    for table, columns in {
        "learning": ["round", "stage", "loss", "bytes", "messages", "messages_lost"],
        "graph": ["round", "slem", "largest_component"],
    }.items():
        one, other = plain.pandas(table)[columns], timed.pandas(table)[columns]
        if table == "learning":
            # Others may be ahead when a round is complete.
            columns = ["round", "stage", "loss"]
        assert one[columns].equals(other[columns])
    for column in ("bytes", "messages"):
        assert timed.runs[0][column] == plain.runs[0][column]
    lasts = timed.pandas("learning")["t"]
    assert (lasts.diff().dropna() >= 0).all()
    assert lasts.iloc[-1] == timed.runs[0]["t_end"] > 0


@pytest.mark.parametrize("execution", ["replay", "lockstep"])
def test_the_clock_is_learned_from_alike_wherever_it_is_cut(execution, monkeypatch):
    wrong = {"disruption": [{"kind": "node_drop", "at": {"time": "7 s"}, "nodes": [2, 5]}]}
    whole = run(SLOW, wrong)
    for ahead in (1, 7, 10_000):
        monkeypatch.setattr("netsim.decentralized.run.AHEAD", ahead)
        again = run(SLOW, wrong, {"execution": execution})
        for table in ("vectors", "learning", "peers", "graph", "disruptions"):
            # The points differ by how they are executed.
            one, other = (it.table(table).drop_columns("point") for it in (again, whole))
            assert one.equals(other), (table, ahead)


def test_a_node_that_drops_while_it_trains_has_not_trained():
    # Node 1 trains for 1 s a round and drops at 2.5 s: its third training is cut short.
    wrong = [{"kind": "node_drop", "at": {"time": "2500 ms"}, "nodes": [1]}]
    line = {
        "nodes": 2,
        "topology": {"kind": "line"},
        "model": {"kind": "quadratic", "h": 1, "c": [0, 8], "x0": 0},
        "local": {"steps": 1, "lr": 0.5},
        "rounds": 4,
        "record": {"vectors": [1, 2, 3, 4]},
        "timing": {"mode": "sync_neighbours", "compute": "1 s"},
    }

    found = run(line, {"disruption": wrong})

    # Both mean (x/2, x/2 + 4): 2, then 3; then node 0 halves its own and node 1 stands still.
    expected = [[2, 2], [3, 3], [1.5, 3], [0.75, 3]]
    assert models(found).reshape(4, 2).tolist() == expected
    row = found.pandas("disruptions").iloc[0]
    assert (row["start"], row["target"]) == (2_500_000_000_000, "node 1")
    assert found.pandas("learning")["alive"].tolist()[-1] == 1


def test_a_node_that_drops_later_leaves_what_it_sent_if_that_is_delivered():
    # Node 1 has trained at 1 s, its model is on its way until 2 s, and it drops at 1.5 s.
    line = {
        "nodes": 2,
        "topology": {"kind": "line"},
        "model": {"kind": "quadratic", "h": 1, "c": [0, 8], "x0": 0},
        "local": {"steps": 1, "lr": 0.5},
        "rounds": 1,
        "record": {"vectors": [1]},
        "timing": {"mode": "sync_neighbours", "compute": "1 s"},
        "links": {"delay": "1 s"},
    }
    drop = {"kind": "node_drop", "at": {"time": "1500 ms"}, "nodes": [1]}

    lost = run(line, {"disruption": [drop]})
    kept = run(line, {"disruption": [{**drop, "in_flight": "delivered"}]})

    # It keeps the model that it trained, 4; its neighbour has 0 alone, or the mean.
    assert models(lost).tolist() == [0, 4]
    assert models(kept).tolist() == [2, 4]
    assert lost.runs[0]["t_end"] == 1_500_000_000_000
    assert kept.runs[0]["t_end"] == 2_000_000_000_000


def test_one_who_returns_takes_part_from_the_next_round_of_its_neighbours():
    wrong = [
        {
            "kind": "node_drop",
            "at": {"time": "2500 ms"},
            "nodes": [1],
            "recover_after": "3 s",
        }
    ]
    line = {
        "nodes": 2,
        "topology": {"kind": "line"},
        "model": {"kind": "quadratic", "h": 1, "c": [0, 8], "x0": 0},
        "local": {"steps": 1, "lr": 0.5},
        "rounds": 7,
        "record": {"vectors": [3, 5, 6, 7]},
        "timing": {"mode": "sync_neighbours", "compute": "1 s"},
    }

    found = run(line, {"disruption": wrong})

    # Back at 5.5 s, in the sixth round of node 0, which is alone until 6 s; they share the seventh.
    at_three = np.array([1.5, 3])
    at_five = at_three * [0.25, 1]
    at_six = at_five * [0.5, 1]
    at_seven = np.mean(at_six / 2 + [0, 4])
    expected = [at_three, at_five, at_six, [at_seven] * 2]
    assert models(found).reshape(4, 2).tolist() == np.array(expected).tolist()
    # Node 1 begins it when it is back, and is through half a second before node 0.
    last = found.pandas("peers")
    assert last[last["round"] == 7]["wait"].max() >= 0.5


def test_a_wait_for_the_dead_ends_by_detection_or_by_timeout_or_is_named():
    wrong = {"disruption": [{"kind": "node_drop", "at": {"time": "3500 ms"}, "nodes": [3]}]}
    clock = {"mode": "sync_neighbours", "compute": "1 s"}

    at_once = run(wrong, {"timing": clock}).runs[0]["t_end"]
    later = run(wrong, {"timing": {**clock, "detect": "2 s"}}).runs[0]["t_end"]
    never = {**clock, "detect": "never", "timeout": "4 s"}
    patient = run(wrong, {"timing": never}).runs[0]["t_end"]

    # Twelve rounds of a second, and a wait of 1.5 s; or of 4 s in each of the nine rounds left.
    assert at_once == 12 * 10**12
    assert later == 13_500_000_000_000
    assert patient > at_once + 4 * 10**12
    with pytest.raises(StalledError, match="node 2: the model of round 3 of node 3"):
        run(wrong, {"timing": {**clock, "detect": "never"}})


def test_when_all_are_gone_the_rounds_go_on_with_nobody():
    wrong = {"disruption": [{"kind": "node_drop", "at": {"time": "3500 ms"}, "fraction": 1}]}

    found = run(wrong, {"timing": {"mode": "sync_neighbours", "compute": "1 s"}})

    assert found.runs[0]["rounds"] == 12
    assert found.runs[0]["alive"] == 0
    assert found.pandas("learning")["loss"].isna().tolist()[-1]


def test_cut_links_are_not_waited_for_and_healed_ones_are_shared_again():
    wrong = {
        "disruption": [
            {
                "kind": "partition",
                "at": {"time": "2500 ms"},
                "groups": [[0, 1, 2, 3], [4, 5, 6, 7]],
                "recover_after": "4 s",
            }
        ]
    }
    found = run(wrong, {"timing": {"mode": "sync_neighbours", "compute": "1 s"}})

    components = found.pandas("graph")
    assert components["components"].tolist() == [1, 2, 1]
    # Cut in the third round, healed in the seventh, so shared from the eighth.
    assert components["round"].tolist() == [0, 2, 7]


def test_until_stops_rounds_that_nobody_counts():
    found = run(
        {"rounds": None, "until": "5500 ms", "record": {}},
        {"timing": {"mode": "sync_global", "compute": "1 s"}},
    )

    assert found.runs[0]["rounds"] == 5
    assert found.runs[0]["t_end"] == 5_500_000_000_000


def test_what_happens_at_a_rate_happens_about_that_often():
    # One and a half in a thousand seconds; a Poisson count of 30 has a deviation of 5.5.
    wrong = [
        {"kind": "link_drop", "at": {"rate": "0.03 /s"}, "count": 1, "recover_after": "5 s"},
    ]
    found = run(
        {"rounds": None, "until": "1000 s", "record": {}, "eval": {"every": 10_000}},
        {"disruption": wrong, "timing": {"mode": "sync_neighbours", "compute": "100 s"}},
    )

    table = found.pandas("disruptions")
    assert abs(len(table) - 30) < 4 * 30**0.5
    over = table.dropna(subset=["end"])
    assert ((over["end"] - over["start"]) == 5 * 10**12).all()
