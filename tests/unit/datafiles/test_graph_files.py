"""Graphs in files of other tools: the id is the name, free attributes stay free."""

from __future__ import annotations

import json

import networkx as nx
import pytest

from netsim.datafiles.read_graph import read_graph
from netsim.problems import ProblemsFound

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
)


def write(tmp_path, text, name="g.graphml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(tmp_path, text, name="g.graphml"):
    with pytest.raises(ProblemsFound) as caught:
        read_graph(write(tmp_path, text, name))
    return caught.value.problems


def networkx_graph(kind):
    """Return a graph with attributes of every type, of all its nodes and of some."""
    graph = kind()
    graph.add_node("a", name="b", label="A", pos="0 1", weight=1.5, Internal=True)
    graph.add_node("b", name="a", weight=2)
    graph.add_node("c d", Longitude=-3.25)
    graph.add_edge("a", "b", weight=3, name="x", a="b", b="a", source="c d")
    graph.add_edge("b", "c d", weight=0.5)
    graph.add_edge("a", "a", weight=7)
    if graph.is_multigraph():
        graph.add_edge("a", "b", weight=4)
    return graph


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
def test_graphml_of_networkx_is_read_as_networkx_wrote_it(tmp_path, kind):
    graph = networkx_graph(kind)
    nx.write_graphml(graph, tmp_path / "g.graphml")

    found = read_graph(tmp_path / "g.graphml")

    nodes = {name: dict(node.attributes) for name, node in found.nodes.items()}
    edges = [(edge.a, edge.b, dict(edge.attributes)) for edge in found.edges]
    assert nodes == {name: dict(attributes) for name, attributes in graph.nodes(data=True)}
    assert edges == [(a, b, dict(attributes)) for a, b, attributes in graph.edges(data=True)]
    assert all(edge.both != graph.is_directed() for edge in found.edges)


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph])
@pytest.mark.parametrize("called", ["edges", "links"])
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_node_link_data_of_networkx_is_read_as_networkx_wrote_it(tmp_path, kind, called, suffix):
    graph = networkx_graph(kind)
    # In this form an edge's ends stand beside its attributes, so none may bear their names.
    del graph.edges[next(iter(graph.edges(keys=True) if graph.is_multigraph() else graph.edges))][
        "source"
    ]
    text = json.dumps(nx.node_link_data(graph, edges=called))

    found = read_graph(write(tmp_path, text, f"g{suffix}"))

    assert list(found.nodes) == list(graph.nodes)
    assert found.nodes["a"].attributes["name"] == "b"
    assert [(edge.a, edge.b) for edge in found.edges] == [(a, b) for a, b, *_ in graph.edges]
    assert all(edge.both != graph.is_directed() for edge in found.edges)
    assert found.edges[0].attributes["a"] == "b"
    assert found.others == ("multigraph", "graph")


def test_every_node_and_edge_knows_its_line(tmp_path):
    text = (
        HEAD
        + '<graph edgedefault="undirected">\n<node id="a"/>\n<node\n id="b"/>\n'
        + '<edge source="a" target="b"/>\n</graph>\n</graphml>\n'
    )

    found = read_graph(write(tmp_path, text))

    assert [node.line for node in found.nodes.values()] == [4, 5]
    assert [edge.line for edge in found.edges] == [7]


def test_declared_types_defaults_and_direction_of_one_edge_count(tmp_path):
    text = (
        HEAD
        + '<key id="k0" for="node" attr.name="size" attr.type="int"><default>7</default></key>\n'
        + '<key id="k1" for="edge" attr.name="up" attr.type="boolean"/>\n'
        + '<graph edgedefault="undirected">\n<node id="a"><data key="k0">3</data></node>\n'
        + '<node id="b"/><node id="c"><data key="k0">many</data></node>\n'
        + '<edge source="a" target="b" directed="true"><data key="k1">true</data></edge>\n'
        + '<edge source="b" target="c"/></graph></graphml>\n'
    )

    found = read_graph(write(tmp_path, text))

    assert [node.attributes for node in found.nodes.values()] == [
        {"size": 3},
        {"size": 7},
        {"size": "many"},
    ]
    assert [edge.both for edge in found.edges] == [False, True]
    assert [edge.attributes for edge in found.edges] == [{"up": True}, {}]


def test_ports_graphs_within_nodes_and_drawings_are_left_aside_without_a_word(tmp_path):
    text = (
        HEAD
        + '<key id="d" for="node" yfiles.type="nodegraphics"/>\n<graph edgedefault="directed">\n'
        + '<node id="a"><port name="north"/><data key="d"><y xmlns="urn:y">blue</y></data>'
        + '<graph edgedefault="directed"><node id="inner"/></graph></node>\n<node id="b"/>\n'
        + '<edge source="a" target="b" sourceport="north"/>\n</graph></graphml>\n'
    )

    found = read_graph(write(tmp_path, text))

    assert list(found.nodes) == ["a", "b"]
    assert [(edge.a, edge.b) for edge in found.edges] == [("a", "b")]


def test_foreign_attributes_are_named_once_in_one_line(tmp_path):
    rows = [{"id": number, "kind": "host", "pos": [0, 1], "latncy": "1 us"} for number in range(99)]
    text = json.dumps({"nodes": rows, "links": [], "graph": {}})

    found = read_graph(write(tmp_path, text, "g.json"))

    assert found.foreign(("kind", "latency"), ()) == (
        "g.json: not read: of nodes latncy (is it 'latency'?), pos; of the file graph"
    )
    assert found.foreign(("kind", "pos", "latncy"), ()) == "g.json: not read: of the file graph"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("<graphml", "this is no GraphML: unclosed token", 1),
        ("plain", "this is no GraphML: syntax error", 1),
        ("<svg/>", "its outermost element is <svg>", 1),
        (HEAD + "</graphml>", "the file holds no graph", 1),
        (HEAD + "<graph><node/></graph></graphml>", "this <node> has no 'id'", 3),
        (HEAD + '<graph>\n<edge source="a"/></graph></graphml>', "this <edge> has no 'target'", 4),
        (HEAD + '<graph><node id="a"/>\n<node id="a"/></graph></graphml>', "two nodes are", 4),
        (HEAD + '<graph><node id="a&#10;b"/></graph></graphml>', "cannot name a node", 3),
        (HEAD + '<graph><node id="a&#x202e;"/></graph></graphml>', "cannot name a node", 3),
        (HEAD + "<graph/>\n<graph/></graphml>", "a second graph starts here", 4),
        ('<!DOCTYPE x [<!ENTITY a "b">]>\n<graphml/>', "declares a document type", 1),
    ],
)
def test_what_is_no_graphml_is_refused_at_its_line(tmp_path, text, message, line):
    found = refused(tmp_path, text)[0]

    assert message in found.message
    assert (found.line, bool(found.hint)) == (line, True)


def test_an_edge_without_its_node_gets_the_nearest_name(tmp_path):
    text = json.dumps({"nodes": [{"id": "north"}], "links": [{"source": "nort", "target": "x"}]})

    (found,) = refused(tmp_path, text, "g.json")

    assert found.message == "no node named 'nort'"
    assert found.hint == "did you mean 'north'?"


@pytest.mark.parametrize("name", ["\x1b[31mred", "a\nb", "\u202eabc", "\ud800", " a", ""])
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_a_name_with_control_characters_is_refused(tmp_path, name, suffix):
    text = json.dumps({"nodes": [{"name": name}], "links": []})

    assert refused(tmp_path, text, f"g{suffix}")


@pytest.mark.parametrize(
    "text",
    ['a: "\\UFFFFFFFF"', 'a: "\\U00110000"', 'a: "\\ud800"', '{"nodes": [{"name": "\\ud800"}]}'],
)
@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_a_code_point_that_is_none_is_refused_in_its_line(tmp_path, text, suffix):
    (found,) = refused(tmp_path, "\n" + text, f"g{suffix}")

    assert "this is no" in found.message
    assert found.line == 2
    if suffix == ".yaml":
        assert ("beyond U+10FFFF" if "U" in text else "half of a surrogate") in found.message
