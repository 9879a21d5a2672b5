"""Learning among peers: a round of all at once, against a loop over nodes, and whole runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measure import REPEATS, Result, at_least, at_most, cpu, repeat

ROUNDS = 50
#: Messages of a run in which nobody waits.
MESSAGES = 100_000


def run() -> Iterator[Result]:
    """Yield all figures of the family."""
    yield from (_round(100, 1.0), _round(1000, 15.0))
    yield _against_a_loop(100)
    yield _whole_run()
    yield _attack()
    yield _without_rounds(network=False, limit=8)
    yield _without_rounds(network=True, limit=12)


def _played(nodes: int) -> Any:
    """Return a function that plays `ROUNDS` rounds of training and mixing."""
    from netsim.decentralized.company import weights_of
    from netsim.decentralized.peers import Peers
    from netsim.decentralized.schedule import Schedule
    from netsim.decentralized.setting import setting_of
    from netsim.fields import implementation
    from netsim.rng import Streams

    scenario, streams = _scenario(nodes), Streams(1)
    setting = setting_of(scenario, streams)
    peers = Peers(
        setting.start, setting.objective, 0.1, 1, ROUNDS, scenario.compressor, streams.key("c")
    )
    learner = implementation("algorithm", scenario.algorithm)(scenario.algorithm, peers, streams)

    def play() -> None:
        schedule = Schedule(
            setting.graph, [], weights_of(scenario), setting.weighed, "self", streams
        )
        for turn in schedule.turns(ROUNDS):
            learner.turn(turn)

    return play


def _scenario(nodes: int) -> Any:
    import netsim

    # 14 samples of 64 features a node, one batch a round.
    block = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": nodes,
        "topology": {"kind": "barabasi_albert", "m": 2},
        "data": {
            "kind": "synthetic_blobs",
            "dim": 64,
            "per_class": -(-nodes * 14 // 8),
            "test_fraction": 0.2,
        },
        "local": {"epochs": 1, "batch_size": 14},
        "rounds": ROUNDS,
    }
    return netsim.load(block).model


def _round(nodes: int, limit: float) -> Result:
    seconds, _ = repeat(_played(nodes))
    name = f"a round of {nodes:,} nodes, 64-32-10, a batch of 14"
    return at_most(name, "ms", [1000 * one / ROUNDS for one in seconds], limit)


def _loop(nodes: int) -> Any:
    """Return a plain program for the same rounds: a list of arrays a node, a loop over nodes."""
    generator = np.random.default_rng(0)
    near = [[i, (i + 1) % nodes, (i - 1) % nodes, (i + 2) % nodes] for i in range(nodes)]
    x = generator.standard_normal((nodes, 14, 64)).astype(np.float32)
    y = generator.integers(10, size=(nodes, 14))
    shapes = [(64, 32), (32,), (32, 10), (10,)]
    models = [
        [generator.standard_normal(shape).astype(np.float32) for shape in shapes]
        for _ in range(nodes)
    ]

    def play() -> None:
        nonlocal models
        for _ in range(ROUNDS):
            for i, (w1, b1, w2, b2) in enumerate(models):
                hidden = np.maximum(x[i] @ w1 + b1, 0)
                z = hidden @ w2 + b2
                z = np.exp(z - z.max(axis=1, keepdims=True))
                dz = z / z.sum(axis=1, keepdims=True)
                dz[np.arange(14), y[i]] -= 1
                dz /= 14
                back = (dz @ w2.T) * (hidden > 0)
                steps = (x[i].T @ back, back.sum(axis=0), hidden.T @ dz, dz.sum(axis=0))
                models[i] = [p - np.float32(0.1) * g for p, g in zip(models[i], steps, strict=True)]
            models = [
                [sum(models[j][k] * np.float32(0.25) for j in near[i]) for k in range(4)]
                for i in range(nodes)
            ]

    return play


def _against_a_loop(nodes: int) -> Result:
    ours, loop = _played(nodes), _loop(nodes)
    ours(), loop()
    ratios = []
    for _ in range(REPEATS):
        slow, _ = cpu(loop)
        fast, _ = cpu(ours)
        ratios.append(slow / fast)
    return at_least(f"{nodes} nodes: a numpy loop over nodes / netsim", "ratio", ratios, 6)


def _whole_run() -> Result:
    import netsim

    block = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 50,
        "topology": {"kind": "barabasi_albert", "m": 2},
    }
    seconds, _ = repeat(lambda: netsim.run(netsim.load(block)))
    return at_most("50 nodes, 200 rounds on digits, tables", "CPU s", seconds, 1)


def _attack() -> Result:
    from netsim.decentralized.selection import choose
    from netsim.graphs.kind import build, read
    from netsim.rng import Streams

    graph = build(read({"kind": "barabasi_albert", "m": 2}), Streams(1), "bench", 300)
    everyone = np.ones(300, np.bool_)

    def attack() -> Any:
        generator = np.random.default_rng(0)
        return choose(
            "betweenness", graph, everyone, 299, adaptive=True, generator=generator, sizes=None
        )

    seconds, _ = repeat(attack)
    return at_most("300 nodes attacked by betweenness, adaptively", "CPU s", seconds, 5)


def _gossip(*, network: bool) -> Any:
    """Return a thousand peers that gossip for a hundred seconds: 100,000 messages of 9,640 B."""
    import netsim

    block: dict[str, Any] = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 1000,
        "topology": {"kind": "barabasi_albert", "m": 2},
        "algorithm": {"kind": "gossip", "period": "1 s"},
        "timing": {"mode": "async", "compute": "50 ms"},
        "until": "100 s",
        "eval": {"every": "100 s"},
    }
    if not network:
        return netsim.load({**block, "links": {"delay": "10 ms", "rate": "10 Mbps"}})
    tree = {"kind": "leaf_spine", "leaves": 25, "spines": 8, "hosts_per_leaf": 40}
    host = {"rate": "1 Gbps", "delay": "5 us"}
    return netsim.load({**block, "network": {"topology": {**tree, "host_link": host}}})


def _without_rounds(*, network: bool, limit: float) -> Result:
    import netsim

    scenario = _gossip(network=network)
    seconds, found = repeat(lambda: netsim.run(scenario))
    assert found.runs[0]["messages"] == MESSAGES
    over = "a packet network" if network else "links"
    name = f"1,000 peers gossip 100,000 messages of 9.6 kB over {over}"
    return at_most(name, "CPU s", seconds, limit)
