"""A family whose members live on a graph: its scenario holds a block of kind `graph`."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from toy_family import TICKS

import netsim
from netsim import registry
from netsim.errors import ScenarioError
from netsim.estimate import Estimate
from netsim.family import ScenarioModel
from netsim.fields import field
from netsim.graphs.kind import GraphBlock, build, problems
from netsim.metrics.schema import Column


class GossipScenario(ScenarioModel):
    """Who could hear of a rumour."""

    nodes: int | None = field(None, description="number of peers", ge=1)
    topology: GraphBlock = field(description="who talks to whom")


class Gossip:
    """Counts whom a rumour of the first peer can reach."""

    name: ClassVar[str] = "gossip"
    summary: ClassVar[str] = "counts whom a rumour can reach"
    source: ClassVar[str] = "for tests alone"
    Scenario = GossipScenario
    tables: ClassVar[tuple[str, ...]] = ("ticks",)
    optional_tables: ClassVar[tuple[str, ...]] = ()
    run_columns: ClassVar[tuple[Column, ...]] = (
        Column("reached", "int64", "1", "peers that hear of it"),
    )
    headlines: ClassVar[tuple[Any, ...]] = ()

    def check(self, scenario):
        return problems(scenario.topology, scenario.nodes, also=("nodes",))

    def estimate(self, scenario):
        return Estimate(rows=1, seconds=1e-3)

    def describe(self, scenario):
        return f"gossip on a {scenario.topology.kind}"

    def build(self, scenario, context):
        return Heard(build(scenario.topology, context.streams, "gossip.graph", scenario.nodes))


class Heard:
    """Peers that are joined to the first one."""

    def __init__(self, graph):
        self._graph = graph

    def progress(self):
        return None

    def finish(self):
        return {"reached": int((self._graph.components == 0).sum())}


@pytest.fixture(autouse=True)
def gossip():
    registry.register("workload", "gossip")(Gossip())
    registry.register("table", "ticks")(TICKS)
    yield
    registry._entries["workload"].pop("gossip", None)
    registry._entries["table"].pop("ticks", None)


@pytest.fixture
def scenario(tmp_path):
    def written(text):
        path = tmp_path / "gossip.yaml"
        path.write_text("netsim: 1\nworkload: gossip\n" + text)
        return path

    return written


def reached(path):
    run = netsim.run(netsim.load(path), seed=4)
    return run.table("runs").column("reached").to_pylist()


def test_a_family_takes_the_number_of_nodes_from_its_own_field(scenario):
    assert reached(scenario("nodes: 9\ntopology: {kind: ring}\n")) == [9]


def test_a_rumour_stays_where_no_edge_leads_out(scenario):
    assert reached(scenario("topology: {kind: edges, edges: [[0, 2], [1, 3]], nodes: 4}\n")) == [2]


def test_replications_draw_graphs_of_their_own_and_a_seed_the_same_again(scenario):
    path = scenario("replications: 8\nnodes: 60\ntopology: {kind: erdos-renyi, p: 2 %}\n")

    first = reached(path)

    assert len(set(first)) > 1
    assert reached(path) == first


def test_contradicting_numbers_of_nodes_are_told_with_both_places(scenario):
    path = scenario("nodes: 9\ntopology: {kind: grid, rows: 2, columns: 5}\n")

    with pytest.raises(ScenarioError) as told:
        netsim.load(path)

    assert "gossip.yaml:4:" in str(told.value)
    assert "the graph 'grid' has 10 nodes, not 9 (set at line 3)" in str(told.value)


@pytest.mark.parametrize(
    ("block", "place", "said"),
    [
        ("{kind: erdos_renyi, q: 1}", "3:31", "'q' is not a field of graph 'erdos_renyi'"),
        ("{kind: erdos_reny, p: 1}", "3:18", "did you mean 'erdos_renyi'?"),
        ("{kind: ring, length: 5, nodes: 4}", "3:32", "5 has no unit"),
        ("{kind: edges, edges: [[0, 1], [1, 0]]}", "3:41", "stands twice"),
        ("{kind: k_regular, nodes: 5, k: 3}", "3:42", "cannot each have 3 neighbours"),
        ("{kind: ring}", "3:1", "nothing says how many nodes"),
    ],
)
def test_a_wrong_graph_is_told_at_its_place(scenario, block, place, said):
    path = scenario(f"topology: {block}\n")

    with pytest.raises(ScenarioError) as told:
        netsim.load(path)

    assert f"gossip.yaml:{place}:" in str(told.value)
    assert said in str(told.value)
