"""Faults put in on purpose: each of them changes what the tests of this family look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from decentralized_play import code, play, rows_of, weighed_sizes
from reference.peers import Twin

from netsim.decentralized import measures
from netsim.decentralized.compressors.topk import TopK
from netsim.decentralized.disruption import Span
from netsim.decentralized.local import LocalConfig
from netsim.decentralized.mixing import Mixture
from netsim.decentralized.schedule import Schedule
from netsim.graphs.graph import graph_of
from netsim.learning.models.quadratic import Quadratic
from netsim.verify.scenarios import simulate

NODES, ROUNDS = 6, 8
EDGES = [(0, 1), (0, 2), (0, 3), (1, 2), (2, 4), (3, 4), (4, 5)]


def largest_difference(dtype=np.float64):
    """Return the largest difference between all peers at once and their twin, over some rounds."""
    generator = np.random.default_rng(5)
    h = generator.uniform(0.5, 2, (NODES, 3))
    quadratic = Quadratic(h, *generator.standard_normal((2, NODES, 3)))
    sizes = np.arange(1.0, NODES + 1)
    graph = graph_of(NODES, [a for a, _ in EDGES], [b for _, b in EDGES])
    spans = [Span(0, "node_drop", 3, 6, nodes=np.array([4]))]
    local = LocalConfig(steps=2, lr=0.1)
    peers, learner, turns = play(
        "decavg", {}, graph, spans, quadratic, sizes, local, ROUNDS, 1, code("none")
    )
    problem = rows_of(quadratic) | {"lr": 0.1, "steps": 2}
    twin = Twin("decavg", "decavg", problem, weighed_sizes(sizes).tolist(), graph.edges.tolist())
    largest = 0.0
    for turn in turns:
        learner.turn(turn)
        # The twin is told by the scenario, not by the schedule, who is there.
        twin.round(set(range(NODES)) - ({4} if 3 <= turn.round < 6 else set()))
        expected = np.array([twin.x[node] for node in range(NODES)])
        largest = max(largest, float(np.abs(peers.theta - expected).max()))
    return largest


def test_without_a_fault_there_is_no_difference():
    assert largest_difference() < 1e-12


def test_a_weight_that_is_off_by_a_millionth_shows(monkeypatch):
    exact = Mixture.mix

    def off(self, sent, own, out):
        weight = self.weight.copy()
        weight[3] += 1e-6
        exact(Mixture(self.pattern, weight), sent, own, out)

    monkeypatch.setattr(Mixture, "mix", off)

    assert largest_difference() > 1e-8


def test_a_drop_that_acts_a_round_late_shows(monkeypatch):
    exact = Schedule.turns

    def late(self, rounds):
        # What strikes at round r is found at r + 1.
        self._spans = [replace(one, begin=one.begin + 1) for one in self._spans]
        return exact(self, rounds)

    monkeypatch.setattr(Schedule, "turns", late)

    assert largest_difference() > 1e-3


def test_neighbours_in_another_order_show_in_the_last_bit():
    # 1e16 + 1 - 1e16 is 0, and 1e16 - 1e16 + 1 is 1: sums are taken by ascending node.
    graph = graph_of(4, [0, 0, 0], [1, 2, 3])
    from netsim.decentralized.pattern import pattern_of

    pattern = pattern_of(graph, np.ones(4, np.bool_), np.ones(3, np.bool_))
    mixture = Mixture(pattern, np.ones(len(pattern.node)))
    sent, out = np.array([[0.0], [1e16], [1.0], [-1e16]]), np.empty((4, 1))

    mixture.mix(sent, sent, out)

    assert out[0, 0] == ((0.0 + 1e16) + 1.0) - 1e16 == 0.0
    swapped = sent[[0, 1, 3, 2]]
    mixture.mix(swapped, swapped, out)
    assert out[0, 0] == 1.0


ISOLATED = {
    "workload": "decentralized",
    "nodes": 10,
    "topology": {"kind": "edges", "edges": [[0, i] for i in range(1, 10)] + [[1, 2]]},
    "rounds": 6,
    "eval": {"every": 3},
    "disruption": [{"kind": "node_drop", "at": {"round": 2}, "nodes": [0]}],
}


def test_isolated_survivors_are_in_the_mean():
    result = simulate(ISOLATED)
    last = result.table("learning").to_pylist()[-1]
    peers = [row for row in result.table("peers").to_pylist() if row["round"] == 6]
    alive = [row["accuracy"] for row in peers if row["alive"]]

    assert last["isolated"] == 7
    assert last["accuracy"] == pytest.approx(np.mean(alive), abs=1e-12)
    # Nodes 1 and 2 have each other: leaving the isolated out gives another mean.
    kept = [row["accuracy"] for row in peers if row["component_kind"] == "giant"]
    assert len(kept) == 2
    assert last["accuracy"] != pytest.approx(np.mean(kept), abs=1e-6)


def test_all_test_samples_are_scored():
    # 1,797 digits, a fifth of them rounded up: accuracies are multiples of 1/360, and of no less.
    result = simulate(ISOLATED)
    found = np.array([row["accuracy"] for row in result.table("peers").to_pylist()]) * 360

    assert np.abs(found - found.round()).max() < 1e-9
    # With half of the samples all would be even.
    assert (found.round() % 2 == 1).any()


def test_bytes_follow_the_encoder_and_no_formula(monkeypatch):
    line = {
        "workload": "decentralized",
        "nodes": 2,
        "topology": {"kind": "line"},
        "model": {"kind": "quadratic", "h": 1, "c": [[0, 1, 2, 3]] * 2},
        "compressor": {"kind": "topk", "k": 2},
        "rounds": 3,
    }
    before = simulate(line).runs[0]["bytes"]
    exact = TopK.encode
    monkeypatch.setattr(
        TopK, "encode", staticmethod(lambda *given: exact(*given) + b"one byte more"[:1])
    )

    # Two places of 4 bytes and two numbers of 8, from two nodes in three rounds.
    assert before == 2 * 3 * 24
    assert simulate(line).runs[0]["bytes"] == 2 * 3 * 25


def test_an_evaluation_of_some_nodes_shows(monkeypatch):
    exact = measures._spread

    def first_half(accuracy, alive, kind):
        some = alive.copy()
        some[len(some) // 2 :] = False
        return exact(accuracy, some, kind)

    right = simulate(ISOLATED).runs[0]["accuracy"]
    monkeypatch.setattr(measures, "_spread", first_half)

    assert simulate(ISOLATED).runs[0]["accuracy"] != pytest.approx(right, abs=1e-6)


def test_a_run_goes_on_when_everybody_is_gone():
    gone = [{"kind": "node_drop", "at": {"round": 2}, "fraction": 1.0}]
    result = simulate({**ISOLATED, "disruption": gone})
    last = result.table("learning").to_pylist()[-1]

    assert (last["round"], last["alive"], last["components"]) == (6, 0, 0)
    assert last["accuracy"] is None
    assert last["consensus_distance"] is None
    assert result.runs[0]["accuracy"] is None
    assert result.runs[0]["status"] == "done"
