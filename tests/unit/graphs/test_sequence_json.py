"""Topology files of SeQUeNCe: what is read, what is noted, what is refused and where."""

from __future__ import annotations

import json

import pytest

from netsim.graphs import kind
from netsim.problems import ProblemsFound
from netsim.quantum.wiring import Routers
from netsim.rng import Streams

TEMPLATES = {
    "good": {"MemoryArray": {"fidelity": 0.98, "frequency": 2000, "efficiency": 0.75}},
    "poor": {"MemoryArray": {"fidelity": 0.9, "coherence_time": 1.3}},
    "station": {"SingleAtomBSM": {"detectors": [{"efficiency": 0.8, "count_rate": 5e7}] * 2}},
}


def tree(**changes):
    """Return a file of three routers in a row, the second link over a named station."""
    base = {
        "nodes": [
            {"name": "a", "type": "QuantumRouter", "seed": 0, "memo_size": 20, "template": "good"},
            {"name": "b", "type": "QuantumRouter", "seed": 1, "template": "poor"},
            {"name": "c", "type": "QuantumRouter", "seed": 2},
            {"name": "mid", "type": "BSMNode", "seed": 3, "template": "station"},
        ],
        "qconnections": [
            {"node1": "a", "node2": "b", "attenuation": 0.0002, "distance": 20000, "seed": 0}
        ],
        "qchannels": [
            {
                "name": "x",
                "source": "b",
                "destination": "mid",
                "distance": 5000,
                "attenuation": 1e-4,
            },
            {
                "name": "y",
                "source": "c",
                "destination": "mid",
                "distance": 5000,
                "attenuation": 3e-4,
            },
        ],
        "cconnections": [
            {"node1": "a", "node2": "b", "delay": 5e8},
            {"node1": "b", "node2": "c", "distance": 1000},
            {"node1": "a", "node2": "c", "delay": 7e8},
        ],
        "templates": TEMPLATES,
        "stop_time": 1e12,
        "formalism": "bell_diagonal",
    }
    return base | changes


def written(tmp_path, content):
    file = tmp_path / "network.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return kind.read({"kind": "sequence_json", "file": str(file)})


def test_routers_fibres_delays_and_templates_are_read(tmp_path):
    config = written(tmp_path, tree())
    graph = kind.build(config, Streams(0), "test.graph")

    assert graph.names == ("a", "b", "c")
    assert graph.edges.tolist() == [[0, 1], [1, 2]]
    assert graph.length.tolist() == [20000, 10000]
    # dB per metre there, dB per km here; the mean of two arms.
    assert graph.edge_columns["attenuation"].tolist() == pytest.approx([0.2, 0.2])
    assert graph.edge_columns["raw_fidelity"].tolist() == [0.9, 0.9]
    assert graph.edge_columns["detector_efficiency"].tolist() == [-1, 0.8]
    assert graph.node_columns["memories"].tolist() == [20, 50, 50]
    assert graph.node_columns["coherence"].tolist() == [-1, 1.3, -1]
    # Light for a kilometre, and 10 us of processing where no delay is given.
    assert graph.delays == {(0, 1): 500_000_000, (1, 2): 15_000_000, (0, 2): 700_000_000}
    assert kind.notes(config) == [
        "network.json: not read: formalism, stop_time; the scenario says what takes their place"
    ]


def test_a_scenario_takes_what_the_file_says_and_its_own_values_for_the_rest(tmp_path):
    import netsim

    config = written(tmp_path, tree())
    scenario = netsim.load(
        {
            "netsim": 1,
            "workload": "quantum",
            "topology": {"kind": "sequence_json", "file": str(config.file.path)},
            "memory": {"frequency": "1 kHz", "efficiency": 0.6},
            "detector": {"efficiency": 0.9},
            "request": {"from": "a", "to": "c", "memories": 5, "end": "1 s"},
            "overrides": [{"router": "a", "memory": {"efficiency": 0.5}}],
        }
    ).model
    routers = Routers(scenario, Streams(0))
    first, second = routers.edge(0, 1), routers.edge(1, 2)

    assert [routers.capacity(at) for at in range(3)] == [20, 50, 50]
    assert first.hardware.arms == pytest.approx((0.5 * 10**-0.2 * 0.9, 0.6 * 10**-0.2 * 0.9))
    assert second.hardware.arms == pytest.approx((0.6 * 10**-0.1 * 0.8,) * 2)
    assert (first.delay, second.delay) == (500_000_000, 15_000_000)
    assert routers.delays([0, 1, 2])[0] == [0, 500_000_000, 700_000_000]
    assert first.recovery == 10**9


BAD = {
    "unknown node": (
        {"qconnections": [{"node1": "a", "node2": "bb", "attenuation": 0, "distance": 1}]},
        "no node named 'bb'",
    ),
    "twice": ({"qconnections": tree()["qconnections"] * 2}, "'a' and 'b' are connected twice"),
    "one arm": ({"qchannels": tree()["qchannels"][:1]}, "station 'mid' has arms to 1 routers"),
    "no delay": (
        {"cconnections": [{"node1": "a", "node2": "b"}, *tree()["cconnections"][1:]]},
        "this connection has neither 'delay' nor 'distance'",
    ),
    "neighbours without delay": (
        {"cconnections": tree()["cconnections"][1:]},
        "no classical delay of 'a' and 'b' is given, and a fibre joins them",
    ),
    "negative": (
        {"qconnections": [{"node1": "a", "node2": "b", "attenuation": -1, "distance": 1}]},
        "'attenuation' is -1",
    ),
    "other type": ({"nodes": [{"name": "q", "type": "QKDNode"}]}, "node 'q' is of type 'QKDNode'"),
    "template": (
        {"nodes": [{"name": "q", "type": "QuantumRouter", "template": "god"}]},
        "no template named 'god'",
    ),
    "itself": (
        {"cconnections": [{"node1": "a", "node2": "a", "delay": 1}]},
        "'a' is connected to itself",
    ),
    "nobody": ({"nodes": []}, "the file holds no router"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_line(tmp_path, name):
    changes, message = BAD[name]
    config = written(tmp_path, tree(**changes))

    with pytest.raises(ProblemsFound) as found:
        kind.build(config, Streams(0), "test.graph")

    wrong = [one for one in found.value.problems if one.message == message]
    assert len(wrong) == 1
    assert wrong[0].line > 0
    assert wrong[0].hint


def test_the_line_is_that_of_the_item(tmp_path):
    changes = {"cconnections": [*tree()["cconnections"], {"node1": "a", "node2": "z", "delay": 1}]}
    text = json.dumps(tree(**changes), indent=1)
    config = written(tmp_path, text)

    with pytest.raises(ProblemsFound) as found:
        kind.build(config, Streams(0), "test.graph")

    (wrong,) = found.value.problems
    item = text[: text.index('"z"')].rindex("{")
    assert wrong.line == text.count("\n", 0, item) + 1
    assert wrong.code == "unknown-name"


@pytest.mark.parametrize("text", ["{", '{"nodes": [{"name": "a", "memo_size": NaN}]}', "[1]", ""])
def test_what_is_no_such_file_is_refused(tmp_path, text):
    config = written(tmp_path, text)

    with pytest.raises(ProblemsFound):
        kind.build(config, Streams(0), "test.graph")
