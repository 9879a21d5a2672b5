"""Graphs from files as tools write them."""

from __future__ import annotations

import json
import math

import networkx as nx
import numpy as np
import pytest
from graph_blocks import oracle

from netsim.graphs.file import EARTH, great_circle
from netsim.graphs.kind import build, notes, problems, read
from netsim.rng import Streams

#: In the form of the Topology Zoo: screen places, labels, positions on Earth, a doubled line.
ZOO = """\
<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="label" attr.type="string" for="node" id="d0" />
  <key attr.name="x" attr.type="double" for="node" id="d1" />
  <key attr.name="y" attr.type="double" for="node" id="d2" />
  <key attr.name="Latitude" attr.type="double" for="node" id="d3" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d4" />
  <key attr.name="Internal" attr.type="int" for="node" id="d5" />
  <key attr.name="LinkLabel" attr.type="string" for="edge" id="d6" />
  <graph edgedefault="undirected">
    <node id="0"><data key="d0">1</data><data key="d1">25.0</data><data key="d2">55.0</data>
      <data key="d3">0.0</data><data key="d4">0.0</data><data key="d5">1</data></node>
    <node id="1"><data key="d0">0</data><data key="d1">90.0</data><data key="d2">40.0</data>
      <data key="d3">0.0</data><data key="d4">90.0</data><data key="d5">1</data></node>
    <node id="2"><data key="d0">2</data><data key="d1">10.0</data><data key="d2">20.0</data>
      <data key="d3">60.0</data><data key="d4">0.0</data><data key="d5">1</data></node>
    <edge source="0" target="1"><data key="d6">10GE</data></edge>
    <edge source="2" target="0"><data key="d6">OC3</data></edge>
    <edge source="0" target="2"><data key="d6">OC12</data></edge>
    <edge source="1" target="1"><data key="d6">loop</data></edge>
  </graph>
</graphml>
"""
IGRAPH = """\
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="v_name" for="node" attr.name="name" attr.type="string"/>
  <key id="e_weight" for="edge" attr.name="weight" attr.type="double"/>
  <graph id="G" edgedefault="undirected">
    <node id="n0"><data key="v_name">n1</data></node>
    <node id="n1"><data key="v_name">n0</data></node>
    <node id="n2"><data key="v_name">other</data></node>
    <edge source="n0" target="n2"><data key="e_weight">2</data></edge>
  </graph>
</graphml>
"""


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Write a file and return the block that reads it."""
    monkeypatch.chdir(tmp_path)

    def block(text, suffix=".graphml", **more):
        path = tmp_path / f"net{suffix}"
        path.write_text(text)
        return read({"file": str(path), **more})

    return block


def built(block, nodes=None):
    return build(block, Streams(1), "test.graph", nodes)


def test_a_file_of_the_topology_zoo_has_lengths_along_the_earth(opened):
    graph = built(opened(ZOO))

    assert graph.names == ("0", "1", "2")
    assert graph.edges.tolist() == [[0, 1], [0, 2]]
    # A quarter of a great circle, and 60 degrees of one.
    assert graph.length == pytest.approx([EARTH * math.pi / 2, EARTH * math.pi / 3])
    assert graph.node_columns["Internal"].tolist() == [1, 1, 1]
    assert graph.edge_columns["LinkLabel"].tolist() == ["10GE", "OC3"]


def test_what_is_not_read_is_named_once_and_what_is_left_out_is_counted(opened):
    told = notes(opened(ZOO))

    assert len(told) == 2
    assert told[0] == "net.graphml: not read: of nodes Internal, label, x, y; of edges LinkLabel"
    assert "2 parallel edges or edges from a node to itself are left out" in told[1]


def test_a_family_names_the_columns_that_it_takes(opened):
    told = notes(opened(ZOO), ("Internal",), ("LinkLabel",))

    assert told[0] == "net.graphml: not read: of nodes label, x, y"


def test_graphs_without_a_file_have_nothing_to_tell():
    assert notes(read({"kind": "ring", "nodes": 5})) == []


def test_an_attribute_called_name_replaces_no_id(opened):
    graph = built(opened(IGRAPH))

    assert graph.names == ("n0", "n1", "n2")
    assert graph.edges.tolist() == [[0, 2]]
    assert graph.length is None
    assert graph.node_columns["name"].tolist() == ["n1", "n0", "other"]


def test_what_networkx_writes_is_read_as_networkx_reads_it(opened, tmp_path):
    known = nx.random_geometric_graph(20, 0.4, seed=1)
    for node in known:
        known.nodes[node]["pos"] = str(known.nodes[node]["pos"])
    nx.set_edge_attributes(known, 2.5, "weight")
    nx.write_graphml(known, tmp_path / "theirs.graphml")

    graph = built(opened((tmp_path / "theirs.graphml").read_text()))

    assert {frozenset(e) for e in oracle(graph).edges} == {frozenset(e) for e in known.edges}
    assert set(graph.edge_columns["weight"].tolist()) == {2.5}


def test_node_link_json_of_networkx_is_read(opened):
    known = nx.path_graph(4)

    graph = built(opened(json.dumps(nx.node_link_data(known, edges="links")), ".json"))

    assert graph.edges.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert not graph.directed


def test_arcs_stay_arcs_unless_edges_are_asked_for(opened):
    known = nx.DiGraph([(0, 1), (1, 0), (1, 2)])
    text = json.dumps(nx.node_link_data(known, edges="links"))

    assert built(opened(text, ".json")).edges.tolist() == [[0, 1], [1, 0], [1, 2]]
    assert built(opened(text, ".json", directed=False)).edges.tolist() == [[0, 1], [1, 2]]


def test_an_edge_both_ways_is_two_arcs_of_one_length(opened):
    graph = built(opened(ZOO, directed=True))

    assert graph.directed
    assert graph.edges.tolist() == [[0, 1], [0, 2], [1, 0], [2, 0]]
    assert graph.length[0] == graph.length[2]


OWN = """\
nodes:
  - {name: west, x: 0 km, y: 0 km, memories: '4'}
  - {name: middle, x: 3 km, y: 0 km, memories: '8'}
  - {name: east, x: 3 km, y: 4 km, memories: '4'}
links:
  - {a: west, b: middle}
  - {a: middle, b: east, length: 20 km}
  - {a: east, b: west}
  - {a: east, b: middle, length: 7 km}
"""


def test_own_files_give_places_lengths_and_columns(opened):
    graph = built(opened(OWN, ".yaml"))

    assert graph.names == ("west", "middle", "east")
    assert graph.x.tolist() == [0, 3000, 3000]
    assert graph.edges.tolist() == [[0, 1], [0, 2], [1, 2]]
    # 3-4-5; of two parallel edges the shorter one.
    assert graph.length.tolist() == [3000, 5000, 7000]
    assert graph.node_columns["memories"].tolist() == ["4", "8", "4"]


def test_lengths_are_all_there_or_none_is_taken(opened):
    text = "nodes: [{name: a}, {name: b}, {name: c}]\n" \
           "links: [{a: a, b: b, length: 2 km}, {a: b, b: c}]\n"  # fmt: skip

    assert built(opened(text, ".yaml")).length is None
    assert "1 of 2 edges have no length" in notes(opened(text, ".yaml"))[0]
    assert built(opened(text, ".yaml", length="5 km")).length.tolist() == [2000, 5000]
    assert not notes(opened(text, ".yaml", length="5 km"))


def test_places_on_earth_become_places_on_a_map(opened):
    near = ZOO.replace(">90.0<", ">0.5<").replace(">60.0<", ">0.5<")
    graph = built(opened(near))

    source, target = graph.edges.T
    apart = np.hypot(graph.x[source] - graph.x[target], graph.y[source] - graph.y[target])
    assert apart == pytest.approx(graph.length, rel=1e-4)


def test_a_line_over_180_degrees_is_short(opened):
    text = ZOO.replace('>0.0</data><data key="d5"', '>179.5</data><data key="d5"', 1)
    text = text.replace(">90.0<", ">-179.5<", 1).replace('key="d1">-179.5<', 'key="d1">90.0<')
    text = text.replace('<data key="d4">90.0</data>', '<data key="d4">-179.5</data>')
    graph = built(opened(text))

    assert graph.length[0] == pytest.approx(EARTH * math.radians(1))
    assert abs(graph.x[0] - graph.x[1]) < EARTH * math.radians(1)


@pytest.mark.parametrize(
    ("one", "other", "angle"),
    [((0, 0), (0, 180), math.pi), ((90, 0), (-90, 77), math.pi), ((45, 10), (45, 10), 0),
     ((0, 0), (0, 1e-7), math.radians(1e-7)), ((30, 0), (30, 180), 2 * math.pi / 3)],
)  # fmt: skip
def test_great_circles_are_as_long_as_their_angle(one, other, angle):
    latitude, longitude = np.array([one, other], float).T
    ends = np.array([0]), np.array([1])

    assert great_circle(latitude, longitude, *ends) == pytest.approx(EARTH * angle, rel=1e-9)


WRONG = [
    (ZOO.replace(">60.0<", ">95.0<"), ".graphml", "'95.0' is no latitude", 15),
    (OWN.replace("20 km", "20 kg"), ".yaml", "20 kg", 7),
    (OWN.replace("20 km", "0 km"), ".yaml", "must be positive", 7),
    (OWN.replace("x: 0 km", "x: 0 s"), ".yaml", "0 s", 2),
    ("nodes: []\nlinks: []\n", ".yaml", "no node", 0),
    (ZOO.replace('target="1"', 'target="9"', 1), ".graphml", "no node named '9'", 17),
]


@pytest.mark.parametrize(("text", "suffix", "told", "line"), WRONG, ids=lambda v: str(v)[:20])
def test_what_is_wrong_in_a_file_is_told_with_its_line(opened, text, suffix, told, line):
    (problem,) = problems(opened(text, suffix))

    assert told in problem.message
    assert problem.line == line
    assert problem.hint
    assert problem.at == ("topology", "file")


def test_a_number_of_nodes_that_the_file_does_not_have_is_a_contradiction(opened):
    (problem,) = problems(opened(ZOO), 5)

    assert "has 3 nodes, not 5" in problem.message


def test_a_changed_file_is_read_again(opened):
    assert built(opened(IGRAPH)).node_count == 3
    assert built(opened(ZOO.replace("</graph>", '<node id="3"/></graph>'))).node_count == 4
