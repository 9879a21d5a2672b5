"""Algorithms that wait for nobody equal their twins, and known methods where they are those."""

from __future__ import annotations

import numpy as np
import pytest
from reference.asynchronous import AdPsgd, Gossip, Served

import netsim
from netsim.rng import Streams, draw

SECOND = 10**12
NODES, DIMS = 7, 3
SEED = 5


def problem(seed):
    generator = np.random.default_rng(seed)
    pairs = [(a, b) for a in range(NODES) for b in range(a + 1, NODES)]
    edges = [(n, n + 1) for n in range(NODES - 1)]
    edges += [pair for pair in pairs if pair not in edges and generator.random() < 0.25]
    h = generator.uniform(0.5, 2, (NODES, DIMS))
    c, start = generator.standard_normal((2, NODES, DIMS))
    compute = [int(one) for one in generator.integers(SECOND // 5, SECOND, NODES)]
    both = [*edges, *((b, a) for a, b in edges)]
    delay = {pair: int(generator.integers(SECOND // 50, SECOND // 2)) for pair in both}
    return edges, h, c, start, compute, delay


#: Nodes, from when, until when, in seconds.
DROPS = [([1, 4], 6.123, 5.2), ([2], 9.7, None)]


def scenario(seed, algorithm, edges=None, until="20 s", loss=0.2, drops=DROPS, **more):
    known, h, c, start, compute, delay = problem(seed)
    block = {
        "netsim": 1,
        "workload": "decentralized",
        "seed": SEED,
        "topology": {"kind": "edges", "edges": edges or known},
        "model": {"kind": "quadratic", "h": h.tolist(), "c": c.tolist(), "x0": start.tolist()},
        "local": {"steps": 2, "lr": 0.1},
        "algorithm": algorithm,
        "until": until,
        "timing": {"mode": "async", "compute": [f"{one} ps" for one in compute]},
        "links": {
            "loss": loss,
            "per_arc": [
                {"arc": list(pair), "delay": f"{span} ps"}
                for pair, span in delay.items()
                if edges is None or list(pair) in edges or list(pair[::-1]) in edges
            ],
        },
        "disruption": [
            {
                "kind": "node_drop",
                "nodes": nodes,
                "at": {"time": f"{at} s"},
                **({} if span is None else {"recover_after": f"{span} s"}),
            }
            for nodes, at, span in drops
        ],
        "eval": {"every": "5 s"},
        "record": {"vectors": list(range(60))},
    }
    return {**block, **more}


def last_models(block):
    table = netsim.run(netsim.load(block)).pandas("vectors")
    rows = table[table["round"] == table["round"].max()]
    return rows["value"].to_numpy().reshape(-1, DIMS)


def told(seed, loss=0.2, drops=DROPS, until=20):
    """Return what a twin is told, with the simulation's draws."""
    edges, h, c, start, compute, delay = problem(seed)
    streams = Streams(SEED)
    links, partners = streams.key("decentralized.links"), streams.key("decentralized.partners")

    def lost(a, b, number):
        return draw(links, a * NODES + b, number) * 2.0**-64 >= 1 - loss

    def uniform(node, number, purpose=0):
        return (draw(partners, node + (purpose << 32), number) >> 11) * 2.0**-53

    def pick(node, number, near):
        return near[int(uniform(node, number) * len(near))]

    rows = {name: dict(enumerate(v.tolist())) for name, v in (("h", h), ("c", c), ("x0", start))}
    known = {
        "problem": {**rows, "lr": 0.1, "steps": 2},
        "compute": compute,
        "delay": delay,
        "lost": lost,
        "end": until * SECOND,
        "drops": [
            (node, round(at * SECOND), None if span is None else round((at + span) * SECOND))
            for nodes, at, span in drops
            for node in nodes
        ],
    }
    return edges, known, uniform, pick


GOSSIP = [
    {},
    {"exchange": "pull"},
    {"exchange": "push_pull", "merge": "age"},
    {"order": "update_merge", "merge": "age"},
    {"order": "update"},
    {"merge": "age", "a": 0.7, "max_staleness": 3},
    {"merge": "age", "parts": 2},
    {"tokens": {"strategy": "simple", "capacity": 3}},
    {"tokens": {"strategy": "generalized", "capacity": 4, "aggressiveness": 2}},
    {"tokens": {"strategy": "randomized", "capacity": 4, "aggressiveness": 2}},
]


@pytest.mark.parametrize("fields", GOSSIP, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_gossip_equals_its_twin(seed, fields):
    edges, known, uniform, pick = told(seed)
    own = {key: value for key, value in fields.items() if key not in ("max_staleness", "tokens")}
    if tokens := fields.get("tokens"):
        own["tokens"] = (tokens["strategy"], tokens["capacity"], tokens.get("aggressiveness", 10))
    twin = Gossip(
        edges,
        period=SECOND,
        first=lambda node, number: int(uniform(node, number, 1) * SECOND),
        pick=pick,
        most=fields.get("max_staleness"),
        part=lambda node, number: int(uniform(node, number, 3) * 2),
        spend=lambda node, number: uniform(node, number, 4),
        **own,
        **known,
    )

    found = last_models(scenario(seed, {"kind": "gossip", **fields}))

    np.testing.assert_allclose(found, twin.run(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_adpsgd_equals_its_twin(seed):
    edges, known, _, pick = told(seed)
    twin = AdPsgd(edges, pick=pick, **known)

    found = last_models(scenario(seed, "adpsgd"))

    np.testing.assert_allclose(found, twin.run(), rtol=0, atol=1e-12)


STAR = [[0, n] for n in range(1, NODES)]


def star(seed):
    """Return the delays of a star, which the random problem does not have."""
    generator = np.random.default_rng(100 + seed)
    pairs = [(a, b) for edge in STAR for a, b in (edge, edge[::-1])]
    return {pair: int(generator.integers(SECOND // 50, SECOND // 2)) for pair in pairs}


SERVED = [
    {"kind": "fedasync", "a": 0.5},
    {"kind": "fedbuff", "k": 2, "a": 0.5},
    {"kind": "fedbuff", "k": 3, "next_model": "at_once"},
]


@pytest.mark.parametrize("fields", SERVED, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_servers_that_wait_for_nobody_equal_their_twin(seed, fields):
    _, known, _, _ = told(seed)
    known["delay"] = star(seed)
    own = {key: value for key, value in fields.items() if key != "next_model"}
    twin = Served(STAR, at_once=fields.get("next_model") == "at_once", **own, **known)
    arcs = [{"arc": list(pair), "delay": f"{span} ps"} for pair, span in known["delay"].items()]
    block = scenario(seed, fields, edges=STAR)
    block["links"] = {"loss": 0.2, "per_arc": arcs}

    found = last_models(block)

    np.testing.assert_allclose(found, twin.run(), rtol=0, atol=1e-12)


def test_a_full_buffer_without_lag_is_federated_averaging_of_equal_sizes():
    model = {"kind": "quadratic", "h": [1, 1, 2, 3], "c": [0, 1, 3, -2], "x0": 0}
    base = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 4,
        "topology": {"kind": "star"},
        "model": model,
        "local": {"steps": 3, "lr": 0.1},
        "rounds": 6,
        "record": {"vectors": [1, 6]},
    }
    even = {**base, "data": {"sizes": [0, 1, 1, 1]}}
    plain = netsim.run(netsim.load({**even, "algorithm": "fedavg"})).pandas("vectors")
    buffered = netsim.run(
        netsim.load({**even, "algorithm": {"kind": "fedbuff", "k": 3}, "timing": {"mode": "async"}})
    ).pandas("vectors")

    def server(table, number):
        return table[(table["round"] == number) & (table["node"] == 0)]["value"].iloc[0]

    # Six trainings of each client; the server's model is as of the last evaluation.
    assert server(buffered, 1) == pytest.approx(server(plain, 6), abs=1e-12)


def test_a_server_that_takes_a_model_whole_has_it():
    pair = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 2,
        "topology": {"kind": "star"},
        "data": {"sizes": [0, 1]},
        "model": {"kind": "quadratic", "h": 1, "c": [0, 8], "x0": 0},
        "local": {"steps": 1, "lr": 0.5},
        "algorithm": {"kind": "fedasync", "alpha": 1},
        "timing": {"mode": "async"},
        "rounds": 5,
        "record": {"vectors": [1]},
    }

    found = netsim.run(netsim.load(pair))

    # Plain gradient descent of the client: 8 (1 - 2^-5).
    assert found.table("vectors")["value"].to_pylist() == [7.75, 7.75]
    assert found.runs[0]["t_end"] == 5 * SECOND
    assert found.runs[0]["messages"] == 10


def test_two_nodes_that_average_after_equal_gradients_do_as_rounds_do():
    # Both compute at the same time, then average; the second average finds them equal.
    pair = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 2,
        "topology": {"kind": "line"},
        "model": {"kind": "quadratic", "h": 1, "c": [0, 8], "x0": [4, -4]},
        "local": {"steps": 1, "lr": 0.5},
        "algorithm": "adpsgd",
        "timing": {"mode": "async", "compute": "1 s"},
        "rounds": 1,
        "record": {"vectors": [1]},
    }

    found = netsim.run(netsim.load(pair)).table("vectors")["value"].to_pylist()

    # Means 0, 0; node 0 steps by -2 to -2; they average to -1; node 1 steps by 6 to 5.
    assert found == [-1, 5]


def test_the_mean_is_kept_by_gossip_of_both_models_without_training():
    # Whole exchanges at once: each pair of messages leaves the sum as it was.
    block = scenario(0, {"kind": "adpsgd"}, loss=0, drops=[], links={})
    block["model"] = {**block["model"], "h": 0}
    found = last_models(block)
    start = np.array(block["model"]["x0"])

    np.testing.assert_allclose(found.mean(axis=0), start.mean(axis=0), rtol=0, atol=1e-12)
    assert np.abs(found - found.mean(axis=0)).max() < 0.5 * np.abs(start - start.mean(axis=0)).max()


@pytest.mark.parametrize("algorithm", ["gossip", "adpsgd"])
@pytest.mark.parametrize("ahead", [1, 7, 10**6])
def test_wherever_operations_are_cut_the_tables_are_the_same(algorithm, ahead, monkeypatch):
    block = scenario(1, algorithm)
    whole = netsim.run(netsim.load(block))
    monkeypatch.setattr("netsim.decentralized.free_run.AHEAD", ahead)

    again = netsim.run(netsim.load(block))

    for name in ("vectors", "learning", "peers", "graph", "disruptions"):
        assert again.table(name).equals(whole.table(name)), name


@pytest.mark.parametrize("algorithm", ["gossip", "adpsgd", {"kind": "fedbuff", "k": 3}, "fedasync"])
def test_learning_as_it_happens_and_afterwards_give_the_same_bits(algorithm):
    name = algorithm if isinstance(algorithm, str) else algorithm["kind"]
    served = name.startswith("fed")
    base = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 12,
        "topology": {"kind": "star" if served else "ring"},
        "algorithm": algorithm,
        "local": {"batch_size": 16, "epochs": 1},
        "timing": {
            "mode": "async",
            "compute": {"kind": "independent", "law": {"dist": "exponential", "mean": "1 s"}},
        },
        "links": {"delay": {"dist": "exponential", "mean": "300 ms"}, "rate": "1 Mbps"},
        "until": "12 s",
    }
    one, other = (
        netsim.run(netsim.load({**base, "execution": way})) for way in ("replay", "lockstep")
    )

    for table in ("learning", "peers"):
        first, second = (it.table(table).drop_columns("point") for it in (one, other))
        assert first.equals(second)
    assert one.runs[0]["accuracy"] > 0.1
