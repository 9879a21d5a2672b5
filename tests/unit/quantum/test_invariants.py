"""What never happens, over random networks, requests and policies, looked at while they run."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import quantum_blocks as blocks

import netsim.quantum.run as quantum_run
from netsim.quantum.assembly import Assembly
from netsim.quantum.purifying import Purification
from netsim.quantum.swap import Swap

Agenda = quantum_run.Agenda


#: Six hosts with two links of 20 us between any two of them.
NETWORK = {
    "topology": {
        "kind": "leaf_spine",
        "leaves": 1,
        "spines": 1,
        "hosts_per_leaf": 6,
        "host_link": {"rate": "10 Gbps", "delay": "20 us"},
    }
}


def drawn_graph(seed, nodes):
    """Return a graph: a regular one, or one that is drawn and connected."""
    kinds = (
        {"kind": "ring"},
        {"kind": "complete"},
        {"kind": "star"},
        {"kind": "line"},
        {"kind": "barabasi_albert", "m": 1},
        {"kind": "barabasi_albert", "m": 2},
        {"kind": "barabasi_albert", "m": 2},
    )
    return kinds[int(np.random.default_rng((seed, 1)).integers(len(kinds)))]


def drawn(seed):
    """Return a random scenario of a few routers on a graph, some of whose messages are carried."""
    random = np.random.default_rng(seed)

    def one_of(*values):
        return values[int(random.integers(len(values)))]

    nodes = int(random.integers(3, 7))
    graph = drawn_graph(seed, nodes)
    memory = {"count": 12, "raw_fidelity": 0.93, "coherence": "80 ms"}
    if random.random() < 0.6:
        memory["cutoff"] = one_of("15 ms", "40 ms")
    requests = []
    for _ in range(int(random.integers(1, 4))):
        one, other = (str(at) for at in random.choice(nodes, 2, replace=False))
        request = {"from": one, "to": other, "end": "0.3 s", "retry": "20 ms"}
        request["fidelity"] = one_of(0.5, 0.85)
        if random.random() < 0.5:
            request |= {"arrivals": {"rate": "20 /s"}, "pairs": 2, "deadline": "80 ms"}
        requests.append(request)
    blocks_given = {
        "chain": None,
        "topology": {**graph, "nodes": nodes, "length": one_of("2 km", "20 km")},
        "memory": memory,
        "swap": {"policy": one_of("nested", "asap", "sequential"), "success": one_of(1.0, 0.6)},
        "request": requests,
        "path": one_of("length", "hops", "k_shortest", "link_state"),
        "seed": seed,
    }
    if random.random() < 0.5:
        blocks_given["purification"] = {"scheme": one_of("bbpssw", "dejmps"), "tolerance": 0.05}
    kind = one_of("reserved", "statistical", "standing", "slots")
    if seed % 3 == 0:
        blocks_given["network"] = NETWORK
    if kind == "statistical":
        blocks_given["sharing"] = "statistical"
        return blocks_given
    for request in requests:
        request["memories"] = 2
    if kind == "standing":
        blocks_given["generation"] = {"policy": one_of("continuous", "adaptive"), "memories": 2}
    elif kind == "slots":
        blocks_given["phases"] = {"external": "12 ms", "internal": "3 ms"}
    return blocks_given


class Watched:
    """Looks at all routers at work, between events."""

    def __init__(self):
        self.runs, self.looks = [], 0

    def look(self, _):
        for run in self.runs:
            if not run.over:
                self.pairs(run)
                self.memories(run)
                self.looks += 1

    @staticmethod
    def pairs(run):
        for pair in run.alive:
            assert not pair.lost
            # Each half is where the pair says it is, or has been handed over or measured there.
            gone = [half for half in (pair.near, pair.far) if half.pair is not pair]
            measured = isinstance(pair.far.claim, Purification) or pair.handed
            assert not gone or measured

    @staticmethod
    def memories(run):
        seen = Counter()
        for pair in run.alive:
            seen.update((id(pair.near), id(pair.far)) if not pair.handed else ())
        for link in run.links:
            for memory in (*link._up, *link._down):
                assert seen[id(memory)] <= 1
                claim, known = memory.claim, memory.known
                assert claim is None or known is not None
                assert not (memory.free and known is not None)
                if isinstance(claim, Swap) and not claim.lost:
                    own = memory in (claim.left, claim.right)
                    assert own or memory in claim.accepted
                elif isinstance(claim, Purification):
                    assert known in claim.pairs
                # Where a router believes in another pair than is there, a message is on its way.
                if known is not None and memory.pair is not known:
                    assert known.lost or known.handed or memory.pair is not None


@pytest.mark.parametrize("batch", [0, 1, 2, 3, 6, 10, 11])
def test_no_memory_serves_two_and_ends_agree_or_hear_of_it(batch, monkeypatch):
    made = Counter()
    for seed in range(10 * batch, 10 * batch + 10):
        watched = Watched()
        path_run, shared_run = Assembly.path_run, Assembly.shared_run

        def keep_path(self, *given, watched=watched, path_run=path_run):
            run = path_run(self, *given)
            watched.runs.append(run)
            return run

        def keep_shared(self, *given, watched=watched, shared_run=shared_run):
            run = shared_run(self, *given)
            watched.runs.append(run)
            return run

        def beside(env, watched=watched):
            env.probe(250_000_000, watched.look)
            return Agenda(env)

        with monkeypatch.context() as patch:
            patch.setattr(Assembly, "path_run", keep_path)
            patch.setattr(Assembly, "shared_run", keep_shared)
            patch.setattr(quantum_run, "Agenda", beside)
            result = blocks.run(**drawn(seed))

        rows = blocks.rows(result)
        # Every pair that was ever made has one row, and swaps take in what they give out.
        assert len({row["pair"] for row in rows}) == len(rows), seed
        new, used = Counter(), Counter()
        for row in rows:
            assert row["created"] <= row["ended"], seed
            assert 0.25 - 1e-9 <= row["fidelity"] <= 1, seed
            if row["level"] > 1:
                new[row["created"]] += row["level"]
            if row["cause"] == "swapped":
                used[row["ended"]] += row["level"]
        assert new == used, seed
        made.update(row["cause"] for row in rows)
        made["looks"] += watched.looks
    assert made["looks"] > 500
    assert made["delivered"] > 50
    assert made["swapped"] > 50
