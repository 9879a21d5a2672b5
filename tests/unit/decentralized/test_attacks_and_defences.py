"""Forged models and what withstands them: twins, exact cases, bounds, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from decentralized_play import code, defence_of, play, rows_of, weighed_sizes
from reference.robust import RobustTwin

import netsim
from netsim.decentralized.attacks.alie import most_that_hides
from netsim.decentralized.disruption import Loss, Span
from netsim.decentralized.local import LocalConfig
from netsim.errors import NetsimError
from netsim.graphs.graph import graph_of
from netsim.learning.models.quadratic import Quadratic
from netsim.registry import lookup
from netsim.rng import normals
from netsim.verify.scenarios import simulate

NODES, DIMS, ROUNDS = 9, 3, 12
ATTACKERS = np.array([0, 5])
ATTACKS = [
    None,
    ("sign_flip", {"scale": 2.0}),
    ("same_value", {"value": 3.0}),
    ("alie", {"z": 1.5}),
    ("ipm", {"eps": 0.5}),
    ("noise", {"sigma": 2.0}),
]
DEFENCES = [
    None,
    ("median", {}),
    ("trimmed_mean", {"b": 1}),
    ("krum", {"f": 1}),
    ("clipped_gossip", {"tau": 0.5}),
]
PAIRS = [(attack, defence) for attack in ATTACKS for defence in DEFENCES if attack or defence]


def words(pair):
    return "none" if pair is None else pair[0]


@pytest.mark.parametrize("defence", DEFENCES, ids=words)
@pytest.mark.parametrize("attack", ATTACKS, ids=words)
def test_forged_models_and_their_cures_equal_the_twin(attack, defence):
    generator = np.random.default_rng(3)
    pairs = [(a, b) for a in range(NODES) for b in range(a + 1, NODES)]
    edges = [pair for pair in pairs if generator.random() < 0.5]
    graph = graph_of(NODES, [a for a, _ in edges], [b for _, b in edges])
    h = generator.uniform(0.5, 2, (NODES, DIMS))
    quadratic = Quadratic(h, *generator.standard_normal((2, NODES, DIMS)))
    sizes = generator.integers(1, 20, NODES).astype(float)
    spans = [
        Span(0, "link_loss", 2, 9, loss=Loss(0.3), arcs=np.arange(2 * graph.edge_count)),
        Span(1, "node_drop", 3, 7, nodes=np.array([1, 4])),
        Span(2, "node_drop", 5, None, nodes=np.array([5])),
    ]
    local = LocalConfig(steps=2, lr=0.1)
    peers, learner, turns = play(
        "decavg", {}, graph, spans, quadratic, sizes, local, ROUNDS, 3, code("none")
    )
    if attack:
        chosen = lookup("attack", attack[0])
        config = chosen.Config(nodes=tuple(ATTACKERS.tolist()), **attack[1])
        peers._attack, peers._attackers = chosen(config, 11), ATTACKERS
    if defence:
        peers._defence = defence_of({"kind": defence[0], **defence[1]})
    twin = RobustTwin(
        "decavg",
        "decavg",
        rows_of(quadratic) | {"lr": 0.1, "steps": 2},
        weighed_sizes(sizes).tolist(),
        graph.edges.tolist(),
        attack=attack,
        attackers=ATTACKERS.tolist(),
        defence=defence,
    )

    for turn in turns:
        learner.turn(turn)
        pattern, lost = turn.pattern, []
        if turn.arrived is not None:
            gone = ~turn.arrived
            lost = list(zip(pattern.node[gone].tolist(), pattern.row[gone].tolist(), strict=True))
        drawn = 2 * normals(11, ATTACKERS[:, None], turn.round * DIMS + np.arange(DIMS))
        noise = dict(zip(ATTACKERS.tolist(), drawn.tolist(), strict=True))
        twin.round(set(np.flatnonzero(pattern.alive).tolist()), set(), lost, noise)

        expected = [twin.x[node] for node in range(NODES)]
        np.testing.assert_allclose(peers.theta, expected, rtol=0, atol=1e-12)


def final(**changes):
    """Return the models of ten nodes that all know each other, of which some attack."""
    block = {
        "workload": "decentralized",
        "nodes": 10,
        "topology": {"kind": "complete"},
        "model": {"kind": "quadratic", "h": 1, "c": list(range(10)), "x0": list(range(10))},
        "local": {"steps": 1, "lr": 0.1},
        "rounds": 30,
        "eval": {"every": 30},
        "record": {"vectors": [30]},
    }
    return simulate({**block, **changes}).table("vectors")["value"].to_numpy()


def test_nobody_attacking_changes_no_bit():
    nobody = {"kind": "sign_flip", "count": 0}

    assert (final(attack=nobody) == final()).all()


@pytest.mark.parametrize(
    "defence", [{"kind": "trimmed_mean", "b": 0}, {"kind": "clipped_gossip", "tau": 1e9}]
)
def test_a_defence_that_cuts_nothing_is_the_plain_average(defence):
    np.testing.assert_allclose(final(defence=defence), final(), rtol=0, atol=1e-12)


def test_the_median_of_two_models_is_their_mean():
    line = {"nodes": 2, "topology": {"kind": "line"}}
    model = {"kind": "quadratic", "h": 1, "c": [0, 4], "x0": [0, 4]}

    np.testing.assert_allclose(
        final(**line, model=model, defence="median"), final(**line, model=model), atol=1e-12
    )


@pytest.mark.parametrize(
    "defence", ["median", {"kind": "trimmed_mean", "b": 2}, {"kind": "krum", "f": 2}]
)
def test_two_liars_of_ten_cannot_take_the_honest_beyond_what_honest_nodes_hold(defence):
    liars = {"kind": "same_value", "value": 1000, "nodes": [8, 9]}

    taken, held = final(attack=liars), final(attack=liars, defence=defence)

    # Minima of the honest are 0 to 7; without a defence a fifth of every average is 1,000.
    assert taken[:8].min() > 100
    assert held[:8].min() >= 0
    assert held[:8].max() <= 7


def test_clipping_bounds_what_a_liar_moves():
    # One average, no training: W_ij tau = 0.1 x 0.5 for each of two liars.
    still = {"kind": "quadratic", "h": 0, "c": 0, "x0": [0] * 10}
    liars = {"kind": "same_value", "value": 1000, "nodes": [8, 9]}
    one = {"rounds": 1, "eval": {"every": 1}, "record": {"vectors": [1]}}
    found = final(attack=liars, defence={"kind": "clipped_gossip", "tau": 0.5}, model=still, **one)

    assert found[:8] == pytest.approx(0.1, abs=1e-12)
    assert found[8:] == pytest.approx(0.05, abs=1e-12)


def test_how_much_hides():
    # 50 nodes of which 12 attack: s = 26 - 12 = 14, the quantile of (38 - 14) / 38.
    assert most_that_hides(38, 12) == pytest.approx(0.33603814, abs=1e-7)
    assert most_that_hides(2, 5) > 4


SMALL = {
    "netsim": 1,
    "workload": "decentralized",
    "nodes": 10,
    "topology": {"kind": "complete"},
    "rounds": 30,
}


def test_swapped_classes_hurt_and_hit_only_the_attackers_samples():
    flip = {"kind": "label_flip", "nodes": [0, 1, 2]}
    clean, poisoned = (
        netsim.run(netsim.load(SMALL)),
        netsim.run(netsim.load({**SMALL, "attack": flip})),
    )

    assert poisoned.runs[0]["accuracy_honest"] < clean.runs[0]["accuracy_honest"] - 0.01
    alone = {**SMALL, "topology": {"kind": "edges", "edges": []}, "rounds": 10}
    before, after = (
        [row["accuracy"] for row in netsim.run(netsim.load(block)).table("peers").to_pylist()[-10:]]
        for block in (alone, {**alone, "attack": flip})
    )
    # Alone, nobody else learns anything else; the three do worse than guessing.
    assert before[3:] == after[3:]
    assert max(after[:3]) < 0.1


def test_honest_nodes_are_told_apart():
    block = {**SMALL, "attack": {"kind": "sign_flip", "nodes": [0]}, "defence": "median"}
    result = netsim.run(netsim.load(block))
    last = result.table("learning").to_pylist()[-1]
    peers = [row for row in result.table("peers").to_pylist() if row["round"] == 30]

    assert [row["attacker"] for row in peers] == [True] + [False] * 9
    honest = [row["accuracy"] for row in peers if not row["attacker"]]
    assert last["accuracy_honest"] == pytest.approx(np.mean(honest), abs=1e-12)
    assert result.runs[0]["accuracy_honest"] == last["accuracy_honest"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"defence": {"kind": "krum", "f": 4}}, "'krum' needs 11 models, and node 0 has 10"),
        (
            {"topology": {"kind": "ring"}, "defence": {"kind": "trimmed_mean", "b": 2}},
            "'trimmed_mean' needs 5 models, and node 0 has 3",
        ),
        (
            {"algorithm": {"kind": "el_oracle", "s": 3}, "defence": {"kind": "krum", "f": 1}},
            "'krum' needs 5 models, and a node of this algorithm has 4",
        ),
        (
            {"algorithm": "choco", "defence": "median"},
            "'choco' does not average models, so there is nothing to defend",
        ),
        (
            {"algorithm": "sgp", "attack": {"kind": "sign_flip", "count": 1}},
            "'sgp' sends more than models, which no attack here forges",
        ),
        (
            {"model": "quadratic", "attack": {"kind": "label_flip", "count": 1}},
            "no samples whose classes could be swapped",
        ),
        ({"attack": {"kind": "sign_flip", "nodes": [10]}}, "there is no node 10"),
        ({"attack": {"kind": "sign_flip"}}, "how many nodes attack? none of them is given"),
        (
            {"attack": {"kind": "noise", "count": 1, "fraction": 0.1}},
            "how many nodes attack? 'count' is given as well",
        ),
        (
            {"defence": "median", "aggregate": {"variance_correction": True}},
            "takes the place of the average that would be corrected",
        ),
        (
            {"defence": "median", "algorithm": {"kind": "decavg", "missing": "stale"}},
            "knows no old messages",
        ),
    ],
)
def test_what_makes_no_sense_is_told(changes, message):
    with pytest.raises(NetsimError) as told:
        netsim.load({**SMALL, **changes})

    assert message in str(told.value)


def test_a_drawn_graph_that_is_too_sparse_is_told_when_it_is_drawn():
    block = {**SMALL, "topology": {"kind": "barabasi_albert", "m": 2}, "defence": {"kind": "krum"}}

    with pytest.raises(NetsimError, match="'krum' needs 5 models, and node"):
        netsim.run(netsim.load(block))
