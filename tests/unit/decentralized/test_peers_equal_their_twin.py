"""All peers at once give what one loop per node gives, on random graphs with losses and drops."""

from __future__ import annotations

import numpy as np
import pytest
from decentralized_play import code, play, rows_of, weighed_sizes
from reference.peers import Twin

from netsim.decentralized.disruption import Loss, Span
from netsim.decentralized.local import LocalConfig
from netsim.decentralized.objective import QuadraticObjective
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Schedule
from netsim.decentralized.weights.rule import named
from netsim.graphs.graph import graph_of
from netsim.learning.models.quadratic import Quadratic
from netsim.registry import lookup
from netsim.rng import Streams

NODES, DIMS, ROUNDS = 9, 3, 12

CASES = [
    ("decavg", "decavg", {}, "renormalise", {}),
    ("decavg", "uniform", {}, "self", {}),
    ("decavg", "metropolis", {}, "self", {}),
    ("dpsgd", "metropolis", {}, "self", {}),
    (
        "dpsgd",
        "metropolis",
        {"order": "adapt_then_combine"},
        "renormalise",
        {"order": "adapt_then_combine"},
    ),
    ("gradient_tracking", "metropolis", {}, "self", {}),
    ("sgp", "push_sum", {"loss": "recover"}, "recover", {}),
    ("sgp", "push_sum", {"loss": "destroy"}, "destroy", {}),
    ("choco", "metropolis", {"gamma": 0.3}, "renormalise", {"gamma": 0.3}),
    ("decavg", "metropolis", {}, "stale", {}),
    ("dpsgd", "decavg", {}, "stale", {}),
    ("gradient_tracking", "metropolis", {}, "stale", {}),
    ("el_local", "uniform", {"s": 2}, "stale", {}),
    ("decdiff", "decavg", {}, "renormalise", {}),
    ("decdiff", "metropolis", {}, "self", {}),
    ("el_local", "uniform", {"s": 2}, "renormalise", {}),
    ("el_oracle", "uniform", {"s": 3}, "self", {}),
    ("teleportation", "uniform", {"k": 4}, "renormalise", {}),
    ("teleportation", "uniform", {"k": 8}, "renormalise", {}),
]


def random_problem(generator):
    """Return a random graph, quadratics and sizes."""
    pairs = [(a, b) for a in range(NODES) for b in range(a + 1, NODES)]
    edges = [pair for pair in pairs if generator.random() < 0.35]
    h = generator.uniform(0.5, 2, (NODES, DIMS))
    c, start = generator.standard_normal((2, NODES, DIMS))
    sizes = generator.integers(1, 20, NODES).astype(float)
    sizes[int(generator.integers(NODES))] = 0
    return edges, Quadratic(h, c, start), sizes


@pytest.mark.parametrize(("algorithm", "rule", "fields", "missing", "more"), CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_peers_equal_the_twin(algorithm, rule, fields, missing, more, seed):
    generator = np.random.default_rng(seed)
    edges, quadratic, sizes = random_problem(generator)
    if algorithm in ("el_oracle", "teleportation"):
        edges = [(a, b) for a in range(NODES) for b in range(a + 1, NODES)]
    graph = graph_of(NODES, [a for a, _ in edges], [b for _, b in edges])
    chosen = lookup("algorithm", algorithm)
    if algorithm not in ("sgp", "choco", "teleportation"):
        fields = {**fields, "missing": missing}
    loss = Span(0, "link_loss", 2, 9, loss=Loss(0.3), arcs=np.arange(2 * graph.edge_count))
    spans = [
        Span(1, "node_drop", 3, 7, nodes=np.array([1, 4])),
        Span(2, "node_drop", 5, None, nodes=np.array([2])),
        Span(3, "link_drop", 4, 8, edges=np.array([0, 3])),
    ]
    if algorithm == "teleportation":
        spans.pop()
    if not getattr(chosen, "reliable", False):
        spans.insert(0, loss)
    local = LocalConfig(steps=2, lr=0.1)
    compressor = code({"kind": "topk", "k": 1} if algorithm == "choco" else "none")
    peers, learner, turns = play(
        algorithm, fields, graph, spans, quadratic, sizes, local, ROUNDS, seed, compressor, rule
    )
    problem = rows_of(quadratic) | {"lr": 0.1, "steps": 2}
    weighed = weighed_sizes(sizes).tolist()
    twin = Twin(algorithm, rule, problem, weighed, graph.edges.tolist(), missing, **more)
    twin.slope = lambda node, own=twin.slope: own(node) if sizes[node] else [0.0] * DIMS

    for turn in turns:
        learner.turn(turn)
        pattern = turn.pattern
        alive = set(np.flatnonzero(pattern.alive).tolist())
        cut = {0, 3} if 4 <= turn.round < 8 else set()
        lost = []
        if turn.arrived is not None:
            gone = ~turn.arrived
            lost = list(zip(pattern.node[gone].tolist(), pattern.row[gone].tolist(), strict=True))
        near = None
        if hasattr(chosen, "regroup"):
            near = {
                node: [n for n in pattern.node[pattern.row == node].tolist() if n != node]
                for node in alive
            }
        if algorithm == "teleportation":
            twin.active = learner._before.tolist()
        twin.round(alive, cut, lost, near)

        expected = [twin.x[node] for node in range(NODES)]
        np.testing.assert_allclose(peers.theta, expected, rtol=0, atol=1e-12)


def test_a_weight_that_is_off_by_a_millionth_shows():
    edges, quadratic, sizes = random_problem(np.random.default_rng(3))
    graph = graph_of(NODES, [a for a, _ in edges], [b for _, b in edges])
    schedule = Schedule(graph, [], named("decavg"), sizes + 1, "self", Streams(3))
    turn = next(schedule.turns(1))
    exact, off = np.empty_like(quadratic.start), np.empty_like(quadratic.start)
    turn.mixture.mix(quadratic.start, quadratic.start, exact)
    turn.mixture.weight[0] += 1e-6
    turn.mixture.mix(quadratic.start, quadratic.start, off)

    assert np.abs(exact - off).max() > 1e-9


def test_models_that_start_alike_lie_row_by_row():
    # A copy of one row spread over all nodes keeps the numbers of all nodes together, in numpy's
    # order of least strides, and mixing by rows then takes ten times as long.
    spread = np.array(np.broadcast_to(np.arange(4.0), (5, 4)))
    assert not spread.flags.c_contiguous
    objective = QuadraticObjective(Quadratic(spread, spread, spread), np.ones(5), LocalConfig())

    peers = Peers(spread, objective, 0.1, 1, 1, code("none"), 0)

    assert peers.theta.flags.c_contiguous
    assert peers.theta.tolist() == spread.tolist()
