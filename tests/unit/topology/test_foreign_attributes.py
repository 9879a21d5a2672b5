"""What other tools write into topology files neither changes a network nor stops its reading."""

from __future__ import annotations

import json

import networkx as nx
import pytest

from netsim.problems import ProblemsFound
from netsim.scenario import check
from netsim.simulate import run
from netsim.topology.file import read_topology

KEYS = """\
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="v_name" for="node" attr.name="name" attr.type="string"/>
  <key id="v_kind" for="node" attr.name="kind" attr.type="string"/>
  <key id="e_rate" for="edge" attr.name="rate" attr.type="string"/>
  <key id="e_delay" for="edge" attr.name="delay" attr.type="string"/>
  <key id="e_a" for="edge" attr.name="a" attr.type="string"/>
  <key id="e_b" for="edge" attr.name="b" attr.type="string"/>
"""
SCENARIO = """\
netsim: 1
workload: fabric
topology: {file: %s}
routing: {policy: rr}
transport: {kind: open_loop}
traffic: [{file: flows.csv}]
"""
#: A flow of 3 MB: 732 packets of 4096 B and one of 1728 B, each with 64 B of header, over 0.8 ns a
#: byte, the last one again over 0.08 ns a byte, and 1 us for each of the two links.
SLOW_FIRST = (3_000_000 + 733 * 64) * 800 + (1728 + 64) * 80 + 2 * 10**6


def star(names, **swapped):
    """Return hosts at one switch as GraphML; `names` by id, the first host's link at 10 Gbps."""
    nodes = [
        f'<node id="{identifier}"><data key="v_name">{name}</data>'
        f'<data key="v_kind">{"switch" if identifier == "s" else "host"}</data></node>'
        for identifier, name in names.items()
    ]
    edges = [
        f'<edge source="{identifier}" target="s">'
        f'<data key="e_rate">{100 if place else 10} Gbps</data><data key="e_delay">1 us</data>'
        + "".join(f'<data key="e_{key}">{value}</data>' for key, value in swapped.items())
        + "</edge>"
        for place, identifier in enumerate(name for name in names if name != "s")
    ]
    body = "\n".join([*nodes, *edges])
    return f'{KEYS}<graph edgedefault="undirected">\n{body}\n</graph></graphml>\n'


def completion(tmp_path, text, name="net.graphml"):
    """Return when 3 MB from host 0 have arrived at host 2, and the scenario's warnings."""
    (tmp_path / name).write_text(text)
    (tmp_path / "flows.csv").write_text("src,dst,size,start\n0,2,3 MB,0\n")
    (tmp_path / "run.yaml").write_text(SCENARIO % name)
    scenario, problems = check(tmp_path / "run.yaml")
    assert scenario is not None, problems
    (makespan,) = run(scenario).table("runs").column("makespan").to_pylist()
    return makespan, scenario.notes


@pytest.mark.parametrize(
    "text",
    [
        star({"a": "b", "b": "a", "c": "c", "s": "s"}),
        star({"n0": "west", "n1": "east", "c": "c", "s": "s"}),
        star({"a": "a", "b": "b", "c": "c", "s": "s"}, a="b", b="c"),
    ],
    ids=["names are others' ids", "names are no ids", "ends as attributes"],
)
def test_a_name_or_an_end_as_attribute_moves_no_link_to_another_node(tmp_path, text):
    makespan, (warning,) = completion(tmp_path, text)

    assert makespan == SLOW_FIRST
    assert warning.startswith("net.graphml: not read: of nodes name")


def test_a_graph_of_networkx_with_places_and_weights_runs_in_every_format(tmp_path):
    graph = nx.Graph(name="of another tool")
    graph.add_nodes_from("abc", kind="host", pos="0 1", label="x", weight=2)
    graph.add_node("s", kind="switch", latency="0 ps", label="y")
    for name, rate in (("a", "10 Gbps"), ("b", "100 Gbps"), ("c", "100 Gbps")):
        graph.add_edge(name, "s", rate=rate, delay="1 us", weight=1.5, name="z")
    nx.write_graphml(graph, tmp_path / "net.graphml")
    data = json.dumps(nx.node_link_data(graph, edges="links"))

    for name, text in (
        ("net.graphml", (tmp_path / "net.graphml").read_text()),
        ("net.json", data),
        ("net.yaml", data),
    ):
        makespan, (warning,) = completion(tmp_path, text, name)
        assert makespan == SLOW_FIRST
        assert "label, pos, weight; of edges name, weight" in warning


ZOO = """\
<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">
  <key for="graphml" id="d0" yfiles.type="resources"/>
  <key for="port" id="d1" yfiles.type="portgraphics"/>
  <key attr.name="Internal" attr.type="boolean" for="node" id="d4"/>
  <key for="node" id="d7" yfiles.type="nodegraphics"/>
  <key attr.name="Creator" attr.type="string" for="graph" id="d11"/>
  <key attr.name="label" attr.type="string" for="node" id="d36"/>
  <key attr.name="LinkLabel" attr.type="string" for="edge" id="d41"/>
  KEYS<graph edgedefault="undirected">
    <data key="d11">Topology Zoo Toolset</data>
    <node id="0">KIND0<data key="d4">true</data><port name="a"/><data key="d36">Here</data></node>
    <node id="1">KIND1<data key="d4">true</data><data key="d36">There</data></node>
    <node id="2">KIND2<data key="d4">true</data><data key="d36">Between</data></node>
    <edge source="0" target="2">LINK<data key="d41">OC-192c</data></edge>
    <edge source="1" target="2">LINK<data key="d41">OC-192c</data></edge>
  </graph>
  <data key="d0"><y:Resources/></data>
</graphml>
"""
GIVEN = {
    "KEYS": '<key attr.name="kind" attr.type="string" for="node" id="k"/>'
    '<key attr.name="rate" attr.type="string" for="edge" id="r"/>'
    '<key attr.name="delay" attr.type="string" for="edge" id="d"/>',
    "KIND0": '<data key="k">host</data>',
    "KIND1": '<data key="k">host</data>',
    "KIND2": '<data key="k">switch</data>',
    "LINK": '<data key="r">10 Gbps</data><data key="d">5 ms</data>',
}


def filled(given):
    text = ZOO
    for word in GIVEN:
        text = text.replace(word, given.get(word, ""))
    return text


def test_a_file_of_the_topology_zoo_is_asked_for_what_it_lacks_and_for_nothing_else(tmp_path):
    path = tmp_path / "net.graphml"
    path.write_text(filled({}))

    with pytest.raises(ProblemsFound) as caught:
        read_topology(path)

    assert [problem.message for problem in caught.value.problems] == [
        "none of the 3 nodes has 'kind'",
        "none of the 2 links has 'rate'",
        "none of the 2 links has 'delay'",
    ]
    assert [problem.line for problem in caught.value.problems] == [12, 15, 15]


def test_a_file_of_the_topology_zoo_loads_once_the_fields_of_a_network_are_in_it(tmp_path):
    path = tmp_path / "net.graphml"
    path.write_text(filled(GIVEN))

    network = read_topology(path)

    assert network.hosts == ("0", "1")
    assert network.switches == ("2",)
    assert network.link_delay.tolist() == [5 * 10**9] * 4


def test_a_note_is_given_once_however_many_nodes_have_the_attribute(tmp_path):
    (tmp_path / "net.graphml").write_text(star({"a": "b", "b": "a", "c": "c", "s": "s"}))
    (tmp_path / "flows.csv").write_text("src,dst,size,start\n0,2,1 kB,0\n")
    (tmp_path / "run.yaml").write_text(SCENARIO % "net.graphml")

    scenario, _ = check(tmp_path / "run.yaml")

    assert scenario.notes == ("net.graphml: not read: of nodes name",)
