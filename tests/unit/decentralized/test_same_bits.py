"""The same models bit by bit, however a run is executed, watched or read, and who else is hit."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

import netsim
from netsim import registry
from netsim.decentralized import run as running
from netsim.verify.scenarios import simulate

#: What each algorithm needs to run on quadratics: topology, and fields of its own.
NEEDS = {
    "el_oracle": {"topology": {"kind": "complete"}},
    "teleportation": {"topology": {"kind": "complete"}, "algorithm": {"k": 4}},
    "sgp": {"topology": {"kind": "exponential"}},
    **{
        name: {"topology": {"kind": "star"}}
        for name in ("fedavg", "scaffold", "scallion", "ef21", "econtrol", "fedbuff", "fedasync")
    },
    "choco": {"compressor": {"kind": "topk", "k": 1}},
}
#: Algorithms of rounds; others have no rounds to cut.
ROUNDS = [
    name
    for name in registry.names("algorithm")
    if hasattr(registry.lookup("algorithm", name), "turn")
]


def block(algorithm, **changes):
    needs = NEEDS.get(algorithm, {})
    generator = np.random.default_rng(1)
    found = {
        "workload": "decentralized",
        "nodes": 8,
        "topology": {"kind": "ring"},
        "model": {
            "kind": "quadratic",
            "h": generator.uniform(0.5, 2, (8, 3)).tolist(),
            "c": generator.standard_normal((8, 3)).tolist(),
        },
        "local": {"steps": 2, "lr": 0.1, "clip": 5, "noise": 0.1},
        "rounds": 12,
        "eval": {"every": 5},
        "disruption": [{"kind": "node_drop", "at": {"round": 3}, "nodes": [5], "recover_after": 4}],
        "record": {"vectors": list(range(13))},
        **needs,
        "algorithm": {"kind": algorithm, **needs.get("algorithm", {})},
    }
    if not getattr(registry.lookup("algorithm", algorithm), "reliable", False):
        loss = {"kind": "link_loss", "at": {"round": 0}, "p": 0.2}
        found["disruption"] = [*found["disruption"], loss]
    return {**found, **changes}


def bits(scenario):
    result = simulate(scenario)
    digest = hashlib.sha256()
    for name in ("vectors", "learning", "peers", "graph"):
        table = result.table(name)
        # The point is a hash of the scenario, in which the way of execution stands.
        for column in table.column_names:
            if column != "point":
                digest.update(repr(table[column].to_pylist()).encode())
    return digest.hexdigest()


@pytest.mark.parametrize("algorithm", ROUNDS)
def test_replay_equals_lockstep_wherever_it_is_cut(algorithm, monkeypatch):
    expected = bits(block(algorithm, execution="lockstep"))

    for ahead in (1, 7, 256):
        monkeypatch.setattr(running, "AHEAD", ahead)
        assert bits(block(algorithm)) == expected


PEERS = {
    "netsim": 1,
    "workload": "decentralized",
    "nodes": 12,
    "topology": {"kind": "edges", "edges": []},
    "data": {"kind": "synthetic_blobs", "per_class": 30, "dim": 6, "classes": 4},
    "rounds": 6,
    "record": {"vectors": [6]},
}


def models(**changes):
    return last_of(netsim.run(netsim.load({**PEERS, **changes})))


def last_of(result):
    table = result.table("vectors")
    value, number = table["value"].to_numpy(), table["round"].to_numpy()
    return value[number == 6].reshape(12, -1)


def drop(nodes):
    return [{"kind": "node_drop", "at": {"round": 2}, "nodes": nodes}]


def test_another_victim_changes_nobody_elses_batches():
    # Without neighbours a model is a matter of its own batches alone.
    one, two = models(disruption=drop([3])), models(disruption=drop([3, 7]))

    others = [node for node in range(12) if node != 7]
    assert (one[others] == two[others]).all()
    assert (one[7] != two[7]).any()


def test_who_is_watched_and_who_reads_changes_nothing(tmp_path):
    plain = models()
    watched = models(record={"vectors": [0, 1, 2, 3, 6]})
    often = models(eval={"every": 1})
    scenario = netsim.load(PEERS)
    stored = netsim.run(scenario, out=tmp_path / "run")
    read = last_of(netsim.open(tmp_path / "run"))

    assert stored.runs[0]["status"] == "done"
    for other in (often, read, watched):
        assert (plain == other).all()


def test_equal_bytes_twice_and_in_another_process(tmp_path):
    text = "import sys, netsim\nnetsim.run(netsim.load('disaster.yaml'), out=sys.argv[1])\n"
    scenario = "\n".join(
        (
            "netsim: 1",
            "workload: decentralized",
            "nodes: 12",
            "topology: {kind: barabasi_albert, m: 2}",
            "data: {kind: synthetic_blobs, per_class: 30, dim: 6, classes: 4}",
            "compressor: {kind: qsgd, levels: 4}",
            "disruption: [{kind: node_drop, at: {round: 2}, count: 3, select: degree}]",
            "rounds: 6",
            "record: {vectors: [6]}",
        )
    )
    (tmp_path / "disaster.yaml").write_text(scenario + "\n")
    digests = []
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-c", text, name], cwd=tmp_path, check=True, timeout=300)
        files = sorted((tmp_path / name / "tables").glob("*.parquet"))
        digests.append(
            {
                file.name: hashlib.sha256(file.read_bytes()).hexdigest()
                for file in files
                if file.name != "perf.parquet"
            }
        )
    assert len(digests[0]) >= 5
    assert digests[0] == digests[1]
